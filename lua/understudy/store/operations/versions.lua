--- versions: what was pulled and what was published of each zone.

local core = require "understudy.core"
local fence = require "understudy.store.operations.fence"
local ledger = require "understudy.store.operations.ledger"
local lists = require "understudy.store.operations.lists"
local uerror = require "understudy.error"

local M = {}

local PUBLICATION <const> = [[SELECT id, zone, serial, hash, cause, who, at, records, pull, generation, token, whole,
    settings FROM publications ]]

-- Reads the full texts of rows: what takes long for large zones is done here, where nobody waits for it, and the zone
-- goes to whoever asked. A text that can't be read is handed on.
local function read_texts(rows)
  for _, row in ipairs(rows or {}) do
    row.content = row.whole == 1 and core.parse { text = row.content, name = "the store", origin = row.zone }
      or row.content
  end
  return rows
end

-- The rows from the last full text on up to the newest, of each of some zones.
local function newest_chains(db, names)
  local rows, err = db:rows([[SELECT p.* FROM publications p JOIN
      (SELECT zone, MAX(id) AS base FROM publications WHERE whole = 1 AND zone IN :names GROUP BY zone) f
    ON p.zone = f.zone AND p.id >= f.base ORDER BY p.id]], { names = names })
  return read_texts(rows), err
end

-- The rows that a pull is made of, oldest first; none if it is not kept.
local function pull_chain(db, id)
  return db:rows([[WITH RECURSIVE chain AS (SELECT * FROM pulls WHERE id = :id
      UNION ALL SELECT p.* FROM pulls p JOIN chain c ON p.id = c.base)
    SELECT * FROM chain ORDER BY id]], { id = id })
end

-- The same of the accepted ones. What is published is not read twice.
local function accepted_chains(db, names)
  return db:rows([[WITH RECURSIVE chain AS
      (SELECT p.id, p.base, p.serial, p.hash FROM pulls p JOIN zones z ON z.accepted = p.id WHERE z.zone IN :names
      UNION ALL SELECT p.id, p.base, c.serial, c.hash FROM pulls p JOIN chain c ON p.id = c.base)
    SELECT p.id, p.zone, p.version, p.serial, p.hash, p.at, p.base, p.whole, p.delta,
      CASE WHEN c.serial IS NOT NULL AND c.hash =
          (SELECT hash FROM publications WHERE zone = p.zone ORDER BY id DESC LIMIT 1)
        THEN '' ELSE p.content END AS content
    FROM chain c JOIN pulls p ON p.id = c.id ORDER BY p.id]], { names = names })
end

--- What some zones are at: {publications=, pulls=}, each the rows of a chain (store/chain.lua) by zone. The full texts
--- of the former are zones; those of pulls that have the content of the newest publication are left out.
function M.newest(db, names)
  local publications, err = newest_chains(db, names)
  if not publications then
    return nil, err
  end
  local pulls
  pulls, err = accepted_chains(db, names)
  return pulls and { publications = lists(publications), pulls = lists(pulls) }, err
end

--- All publications that are kept, newest first, without their content:
--- {id, zone, serial, hash, cause, who, at, records, pull, generation, token, whole, settings?}.
function M.history(db, zone)
  return db:rows(PUBLICATION .. "WHERE zone = :zone ORDER BY id DESC", { zone = zone })
end

--- The publications after an id, of all zones, oldest first: {id, zone, serial}.
function M.published_since(db, id, limit)
  return db:rows("SELECT id, zone, serial FROM publications WHERE id > :id ORDER BY id LIMIT :limit",
    { id = id, limit = limit })
end

--- Some publications by their ids, and the pulls that they were made from: {publications=, pulls=}, rows by zone,
--- oldest first, with zones as full texts.
function M.published(db, ids)
  local publications, err = db:rows("SELECT * FROM publications WHERE id IN :ids ORDER BY id", { ids = ids })
  if not publications then
    return nil, err
  end
  local pulls
  pulls, err = db:rows("SELECT * FROM pulls WHERE id IN (SELECT pull FROM publications WHERE id IN :ids) ORDER BY id",
    { ids = ids })
  return pulls and { publications = lists(read_texts(publications)), pulls = lists(read_texts(pulls)) }, err
end

--- The newest id of all publications; 0 without any.
function M.last_publication(db)
  local row, err = db:row "SELECT COALESCE(MAX(id), 0) AS id FROM publications"
  return row and row.id, err
