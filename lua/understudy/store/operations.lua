--- operations: what the store remembers and is asked for, as functions over an open database.
--
-- Each is one transaction. Rows are tables with the names of the columns.

local M = {}

local KEEP_PUBLICATIONS <const> = 20

local function first(rows, err)
  if not rows then
    return nil, err
  end
  return rows[1] or false
end

--- The source zone last accepted: {zone, version, at, content}, or false.
function M.source(db, zone)
  return first(db:rows("SELECT * FROM sources WHERE zone = :zone", { zone = zone }))
end

function M.save_source(db, source)
  return db:execute([[INSERT OR REPLACE INTO sources (zone, version, at, content)
    VALUES (:zone, :version, :at, :content)]], source)
end

--- The newest publication: {id, zone, serial, hash, cause, at, records, content}, or false.
function M.publication(db, zone)
  return first(db:rows([[SELECT * FROM publications WHERE zone = :zone
    ORDER BY id DESC LIMIT 1]], { zone = zone }))
end

--- All publications that are kept, newest first, without their content.
function M.history(db, zone)
  return db:rows([[SELECT id, zone, serial, hash, cause, at, records FROM publications
    WHERE zone = :zone ORDER BY id DESC]], { zone = zone })
end

--- Adds a publication, with the source zone it was made from, and drops the oldest.
function M.publish(db, publication, source)
  return db:transaction(function()
    assert(db:execute([[INSERT INTO publications (zone, serial, hash, cause, at, records, content)
      VALUES (:zone, :serial, :hash, :cause, :at, :records, :content)]], publication))
    assert(M.save_source(db, source))
    return db:execute([[DELETE FROM publications WHERE zone = :zone AND id NOT IN
      (SELECT id FROM publications WHERE zone = :zone ORDER BY id DESC LIMIT :keep)]],
      { zone = publication.zone, keep = KEEP_PUBLICATIONS })
  end)
end

--- Why the newest source zone is not published: {zone, state, since, why, findings}, or false.
function M.verdict(db, zone)
  return first(db:rows("SELECT * FROM verdicts WHERE zone = :zone", { zone = zone }))
end

function M.save_verdict(db, verdict)
  return db:execute([[INSERT OR REPLACE INTO verdicts (zone, state, since, why, findings)
    VALUES (:zone, :state, :since, :why, :findings)]], verdict)
end

function M.forget_verdict(db, zone)
  return db:execute("DELETE FROM verdicts WHERE zone = :zone", { zone = zone })
end

for name, operation in pairs(require "understudy.store.operations.answers") do
  M[name] = operation
end

--- What is known of each target of a zone: rows of
--- {zone, target, state, wanted, served, attempts, error, since}.
function M.deliveries(db, zone)
  return db:rows("SELECT * FROM deliveries WHERE zone = :zone", { zone = zone })
end

function M.save_delivery(db, delivery)
  return db:execute([[INSERT OR REPLACE INTO deliveries
    (zone, target, state, wanted, served, attempts, error, since)
    VALUES (:zone, :target, :state, :wanted, :served, :attempts, :error, :since)]], delivery)
end

return M
