--- explain: what led to what is served of a zone, and of a name of it.

local ask = require "understudy.cli.ask"
local percent = require "understudy.percent"

local M = {}

function M.arguments(parser)
  ask.arguments(parser)
  parser:argument("owner", "A name of the zone: @, www, or absolute with a final dot."):argname "OWNER":args "?"
end

function M.run(args, console)
  local rest = "/explain" .. (args.owner and "/" .. percent.encode(args.owner) or "")
  local answer, err = ask.zone(args, { method = "GET", rest = rest })
  return ask.show(args, console, answer, err, function(out, explanation)
    for _, line in ipairs(require("understudy.sync.explain").text(explanation, os.time())) do
      out:line("%s", line)
    end
  end)
end

return M
