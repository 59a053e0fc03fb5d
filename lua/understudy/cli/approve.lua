--- approve: lets one plan pass that is held, and no other.

local ask = require "understudy.cli.ask"

local M = {}

function M.arguments(parser)
  ask.arguments(parser)
  parser:argument("plan", "The hash that 'understudy plan' and 'understudy status' show."):argname "PLAN-HASH"
end

function M.run(args, console)
  local answer, err = ask.zone(args, {
    method = "POST", rest = "/approve", body = { who = ask.who(), plan = args.plan },
  })
  return ask.show(args, console, answer, err, function(out, zone)
    out:line("%s is approved: %s, serial %s", zone.name, zone.state, zone.serial or "none")
  end)
end

return M
