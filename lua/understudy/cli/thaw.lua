--- thaw: lets a frozen zone go on.

local ask = require "understudy.cli.ask"

local M = {}

M.arguments = ask.arguments

function M.run(args, console)
  local answer, err = ask.zone(args, { method = "POST", rest = "/thaw", body = { who = ask.who() } })
  return ask.show(args, console, answer, err, function(out, zone)
    out:line("%s goes on, serial %s", zone.name, zone.serial or "none")
  end)
end

return M