end

--- The chain of one publication, oldest row first; none if it is not kept.
function M.publication_chain(db, zone, serial)
  return db:rows([[SELECT * FROM publications WHERE zone = :zone
      AND id <= (SELECT id FROM publications WHERE zone = :zone AND serial = :serial)
      AND id >= (SELECT MAX(id) FROM publications WHERE zone = :zone AND whole = 1
        AND id <= (SELECT id FROM publications WHERE zone = :zone AND serial = :serial))
    ORDER BY id]], { zone = zone, serial = serial })
end

--- The publications from a serial on, oldest first, with their deltas; none if that serial is not kept.
function M.deltas(db, zone, serial)
  return db:rows([[SELECT id, serial, hash, at, delta FROM publications WHERE zone = :zone
      AND id >= (SELECT id FROM publications WHERE zone = :zone AND serial = :serial)
    ORDER BY id]], { zone = zone, serial = serial })
end

--- The chain of one pull; none if it is not kept.
M.pull_chain = pull_chain

--- The pulls of a zone since a time, oldest first, without their content.
function M.pulls(db, zone, since)
  return db:rows([[SELECT id, zone, version, serial, hash, records, at FROM pulls
    WHERE zone = :zone AND at >= :since ORDER BY id]], { zone = zone, since = since })
end

local function conflict(format, ...)
  error(uerror.new { code = "conflict", temporary = true, message = format:format(...) }, 0)
end

-- The id of a pull, which is written if it is new. What it is a change of has to be there.
local function insert_pull(db, pull)
  if pull.id then
    return pull.id
  elseif pull.base and assert(db:row([[SELECT COUNT(*) AS count FROM pulls WHERE id = :base AND zone = :zone
      AND hash IN (:base_hash, '')]], pull)).count == 0 then
    conflict("the source zone that it changes is not in the store")
  end
  return assert(db:insert([[INSERT INTO pulls
      (zone, version, serial, hash, records, at, base, whole, content, delta)
    VALUES (:zone, :version, :serial, :hash, :records, :at, :base, :whole, :content, :delta)]], pull))
end

-- The same for a call that can come twice, as its answer was lost when it was done: then it is the newest of the zone.
local function insert_pull_once(db, pull)
  local known, err = db:row([[SELECT id FROM pulls WHERE id = (SELECT MAX(id) FROM pulls WHERE zone = :zone)
    AND version = :version AND hash = :hash AND at = :at]], pull)
  if known == nil then
    error(err, 0)
  end
  return known and known.id or insert_pull(db, pull)
end

-- Drops the publications before the oldest that is to be kept, and the pulls that only they needed. What is kept
-- begins with a full text, so some are kept that need not be; and what is released, and the candidate to be that, are
-- kept however old they are.
local function drop_old(db, zone, keep)
  local values = { zone = zone, offset = keep.count - 1, after = keep.after }
  assert(db:execute([[DELETE FROM publications WHERE zone = :zone AND id <
      (SELECT MAX(id) FROM publications WHERE zone = :zone AND whole = 1 AND id <= (SELECT MAX(id) FROM
        (SELECT MIN(id) AS id FROM publications WHERE zone = :zone AND at >= :after UNION ALL
        SELECT id FROM (SELECT id FROM publications WHERE zone = :zone ORDER BY id DESC LIMIT 1 OFFSET :offset)
          oldest) bounds)
        AND id <= COALESCE((SELECT MIN(p.id) FROM publications p JOIN zones z
          ON p.zone = z.zone AND p.serial IN (z.released, z.candidate) WHERE z.zone = :zone), id))]], values))
  return assert(db:execute([[DELETE FROM pulls WHERE zone = :zone AND id <
      (WITH RECURSIVE chain AS (SELECT id, base FROM pulls WHERE id =
          (SELECT MIN(id) FROM (SELECT accepted AS id FROM zones WHERE zone = :zone UNION ALL
            SELECT pull FROM publications WHERE zone = :zone) needed)
        UNION ALL SELECT p.id, p.base FROM pulls p JOIN chain c ON p.id = c.base)
      SELECT MIN(id) FROM chain)]], values))
end

-- Makes a pull the one that the zone is at.
local function accept(db, zone, pull_id)
  return assert(db:execute("UPDATE zones SET accepted = :pull WHERE zone = :zone", { zone = zone, pull = pull_id }))
