--- repl: explores zones in Lua.

local cli_policy = require "understudy.cli.policy"
local cli_zone = require "understudy.cli.zone"

local M = {}

function M.arguments(parser)
  parser:argument("files", "Zone files: zone, zone2 … in the order given."):argname "FILE":args "*"
  cli_zone.origin_option(parser)
  parser:option("--policy", "Policy file, to have as policy."):argname "FILE"
end

-- What the session begins with; nil and an error if a file cannot be read.
local function variables(args, input)
  local list = {}
  for i, file in ipairs(args.files) do
    local zone, err = cli_zone.read(file, args.origin, input)
    if not zone then
      return nil, err
    end
    list[i] = { name = i == 1 and "zone" or "zone" .. i, value = zone }
  end
  if args.policy then
    local policy, err = cli_policy.load(args.policy)
    if not policy then
      return nil, err
    end
    list[#list + 1] = { name = "policy", value = policy }
  end
  return list
end

function M.run(args, console)
  local list, err = variables(args, console.input)
  if not list then
    return nil, err
  end
  return require("understudy.repl").run(list, console)
end

return M
