--- sync: brings zones to their secondaries now, by the daemon, or by itself when none runs.

local ask = require "understudy.cli.ask"
local cli_policy = require "understudy.cli.policy"
local cli_status = require "understudy.cli.status"
local percent = require "understudy.percent"
local shell = require "understudy.shell"
local uerror = require "understudy.error"

local M = {}

local SETTLED_WITHIN <const> = 60 -- seconds for a zone, as with the daemon
local ANSWER_WITHIN <const> = 90

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  cli_policy.option(parser)
  parser:option("--changed", "Read only these records of the ZONE, which changed, where its source can do that.")
    :argname { "OWNER", "TYPE" }:args "1-2":count "*"
  parser:option("--deleted", "The same of records that were deleted, which needs no confirmation then.")
    :argname { "OWNER", "TYPE" }:args "1-2":count "*"
  parser:flag("--json", "Answer as JSON.")
end

-- What is said to have changed; nil if nothing is.
local function named(args)
  local list = {}
  for _, name in ipairs(args.changed or {}) do
    list[#list + 1] = { owner = name[1], type = name[2] }
  end
  for _, name in ipairs(args.deleted or {}) do
    list[#list + 1] = { owner = name[1], type = name[2], gone = true }
  end
  return #list > 0 and list or nil
end

local function ask_daemon(policy, zones, given)
  local client = require "understudy.server.http.client"
  local socket = require("understudy.store.folder").socket(policy.state)
  local list = {}
  for i, zone in ipairs(zones) do
    local path = ("/v1/zones/%s/sync"):format(percent.encode(zone.name))
    local answer, err = client.request(socket, "POST", path, ANSWER_WITHIN, { names = given })
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
  local given = named(args)
  if given and #args.zones ~= 1 then
    return uerror.fail("usage", "--changed and --deleted are said of one ZONE")
  end
  policy, zones, err = cli_policy.load_zones(args)
  if not policy then
    return nil, err
  end
  list, err = ask_daemon(policy, zones, given)
  if not list and err.code == "absent" then
    list, err = require("understudy.daemon").once(policy, names(zones), SETTLED_WITHIN, given)
  end
  if not list then
    return ask.fail(console, err)
  end
  if args.json then
    console.out:json { zones = list }
  else
    cli_status.print(console.out, list)
  end
  return all_settled(list, console) and cli_status.all_ok(list) and 0 or 1
end

return M
