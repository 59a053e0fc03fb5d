--- freeze: holds a zone as it is published.

local ask = require "understudy.cli.ask"
local shell = require "understudy.shell"

local M = {}

function M.arguments(parser)
  ask.arguments(parser)
  parser:option("--reason", "Why, for those who look later."):argname "TEXT":count(1)
  ask.duration_option(parser)
end

function M.run(args, console)
  local answer, err = ask.zone(args, {
    method = "POST", rest = "/freeze", body = { who = ask.who(), reason = args.reason, seconds = args.seconds },
  })
  return ask.show(args, console, answer, err, function(out, zone)
    out:line("%s is frozen with serial %s; to let it go on: understudy thaw %s", zone.name, zone.serial or "none",
      shell.word(zone.name))
  end)
end

return M
