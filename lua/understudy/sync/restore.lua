--- restore: a zone as the store remembers it, so that it is served before anything is pulled.

local core = require "understudy.core"
local deliver = require "understudy.sync.deliver"
local deltas = require "understudy.sync.deltas"
local uerror = require "understudy.error"

local M = {}

local function read_zone(name, content, what)
  local label = ("%s of %s in the store"):format(what, name)
  local zone, err = core.parse { text = content, name = label, origin = name }
  if not zone then
    return uerror.fail("io", "the store holds a %s of %s that can't be read: %s", what, name, err.message)
  end
  return zone
end

local function publication_of(row)
  local zone, err = read_zone(row.zone, row.content, "publication")
  return zone and {
    zone = zone,
    serial = row.serial,
    hash = zone.hash,
    at = row.at,
    cause = row.cause,
  }, err
end

local function source_of(row)
  local zone, err = read_zone(row.zone, row.content, "source")
  return zone and { zone = zone, version = row.version, at = row.at }, err
end

local function verdict_of(row)
  return { state = row.state, since = row.since, why = row.why, text = row.findings }
end

-- One thing that the store may remember: its value, nil if there is none; or an error.
local function recall(store, method, zone_name, read)
  local row, err = store[method](store, zone_name)
  if not row then
    return nil, err
  end
  return read(row)
end

local function deliveries_of(zone, targets, gates, host)
  local rows, err = host.store:deliveries(zone.name)
  if not rows then
    return nil, err
  end
  local by_target, list = {}, {}
  for _, row in ipairs(rows) do
    by_target[row.target] = row
  end
  for i, target in ipairs(targets) do
    gates[target] = gates[target] or deliver.gate(host.clock)
    list[i] = deliver.new(zone, target, gates[target], host, by_target[target.name])
  end
  return list
end

---@class understudy.SyncZone
---@field name string
---@field source table
---@field changed table               a condition, signalled when something is to be seen
---@field publication? understudy.Publication
---@field deltas understudy.Deltas    what changed up to it
---@field accepted? table             the source zone last accepted: {zone=, version=, at=}
---@field refused? table              the newest source zone, if it is not accepted
---@field judged? string              version of the source zone last judged
---@field outdated boolean            answers changed since then
---@field verdict? table              why the newest source zone is refused: {state=, since=, why=, text=}
---@field source_error? table         why the source can't be read: {message=, since=}
---@field findings table              of the newest judgement
---@field deliveries understudy.Delivery[]
---@field handled integer             number of the newest lease that has ended
---@field failures integer            in a row
---@field failing_since? number       monotonic

--- Makes a zone of the policy with what the store remembers of it.
---@param setting {name: string, source: table, targets: table[]}
---@param gates table by target
---@param host table
---@return understudy.SyncZone? zone
---@return understudy.Error? err
function M.zone(setting, gates, host)
  local store, name = host.store, setting.name
  local zone = {
    name = name,
    source = setting.source,
    checks = setting.checks,
    changed = host.clock.condition(),
    deltas = deltas.new(),
    outdated = true,
    findings = { errors = 0, warnings = 0, list = {} },
    handled = 0,
    failures = 0,
  }
  local problems = {}
  zone.publication, problems[1] = recall(store, "publication", name, publication_of)
  zone.accepted, problems[2] = recall(store, "source", name, source_of)
  zone.verdict, problems[3] = recall(store, "verdict", name, verdict_of)
  zone.deliveries, problems[4] = deliveries_of(zone, setting.targets, gates, host)
  local _, problem = next(problems)
  if problem then
    return nil, problem
  end
  return zone
end

return M
