--- ledger: the rows of runs, for the operations that add to them.

local M = {}

local KEPT <const> = 200

-- Those events, and with each what was said of the same before it: two who say it at the same moment replace neither.
local FORGET <const> = [[DELETE FROM events WHERE zone = :zone AND (id IN :forget OR gone = 1 AND EXISTS
  (SELECT 1 FROM events e WHERE e.id IN :forget AND e.id > events.id AND e.zone = events.zone AND e.gone = 1
    AND e.owner = events.owner AND e.type = events.type))]]

--- Adds a run, and forgets the events that it took into account; its number.
---@param db table
---@param run table with `forget`, ids of events of the zone
---@return integer id
function M.add(db, run)
  if run.forget then
    assert(db:execute(FORGET, run))
  end
  return assert(db:insert([[INSERT INTO runs
      (zone, generation, cause, at, outcome, why, pull, publication, worker, gone)
    VALUES (:zone, :generation, :cause, :at, :outcome, :why, :pull, :publication, :worker, COALESCE(:gone, ''))]], run))
end

--- Drops all but the newest of a zone.
---@param db table
---@param zone string
function M.trim(db, zone)
  assert(db:execute([[DELETE FROM runs WHERE zone = :zone AND id <=
    (SELECT id FROM runs WHERE zone = :zone ORDER BY id DESC LIMIT 1 OFFSET :keep)]], { zone = zone, keep = KEPT }))
end

return M
