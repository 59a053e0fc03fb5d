--- runs: what came of each time that a zone went its way and had something to tell.

local fence = require "understudy.store.operations.fence"
local ledger = require "understudy.store.operations.ledger"

local M = {}

-- The newest run of a zone, if it is this one: the answer to a call was lost that was done.
local NEWEST <const> = [[SELECT id FROM runs WHERE id = (SELECT MAX(id) FROM runs WHERE zone = :zone)
  AND generation = :generation AND at = :at AND outcome = :outcome AND worker = :worker]]

--- Writes down a run that published nothing; one that did is written with the publication. The newest of a zone are
--- kept. Repeating it does no harm.
M.save_run = fence.operation(function(db, run)
  local known, err = db:row(NEWEST, run)
  if known == nil then
    error(err, 0)
  elseif known then
    return known.id
  end
  local id = ledger.add(db, run)
  ledger.trim(db, run.zone)
  return id
end)

--- The runs of a zone that had something to tell, newest first.
function M.runs(db, zone, limit)
  return db:rows("SELECT * FROM runs WHERE zone = :zone ORDER BY id DESC LIMIT :limit", { zone = zone, limit = limit })
end

return M
