--- publish: gives a zone its serial and makes it what the secondaries get.
--
-- It is written down, durably, before anyone can see it; and only if its content is another than the
-- last. The serial moves forward by RFC 1982, to the source's own when that is newer.

local chain = require "understudy.store.chain"
local core = require "understudy.core"
local deltas = require "understudy.sync.deltas"
local sync_zone = require "understudy.sync.zone"
local zonemd = require "understudy.zonemd"

local M = {}

---@class understudy.Publication
---@field zone any the flat zone, with its serial
---@field serial integer    of the zone
---@field hash string       of the zone
---@field at number
---@field cause string
---@field who string        the person who caused it; "" for none
---@field id? integer       in the store
---@field pull? integer     in the store: what it was made from
---@field deltas? integer   with octets and size: of its chain in the store, see understudy.store.chain
---@field octets? integer
---@field size? integer
---@field step "source"|"answers"|"rollback" what changed: the source or the policy, what ALIAS targets resolve to, or a
---  person's mind

-- There is one for each zone, so what the zone itself tells, or is nearly always the same, is not kept in each.
local Publication = {}
local USUAL <const> = { who = "", step = "source" }

function Publication:__index(name)
  if name == "serial" or name == "hash" then
    return self.zone[name]
  end
  return USUAL[name]
end

--- Makes a publication: {zone=, at=, cause=} and what else is to be said of it.
---@param fields table
---@return understudy.Publication
function M.new(fields)
  for name, value in pairs(USUAL) do
    if fields[name] == value then
      fields[name] = nil
    end
  end
  return setmetatable(fields, Publication)
end

--- The next publication, or nil if the content is that of the last.
---@param flat any
---@param last? understudy.Publication
---@param cause string
---@param now number
---@param digest? boolean the policy asks for ZONEMD
---@return understudy.Publication?
function M.next(flat, last, cause, now, digest)
  if last and zonemd.same(last.zone, flat, digest) then
    return nil
  end
  local serial = last and core.serial_next(last.serial, flat.serial) or math.max(flat.serial, 1)
  local zone = zonemd.complete(chain.under_serial(flat, serial), digest)
  return M.new { zone = zone, at = now, cause = cause }
end

-- A source zone as a new pull of the store: as a change of the accepted one, if that is there.
local function new_pull(zone_name, accepted, source)
  local row, ends = chain.next(accepted and accepted.id and accepted, source.zone)
  row.zone, row.version, row.serial, row.hash = zone_name, source.version, source.zone.serial, source.zone.hash
  row.records, row.at, row.base = #source.zone, source.at, not row.whole and accepted.id or nil
  row.base_hash = row.base and accepted.zone.hash
  return row, ends
end

--- A source zone as a new pull of the store; as it is there if it is there already.
---@param zone understudy.SyncZone
---@param source {zone: any, version: string, at: number, id?: integer}
---@return table row
---@return understudy.ChainEnd? ends
function M.pull_row(zone, source)
  if source.id then
    return { id = source.id }
  end
  return new_pull(zone.name, zone.accepted, source)
end

--- What a worker shows with each thing that it writes of a zone: who it is, and by which token it has the zone.
---@param zone understudy.SyncZone
---@param now number
---@param row? table to be completed
---@return table
function M.leased(zone, now, row)
  row = row or {}
  -- A lease can be lost in the middle of a run; then the store refuses.
  local lease = zone.lease or { worker = "", token = -1 }
  row.zone, row.worker, row.token, row.now = zone.name, lease.worker, lease.token, now
  return row
end

-- Writes a publication and its source zone behind the newest that the store has, `base`, as rows, with what then are
-- the ends of their chains. Both know then where they are. True, or false if they were there already.
local function write(zone, publication, source, rows, more, host)
  local row, keep = rows.publication, host.policy.keep
  M.leased(zone, host.clock.now(), row)
  for _, name in ipairs { "serial", "hash", "cause", "who", "at", "step" } do
    row[name] = publication[name]
  end
  row.base, row.base_hash = rows.base and rows.base.serial, rows.base and rows.base.hash
  row.records, row.generation, row.released = #publication.zone, more.generation, more.released
  row.waived, row.settings = more.waiver and more.waiver.plan, host.settings:hash(zone)
  local kept = { count = keep.publications, after = host.settled() - keep.age }
  local ids, err = host.store:publish(row, rows.pull, kept, more.run)
  if not ids then
    zone.stale = err.code == "io" or zone.stale -- it may be written down, and the answer was lost
    return nil, err
  end
  publication.id, publication.pull, source.id = ids.publication, ids.pull, ids.pull
  chain.note(publication, rows.publication_ends)
  chain.note(source, rows.pull_ends)
  return not ids.known
