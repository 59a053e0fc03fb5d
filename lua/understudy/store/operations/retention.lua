--- retention: what is forgotten because it is old. Publications and pulls go with new ones, see versions.lua.

local uerror = require "understudy.error"

local M = {}

-- Only a worker that is alive by the store's clock may throw away.
local function check_alive(db, lease)
  local row, err = db:row("SELECT worker FROM workers WHERE worker = :worker AND until > " .. db.driver.now, lease)
  if row == nil then
    error(err, 0)
  elseif not row then
    error(uerror.new { code = "fenced", temporary = true, message = "this process is not alive any more" }, 0)
  end
end

--- Targets behind one of that name, in order, that nobody has asked for since a time; and when somebody last did.
---@return {target: string, last_lookup: number}[]?
---@return understudy.Error? err
function M.old_answers(db, after, before, limit)
  return db:rows([[SELECT target, MAX(last_lookup) AS last_lookup FROM answers WHERE target > :after GROUP BY target
    HAVING MAX(last_lookup) < :before ORDER BY target LIMIT :limit]], { after = after, before = before, limit = limit })
end

--- Deliveries, as {zone, target}, of which nothing was heard since a time.
function M.old_deliveries(db, before)
  return db:rows("SELECT zone, target FROM deliveries WHERE since < :before", { before = before })
end

--- Forgets runs, events, settings under which no zone is run and changes of answers from before a time, of the last but
--- the newest before it.
---@param db table
---@param lease {worker: string, now: number}
---@param before number
function M.forget_old(db, lease, before)
  local values = { before = before }
  return db:transaction(function()
    check_alive(db, lease)
    assert(db:execute("DELETE FROM runs WHERE at < :before", values))
    assert(db:execute("DELETE FROM events WHERE at < :before", values))
    assert(db:execute([[DELETE FROM settings WHERE at < :before
      AND hash NOT IN (SELECT settings FROM zones WHERE settings IS NOT NULL)]], values))
    return db:execute([[DELETE FROM answer_changes WHERE at < :before AND (target NOT IN (SELECT target FROM answers)
      OR id < (SELECT MAX(n.id) FROM answer_changes n WHERE n.target = answer_changes.target
        AND n.type = answer_changes.type AND n.at < :before))]], values)
  end)
end

--- Forgets the answers of targets, but for what was asked for again since a time.
---@param db table
---@param lease {worker: string, now: number}
---@param targets string[]
---@param last? number by default all of them
function M.forget_targets(db, lease, targets, last)
  return db:transaction(function()
    check_alive(db, lease)
    return db:execute("DELETE FROM answers WHERE target IN :targets AND last_lookup <= COALESCE(:last, last_lookup)",
      { targets = targets, last = last })
  end)
end

--- Forgets a delivery.
---@param db table
---@param lease {worker: string, now: number}
---@param delivery {zone: string, target: string}
function M.forget_delivery(db, lease, delivery)
  return db:transaction(function()
    check_alive(db, lease)
    return db:execute("DELETE FROM deliveries WHERE zone = :zone AND target = :target", delivery)
  end)
end

return M
