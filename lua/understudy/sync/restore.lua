--- restore: zones as the store remembers them, so that they are served before anything is pulled.

local account = require "understudy.sync.account"
local canary = require "understudy.sync.canary"
local chain = require "understudy.store.chain"
local core = require "understudy.core"
local deliver = require "understudy.sync.deliver"
local deltas = require "understudy.sync.deltas"
local findings = require "understudy.sync.findings"
local parts = require "understudy.parts"
local publish = require "understudy.sync.publish"
local sync_zone = require "understudy.sync.zone"

local M = {}

local ZONES_A_CALL <const> = 100
-- So many that the next version is written whole, as how long its chain is was not read.
local DELTAS_UNKNOWN <const> = math.maxinteger // 2
-- How many of the newest publications a secondary can be brought from after a restart.
local STEPS_RECALLED <const> = 10

-- Whether the store has a publication that is newer than the known one. What this process has itself published since is
-- newer than what was read, perhaps, before. Numbers of rows tell nothing: a database can have gone back.
local function has_newer(known, row)
  local order = known and row and core.serial_compare(known.serial, row.serial)
  return row ~= nil and (not known or order == -1 or order == 0 and known.hash ~= row.hash)
end

-- Notes what the store lacks, if it can be that it went back, as one does that is put back from a backup, or whose
-- replica lagged when it took over. Where it was only asked too early, nothing comes of that.
local function note_lack(zone, row)
  local known = zone.publication
  local lacks = known and (not row or core.serial_compare(known.serial, row.serial) == 1)
  zone.lacked = lacks and { newest = row and { serial = row.serial, hash = row.hash } } or nil
end

