--- fence: refuses what a worker wants to write of a zone that another has now.

local uerror = require "understudy.error"

local M = {}

--- Throws unless the worker is alive by the store's clock and has the zone under this token. The row stays locked
--- until the transaction ends, so that nobody takes the zone meanwhile.
---@param db table
---@param lease {zone: string, worker: string, token: integer, now: number}
function M.check(db, lease)
  local row, err = db:row([[SELECT token FROM zones WHERE zone = :zone AND worker = :worker AND token = :token
    AND EXISTS (SELECT 1 FROM workers WHERE workers.worker = :worker AND until > ]] .. db.driver.now .. ")"
    .. db.driver.for_update, lease)
  if row == nil then
    error(err, 0)
  elseif not row then
    error(uerror.new {
      code = "fenced", temporary = true,
      message = ("this process does not have the zone %s any more"):format(lease.zone),
    }, 0)
  end
end

return M
