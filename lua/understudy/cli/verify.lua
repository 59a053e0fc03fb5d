--- verify: asks the secondaries and the name servers of zones what they really serve, and compares.

local cli_policy = require "understudy.cli.policy"
local canary = require "understudy.sync.canary"
local chain = require "understudy.store.chain"
local name_servers = require "understudy.verify.name_servers"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  cli_policy.option(parser)
  parser:flag("--targets", "Ask the targets of the policy only, not all name servers of the zones.")
  parser:flag("--json", "Answer as JSON.")
end

local function published(store, zone_name)
  local zones, err = chain.newest(store, zone_name)
  if not zones or not zones.publication then
    return nil, err or uerror.new { code = "absent", message = zone_name .. " was never published" }
  end
  return zones.publication
end

-- The servers to ask: the targets, then the name servers that are none of them.
local function servers_of(setting, zone, policy, targets_only)
  local list, known, resolvers = {}, {}, nil
  for i, target in ipairs(setting.targets) do
    local serve, key = target.serve, target.keys and target.keys[1] or target.server and target.server.key
    list[i] = { name = target.name, address = serve.address, port = serve.port, text = serve.text, key = key,
      canary = target.canary }
    known[serve.text] = true
  end
  for i, server in ipairs(policy.resolver or {}) do
    resolvers = resolvers or {}
    resolvers[i] = server.text
  end
  local others, err = {}, nil
  if not targets_only then
    others, err = name_servers.of(zone, { known = known, resolvers = resolvers })
  end
  return others and table.move(others, 1, #others, #list + 1, list), err
end

-- Tells of the publications that are kept of a zone, by their serials.
local function history_of(store, zone_name, grace)
  local rows, now = store:history(zone_name) or {}, os.time()
  local replaced = {}
  for i = 2, #rows do
    replaced[rows[i].serial] = rows[i - 1].at
  end
  return function(serial)
    local chained = replaced[serial] and store:publication_chain(zone_name, serial)
    local ends = chained and #chained > 0 and chain.read(chained, zone_name, "publication")
    return ends and {
      zone = ends.zone, replaced_at = replaced[serial], recent = now - replaced[serial] <= grace,
    } or nil
  end
end

-- Since when canaries have had what other targets do not get yet, and the serial that these may have until then; nil
-- where all may have the newest.
local function soak_of(setting, store, newest)
  if not canary.is_staged { setting = setting } then
    return nil
  end
  local rows, err = store:zones { setting.name }
  local history, problem = store:history(setting.name)
  if not rows or not history then
    return nil, err or problem
  end
  local released = (rows[setting.name] or {}).released
  return released ~= newest and history[1] and { since = history[1].at, serial = released } or nil
end

-- Who waits for the canaries has what it should have, if that is what was released last, or nothing.
local function wait_for_canaries(verdict, soak)
  if verdict.verdict == "behind" and verdict.serial == soak.serial then
    verdict.expires_at = nil -- it goes on being refreshed
  elseif verdict.verdict == "not authoritative" and not soak.serial then
    verdict.verdict, verdict.why = "behind", "it has nothing yet"
  else
    return
  end
  verdict.soaking_since = soak.since
end

-- Whether a server serves what it should.
local function is_well(verdict)
  return verdict.verdict == "same" or verdict.verdict == "behind" and (verdict.grace or verdict.soaking_since ~= nil)
end

local function verify_zone(setting, store, policy, args)
  local zone, err = published(store, setting.name)
  if not zone then
    return nil, err
  end
  local servers, problem = servers_of(setting, zone, policy, args.targets)
  if not servers then
    return nil, problem
  end
  local soak, trouble = soak_of(setting, store, zone.serial)
  if trouble then
    return nil, trouble
  end
  local verdicts, earlier = {}, history_of(store, setting.name, policy.grace)
  for i, server in ipairs(servers) do
    verdicts[i] = name_servers.inspect(server, zone, earlier)
    if soak and not server.canary then
      wait_for_canaries(verdicts[i], soak)
    end
  end
  return { zone = setting.name, serial = zone.serial, servers = verdicts }
end

-- How long a server that is behind will go on at least.
local function expiry(verdict)
  local left = verdict.expires_at and verdict.expires_at - os.time()
  if not left then
    return ""
  elseif left <= 0 then
    return "; it may stop to serve the zone at any moment (SOA expire)"
  end
  return ("; it serves the zone for %s more at least (SOA expire)"):format(units.span(left))
end

local function detail(verdict)
  local by = verdict.by == "queries" and ("serial %d, %d queries"):format(verdict.serial, verdict.asked)
    or verdict.by and ("serial %d, by transfer"):format(verdict.serial)
    or verdict.serial and ("serial %d"):format(verdict.serial) or ""
  if verdict.soaking_since then
    local soaking = ("soaking since %s"):format(units.time(verdict.soaking_since))
    return ("%s (%s)"):format(verdict.why or by, soaking)
  end
  by = by .. (verdict.grace and ", replaced only now" or expiry(verdict))
  return verdict.why and (by ~= "" and by .. ": " or "") .. verdict.why or by
end

local function print_text(results, out)
  for _, result in ipairs(results) do
    out:line("%s serial %d", result.zone, result.serial)
    local rows = {}
    for i, verdict in ipairs(result.servers) do
      rows[i] = { "  " .. verdict.name, verdict.server or "-", verdict.verdict, detail(verdict) }
    end
    out:columns(rows)
    for _, verdict in ipairs(result.servers) do
      for _, line in ipairs(verdict.differences) do
        out:line("    %s: %s", verdict.name, line)
      end
      if verdict.count > #verdict.differences then
        out:line("    %s: … and %d more", verdict.name, verdict.count - #verdict.differences)
      end
    end
  end
end

function M.run(args, console)
  local policy, zones, err = cli_policy.load_zones(args)
  if not policy then
    return nil, err
  end
  local store, problem = cli_policy.store(policy)
  if not store then
    return nil, problem
  end
  local results, status = {}, 0
  for i, setting in ipairs(zones) do
    local result, fault = verify_zone(setting, store, policy, args)
    if not result then
      return nil, fault
    end
    results[i] = result
    for _, verdict in ipairs(result.servers) do
      status = not is_well(verdict) and 1 or status
    end
  end
  if args.json then
    console.out:json { zones = results }
  else
    print_text(results, console.out)
  end
  return status
end

return M
