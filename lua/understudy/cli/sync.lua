--- sync: brings zones to their secondaries now, by the daemon, or by itself when none runs.

local cli_policy = require "understudy.cli.policy"
local cli_status = require "understudy.cli.status"
local percent = require "understudy.percent"
local shell = require "understudy.shell"

local M = {}

local SETTLED_WITHIN <const> = 60 -- seconds for a zone, as with the daemon
local ANSWER_WITHIN <const> = 90

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  cli_policy.option(parser)
  parser:flag("--json", "Answer as JSON.")
end

local function ask_daemon(policy, zones)
  local client = require "understudy.server.http.client"
  local socket = require("understudy.store.folder").socket(policy.state)
  local list = {}
  for i, zone in ipairs(zones) do
    local path = ("/v1/zones/%s/sync"):format(percent.encode(zone.name))
    local answer, err = client.request(socket, "POST", path, ANSWER_WITHIN)
    if not answer then
      return nil, err
    end
    list[i] = answer
  end
  return list
end

local function names(zones)
  local list = {}
  for i, zone in ipairs(zones) do
    list[i] = zone.name
  end
  return list
end

-- Whether it is known of all zones what came of it; tells of those of which it is not.
local function all_settled(list, console)
  local all = true
  for _, zone in ipairs(list) do
    if zone.settled == false then
      all = false
      console.err:write(("understudy: %s is still under way; to see how it goes on: understudy status %s\n")
        :format(zone.name, shell.word(zone.name)))
    end
  end
  return all
end

function M.run(args, console)
  local policy, zones, list, err
  policy, zones, err = cli_policy.load_zones(args)
  if not policy then
    return nil, err
  end
  list, err = ask_daemon(policy, zones)
  if not list and err.code == "absent" then
    list, err = require("understudy.daemon").once(policy, names(zones), SETTLED_WITHIN)
  end
  if not list then
    return nil, err
  end
  if args.json then
    console.out:json { zones = list }
  else
    cli_status.print(console.out, list)
  end
  return all_settled(list, console) and cli_status.all_ok(list) and 0 or 1
end

return M
