--- fence: refuses what a worker wants to write of a zone that another has now.

local uerror = require "understudy.error"

local M = {}

--- Throws unless the worker is alive by the store's clock and has the zone under this token. The row stays locked
--- until the transaction ends, so that nobody takes the zone meanwhile.
---@param db table
---@param lease {zone: string, worker: string, token: integer, now: number}
---@param columns? string what else is to be read at the same time
---@param join? string from where
---@return table row
function M.check(db, lease, columns, join)
  local row, err = db:row(([[SELECT z.token%s FROM zones z %s WHERE z.zone = :zone AND z.worker = :worker
      AND z.token = :token AND EXISTS (SELECT 1 FROM workers w WHERE w.worker = :worker AND w.until > %s)%s]])
    :format(columns or "", join or "", db.driver.now, db.driver.for_update_of_z), lease)
  if row == nil then
    error(err, 0)
  elseif not row then
    error(uerror.new {
      code = "fenced", temporary = true,
      message = ("this process does not have the zone %s any more"):format(lease.zone),
    }, 0)
  end
  return row
end

--- Makes an operation one that only the worker does that has the zone.
---@param operation fun(db: table, values: table): any, understudy.Error?
---@return fun(db: table, values: table): any, understudy.Error?
function M.operation(operation)
  return function(db, values)
    return db:transaction(function()
      M.check(db, values)
      return operation(db, values)
    end)
  end
end

return M
