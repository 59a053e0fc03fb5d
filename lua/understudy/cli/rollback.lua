--- rollback: publishes the content of an earlier serial again, under a new one, and freezes the zone.

local ask = require "understudy.cli.ask"
local shell = require "understudy.shell"

local M = {}

function M.arguments(parser)
  ask.arguments(parser)
  parser:argument("serial", "The serial whose content is to be published, of 'understudy history'.")
    :argname "SERIAL":convert(math.tointeger)
  parser:option("--reason", "Why, for those who look later."):argname "TEXT"
  ask.duration_option(parser)
end

function M.run(args, console)
  local answer, err = ask.zone(args, {
    method = "POST", rest = "/rollback", work = true,
    body = { who = ask.who(), serial = args.serial, reason = args.reason, seconds = args.seconds },
  })
  return ask.show(args, console, answer, err, function(out, done)
    out:line("serial %d has the content of %d now, and the zone is frozen; to follow the source again: "
      .. "understudy thaw %s", done.serial, args.serial, shell.word(args.zones))
  end)
end

return M