local function recall_publication(zone, rows)
  zone.deltas = nil
  local function step(number, before, after)
    if number > #rows - STEPS_RECALLED then
      zone.deltas = zone.deltas or deltas.new()
      zone.deltas:add(before, after)
    end
  end
  local ends, err = chain.read(rows, zone.name, "publication", step)
  if not ends then
    return nil, err
  end
  zone.publication = publish.of_row(rows[#rows], ends)
  return true
end

-- What all targets may have; without canaries it is the newest, whatever was so before.
local function recall_released(zone, serial, host)
  local newest = zone.publication
  if not canary.is_staged(zone) or not newest or serial == newest.serial then
    sync_zone.set_released(zone, newest)
    return true
  elseif not serial or zone.released and core.serial_compare(zone.released.serial, serial) ~= -1 then
    return true -- what this process has itself released since is newer than what was read
  end
  local kept, err = publish.kept(zone.name, serial, host)
  if kept == nil then
    return nil, err
  end
  sync_zone.set_released(zone, kept or zone.released)
  return true
end

local function recall_pull(zone, rows)
  local ends, err = chain.accepted(rows, zone.publication and zone.publication.zone, zone.name)
  if not ends then
    return nil, err
  end
  local row = rows[#rows]
  zone.accepted = { zone = ends.zone, version = row.version, at = row.at, id = row.id }
  chain.note(zone.accepted, ends)
  return true
end

-- Whether a source zone is that of a row; one of the first format has no hash.
local function is_row(source, row)
  return source.id == row.id and (row.hash == source.zone.hash or row.hash == "")
end

-- Whether the accepted source zone is at least as new as that of the store, which has the same publication. One that
-- the store does not have, or had not yet, is nothing that the next one can be written as a change of.
local function is_accepted(zone, rows)
  local known, row = zone.accepted, rows[#rows]
  if known and known.id and known.id > row.id then
    known.id = nil
  end
  return known and (not known.id or is_row(known, row))
end

-- Whether the source zone that the store has is of another zone, which had the name before. True once: what is accepted
-- from then on is of this one.
local function take_renewal(zone)
  local member = zone.setting.member
  local renewed = member and member.renewed
  if renewed then
    member.renewed = nil
  end
  return renewed
end

-- The newest publication and the source zone that it was made from.
local function recall_newest(zone, publications, pulls)
  local row, ok, err = publications and publications[#publications], true, nil
  local newer = has_newer(zone.publication, row)
  note_lack(zone, row)
  if newer then
    ok, err = recall_publication(zone, publications)
  end
  local renewed = ok and take_renewal(zone)
  if ok and not renewed and pulls and (newer or not zone.lacked and not is_accepted(zone, pulls)) then
    ok, err = recall_pull(zone, pulls)
  end
  return ok, err
end

-- What people said of a zone.
local function recall_said(zone, marks)
  local name = zone.name
  zone.freeze, zone.waiver = marks.freezes[name], marks.waivers[name]
  zone.acknowledgements = marks.acknowledgements[name]
end

-- What the process that has the zone found in it.
local function recall_found(zone, marks, host)
  local verdict = marks.verdicts[zone.name]
  zone.verdict_unwritten = nil
  zone.verdict = verdict and {
    state = verdict.state, since = verdict.since, why = verdict.why, text = verdict.findings,
    plan = verdict.plan ~= "" and verdict.plan or nil,
  } or nil
  findings.recall(zone, marks.findings[zone.name], host.clock.now())
end

local function recall_deliveries(zone, rows, host)
  local by_target = {}
  for _, row in ipairs(rows or {}) do
    by_target[row.target] = row
  end
  local known = {}
  for _, delivery in ipairs(zone.deliveries or {}) do
    known[delivery.target] = delivery
  end
  zone.deliveries = {}
  for i, target in ipairs(zone.setting.targets) do
    local delivery = known[target] or deliver.new(zone, target, host)
    if by_target[target.name] then
      delivery:recall(by_target[target.name])
    end
    zone.deliveries[i] = delivery
  end
end

local SAID <const> = { "freezes", "waivers", "acknowledgements" }
local MARKS <const> = { "verdicts", "findings", table.unpack(SAID) }
local ALL <const> = { "newest", "deliveries", "zones", table.unpack(MARKS) }

local function names_of(zones)
  local names = {}
  for i, zone in ipairs(zones) do
    names[i] = zone.name
  end
  return names
end

-- All that was found of a zone.
local function recall_zone(zone, found, host)
  local ok, err = recall_newest(zone, found.newest.publications[zone.name], found.newest.pulls[zone.name])
  if ok then
    ok, err = recall_released(zone, (found.zones[zone.name] or {}).released, host)
  end
  if not ok then
    return nil, err
  end
  recall_said(zone, found)
  recall_found(zone, found, host)
  recall_deliveries(zone, found.deliveries[zone.name], host)
  canary.recall(zone, found.zones[zone.name], host)
  return true
end

-- Recalls some zones, one after the other. Rows that make no sense were not written so.
local function recall(zones, host)
  local names = names_of(zones)
  local found, err = host.store:recall(names, ALL, host.clock.now())
  if not found then
    return nil, err
  end
  for _, zone in ipairs(zones) do
    local sensible, ok, problem = xpcall(recall_zone, debug.traceback, zone, found, host)
    if not sensible then
      return chain.corrupt(zone.name, "row", ok)
    elseif not ok then
      return nil, problem
    end
  end
  return true
end

--- Makes the zones of a policy with what the store remembers of them.
---@param settings {name: string, source: table, targets: table[]}[]
---@param host table
---@return understudy.SyncZone[]? zones
---@return understudy.Error? err
function M.zones(settings, host)
  local zones = {}
  for i, setting in ipairs(settings) do
    zones[i] = sync_zone.new(setting)
  end
  host.spent = host.spent or account.spent(host)
  for part in parts.of(zones, ZONES_A_CALL) do
    local ok, err = recall(part, host)
    if not ok then
      return nil, err
    end
  end
  return zones
end

-- The source zone of a publication, from the one that is known; nil if that can't be told.
local function follow_pull(zone, published, row)
  local accepted = zone.accepted
  if not row or is_row(accepted, row) then
    return accepted
  end
  local ends
  if row.serial and row.hash == published.hash then
    ends = { zone = chain.under_serial(published, row.serial), deltas = DELTAS_UNKNOWN, octets = 0, size = 0 }
  elseif row.whole == 1 or row.base == accepted.id then
    ends = chain.follow(accepted, { row }, zone.name)
  end
  local made = ends and { zone = ends.zone, version = row.version, at = row.at, id = row.id }
  if made then
    chain.note(made, ends)
  end
  return made
end

-- Goes on from what is known of a zone; false if that can't be.
local function follow(zone, publications, pull)
  local steps = {}
  local ends = zone.accepted and not canary.is_staged(zone)
    and chain.follow(zone.publication, publications, zone.name, function(before, after)
      steps[#steps + 1] = { before, after }
    end)
  local row = publications[#publications]
  local accepted = ends and follow_pull(zone, ends.zone, pull)
  if not accepted or accepted.id ~= row.pull then
    return false
  end
  zone.deltas = zone.deltas or deltas.new()
  for _, step in ipairs(steps) do
    zone.deltas:add(step[1], step[2])
  end
  zone.publication, zone.accepted = publish.of_row(row, ends), accepted
  zone.outdated, zone.judged, zone.refused = true, nil, nil
  return true
end

--- Recalls zones again, which another process has changed.
---@param zones understudy.SyncZone[]
---@param host table
---@return boolean? ok
---@return understudy.Error? err
function M.again(zones, host)
  for _, zone in ipairs(zones) do
    zone.outdated, zone.judged, zone.refused = true, nil, nil
  end
  return recall(zones, host)
end

local function recall_marks(zones, what, host)
  local marks, err = host.store:recall(names_of(zones), what, host.clock.now())
  if not marks then
    return nil, err
  end
  for _, zone in ipairs(zones) do
    recall_said(zone, marks)
    if marks.verdicts and not zone.lease then -- which it may have got meanwhile
      recall_found(zone, marks, host)
    end
    zone.outdated = true
  end
  return true
end

--- Recalls what people said of zones that this process has. What it found in them it knows better: the store tells what
--- was so when it was asked.
---@param zones understudy.SyncZone[]
---@param host table
---@return boolean? ok
---@return understudy.Error? err
function M.said(zones, host)
  return recall_marks(zones, SAID, host)
end

--- Recalls what people said of zones of other processes, and what these found in them.
---@param zones understudy.SyncZone[]
---@param host table
---@return boolean? ok
---@return understudy.Error? err
function M.marks(zones, host)
  return recall_marks(zones, MARKS, host)
end

--- Takes up what another process published of its zones, from what is known of them.
---@param zones understudy.SyncZone[]
---@param ids integer[] of all that it published of these since
---@param host table
---@return understudy.SyncZone[]? others that have to be read again as a whole
---@return understudy.Error? err
function M.follow(zones, ids, host)
  local ok, err = M.marks(zones, host)
  if not ok then
    return nil, err
  end
  local found, problem = host.store:published(ids)
  if not found then
    return nil, problem
  end
  local others = {}
  for _, zone in ipairs(zones) do
    local publications, pulls = found.publications[zone.name] or {}, found.pulls[zone.name] or {}
    local first, known = publications[1], zone.publication
    local free = not zone.lease and not host.at_work[zone] -- which can have changed meanwhile
    local is_next = first and known and core.serial_compare(known.serial, first.serial) == -1
    if free and not (is_next and follow(zone, publications, pulls[#pulls])) then
      others[#others + 1] = zone
    end
  end
  return others
end

return M
