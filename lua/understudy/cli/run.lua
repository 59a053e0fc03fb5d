--- run: the daemon.

local cli_policy = require "understudy.cli.policy"
local log = require "understudy.log"
local units = require "understudy.units"

local M = {}

function M.arguments(parser)
  cli_policy.option(parser)
  parser:flag("--json", "Log as JSON, one object a line.")
end

function M.run(args, console)
  local policy, err = cli_policy.load(args.policy)
  if not policy then
    return nil, err
  end
  local function ready(what)
    if args.json then
      console.out:json { ready = what }
    else
      console.out:line("ready: serving %s on %s", units.count(what.zones, "zone"), what.listen)
    end
    console.out:flush()
  end
  local ok
  ok, err = require("understudy.daemon").run(policy, log.new { json = args.json }, ready)
  return ok and 0, err
end

return M