end

--- Writes a publication and the source zone it was made from. Both know then where they are in the store.
---@param zone understudy.SyncZone
---@param publication understudy.Publication
---@param source {zone: any, version: string, at: number, id?: integer}
---@param more {generation: integer, waiver?: {plan: string}, run?: table, released: boolean} the number of the newest
---  event that led to it; the approval that is used up by it; the run that led to it, to be written down; whether all
---  targets may have it at once
---@param host table
---@return boolean? ok
---@return understudy.Error? err
function M.save(zone, publication, source, more, host)
  local rows = { base = zone.publication }
  rows.publication, rows.publication_ends = chain.next(zone.publication, publication.zone)
  rows.pull, rows.pull_ends = M.pull_row(zone, source)
  local written, err = write(zone, publication, source, rows, more, host)
  return written ~= nil or nil, err
end

--- Writes down again what is served, where the store has gone back to something older. It keeps its serial, under which
--- secondaries have it.
---@param zone understudy.SyncZone
---@param run {generation: integer}
---@param host table
---@return boolean? ok
---@return understudy.Error? err
function M.again(zone, run, host)
  local publication, accepted, rows = zone.publication, zone.accepted or zone.publication, { base = zone.lacked.newest }
  local source = { zone = accepted.zone, version = accepted.version or "", at = accepted.at }
  rows.publication, rows.publication_ends = chain.next(nil, publication.zone)
  rows.pull, rows.pull_ends = new_pull(zone.name, nil, source)
  local why = ("written down again: the store had gone back to %s"):format(rows.base and "serial " .. rows.base.serial
    or "nothing")
  local written, err = write(zone, publication, source, rows, {
    generation = run.generation, released = zone.released == publication,
    run = {
      generation = run.generation, cause = publication.cause, at = host.clock.now(), outcome = "published", why = why,
    },
  }, host)
  if written then
    zone.accepted = source
    host.log:warning("%s serial %d is %s", zone.name, publication.serial, why)
  end
  zone.lacked = written == nil and zone.lacked or nil
  return written ~= nil or nil, err
end

--- A publication of its row in the store, and the end of the chain that leads to it.
---@param row table
---@param ends understudy.ChainEnd
---@return understudy.Publication
function M.of_row(row, ends)
  local made = M.new {
    zone = ends.zone, at = row.at, cause = row.cause, who = row.who, step = row.step, id = row.id, pull = row.pull,
  }
  chain.note(made, ends)
  return made
end

--- The publication with a serial, from the store; false if it is not kept.
---@param zone_name string
---@param serial integer
---@param host table
---@return understudy.Publication|false|nil
---@return understudy.Error? err
function M.kept(zone_name, serial, host)
  local rows, err = host.store:publication_chain(zone_name, serial)
  if not rows then
    return nil, err
  elseif #rows == 0 then
    return false
  end
  local ends, problem = chain.read(rows, zone_name, "publication")
  return ends and M.of_row(rows[#rows], ends), problem
end

--- What changed, in a few words.
---@param last? understudy.Publication
---@param publication understudy.Publication
---@return string
function M.summary(last, publication)
  if not last then
    return ("%d records"):format(#publication.zone)
  end
  local diff = last.zone:diff(publication.zone)
  -- The SOA is always replaced: its serial moved.
  local ttls = diff.ttls > 0 and (", TTL of %d changed"):format(diff.ttls) or ""
  return ("%d added, %d removed%s"):format(math.max(0, diff.added - 1), math.max(0, diff.removed - 1), ttls)
end

--- Makes a publication the one that is served.
---@param zone understudy.SyncZone
---@param publication understudy.Publication as it was saved
---@param summary string what changed
---@param released boolean whether all targets may have it at once
---@param host table
function M.serve(zone, publication, summary, released, host)
  local last = zone.publication
  host.log:info("%s published serial %d: %s (%s)", zone.name, publication.serial,
    summary, publication.cause)
  if last then
    zone.deltas = zone.deltas or deltas.new()
    zone.deltas:add(last.zone, publication.zone)
  end
  local before = zone.released
  zone.publication = publication
  sync_zone.set_released(zone, released and publication or before)
end

return M