end

-- Refuses what was made on another ground than what is published now. true when it is there already.
local function check_base(newest, publication)
  if newest.serial and newest.serial == publication.serial and newest.hash == publication.hash then
    return true
  elseif newest.serial ~= publication.base or newest.hash ~= publication.base_hash then
    conflict("serial %s was published meanwhile", newest.serial or "none")
  end
  return false
end

local NEWEST_COLUMNS <const> = ", p.id AS publication, p.serial, p.hash, p.pull"
local NEWEST <const> = "LEFT JOIN publications p ON p.id = (SELECT MAX(id) FROM publications WHERE zone = :zone)"

--- Adds a publication, the pull it was made from if that is new, and the run that led to it: all of it or nothing, and
--- only by the worker that has the zone, on the ground of the publication with the serial `base` and `base_hash`. The
--- approval `waived` is used up. With `released` all targets may have it at once. Repeating it does no harm: then it is
--- `known`.
---@return {publication: integer, pull: integer, known?: boolean}? ids
---@return understudy.Error? err with code "fenced" or "conflict" when another was quicker
function M.publish(db, publication, pull, keep, run)
  local zone = publication.zone
  return db:transaction(function()
    local newest = fence.check(db, publication, NEWEST_COLUMNS, NEWEST)
    if check_base(newest, publication) then
      return { publication = newest.publication, pull = newest.pull, known = true }
    end
    publication.pull = insert_pull(db, pull)
    local id = assert(db:insert([[INSERT INTO publications
        (zone, serial, hash, cause, step, who, at, records, pull, generation, token, whole, content, delta, settings)
      VALUES (:zone, :serial, :hash, :cause, COALESCE(:step, 'source'), :who, :at, :records, :pull, :generation, :token,
        :whole, :content, :delta, :settings)]],
      publication))
    assert(db:execute(publication.released
      and "UPDATE zones SET accepted = :pull, released = :serial WHERE zone = :zone"
      or "UPDATE zones SET accepted = :pull WHERE zone = :zone", publication))
    if publication.waived then
      assert(db:execute("DELETE FROM waivers WHERE zone = :zone AND plan = :waived", publication))
    end
    if run then
      run.zone, run.worker, run.pull, run.publication = zone, publication.worker, publication.pull, id
      ledger.add(db, run)
    end
    if publication.whole then
      drop_old(db, zone, keep)
      ledger.trim(db, zone)
    end
    return { publication = id, pull = publication.pull }
  end)
end

--- Lets all targets have what only canaries had; only the worker does that has the zone. There is no candidate then.
--- values: {zone, serial}.
M.release_publication = fence.operation(function(db, values)
  return db:execute("UPDATE zones SET released = :serial, candidate = NULL, candidate_at = NULL WHERE zone = :zone",
    values)
end)

--- Says which publication is the candidate, and for how many seconds it is that: {zone, serial?, seconds?}.
M.save_candidate = fence.operation(function(db, values)
  return db:execute(("UPDATE zones SET candidate = :serial, candidate_at = %s - :seconds WHERE zone = :zone")
    :format(db.driver.now), values)
end)

--- Accepts a pull whose content is published already.
---@return integer? id of the pull
function M.accept_pull(db, lease, pull)
  return db:transaction(function()
    fence.check(db, lease)
    local id = insert_pull_once(db, pull)
    accept(db, lease.zone, id)
    return id
  end)
end

--- Writes down a pull that was not accepted. Of these, the newest `keep` stay.
---@return integer? id of the pull
function M.refuse_pull(db, lease, pull, keep)
  return db:transaction(function()
    fence.check(db, lease)
    local id = insert_pull_once(db, pull)
    assert(db:execute([[DELETE FROM pulls WHERE zone = :zone
        AND id <= (SELECT id FROM pulls WHERE zone = :zone ORDER BY id DESC LIMIT 1 OFFSET :keep)
        AND id NOT IN (SELECT pull FROM publications WHERE zone = :zone AND pull IS NOT NULL)
        AND id NOT IN (SELECT base FROM pulls WHERE zone = :zone AND base IS NOT NULL)
        AND id <> (SELECT COALESCE(accepted, 0) FROM zones WHERE zone = :zone)]],
      { zone = lease.zone, keep = keep }))
    return id
  end)
end

return M
