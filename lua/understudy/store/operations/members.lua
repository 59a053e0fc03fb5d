--- members: the zones that catalogs list, as they were last taken up: of which catalog, under which label, and how
-- often the name has become another zone.

local M = {}

--- By zone, {zone, catalog, label, epoch}.
---@return table<string, table>?
---@return understudy.Error? err
function M.members(db)
  local rows, err = db:rows "SELECT * FROM members"
  local by_zone = {}
  for _, row in ipairs(rows or {}) do
    by_zone[row.zone] = row
  end
  return rows and by_zone, err
end

--- Writes down members that are new or others than before, and forgets those that are gone. Of two processes that write
--- at the same time neither takes an epoch back.
---@param db table
---@param rows {zone: string, catalog: string, label: string, epoch: integer}[]
---@param gone string[]
---@return boolean? ok
---@return understudy.Error? err
function M.save_members(db, rows, gone)
  return db:transaction(function()
    for _, row in ipairs(rows) do
      assert(db:execute([[INSERT INTO members (zone, catalog, label, epoch) VALUES (:zone, :catalog, :label, :epoch)
        ON CONFLICT (zone) DO UPDATE SET catalog = excluded.catalog, label = excluded.label, epoch = excluded.epoch
        WHERE excluded.epoch >= members.epoch]], row))
    end
    assert(db:execute("DELETE FROM members WHERE zone IN :gone", { gone = gone }))
    return true
  end)
end

return M
