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

-- What was accepted is of a zone that had the name before. What is published stays until there is something of this
-- one.
local RENEW <const> = [[UPDATE zones SET accepted = NULL WHERE zone = :zone
  AND EXISTS (SELECT 1 FROM members m WHERE m.zone = :zone AND m.epoch < :epoch)]]

--- Writes down members that are new or others than before, and forgets those that are gone; and what was accepted of
--- the zones that have ended so: those of the same name later do not go on from it (RFC 9432 §5.3, §5.4). Of two
--- processes that write at the same time neither takes an epoch back.
---@param db table
---@param rows {zone: string, catalog: string, label: string, epoch: integer}[]
---@param gone string[] members that are none any more
---@param ended string[] those of them that are no zones any more
---@return boolean? ok
---@return understudy.Error? err
function M.save_members(db, rows, gone, ended)
  return db:transaction(function()
    for _, row in ipairs(rows) do
      assert(db:execute(RENEW, row))
      assert(db:execute([[INSERT INTO members (zone, catalog, label, epoch) VALUES (:zone, :catalog, :label, :epoch)
        ON CONFLICT (zone) DO UPDATE SET catalog = excluded.catalog, label = excluded.label, epoch = excluded.epoch
        WHERE excluded.epoch >= members.epoch]], row))
    end
    assert(db:execute("DELETE FROM members WHERE zone IN :gone", { gone = gone }))
    assert(db:execute("UPDATE zones SET accepted = NULL WHERE zone IN :ended", { ended = ended }))
    return true
  end)
end

return M
