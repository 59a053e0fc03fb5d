--- operations: what the store remembers and is asked for, as functions over an open database.
--
-- Each is one transaction. Rows are tables with the names of the columns.

local M = {}

for _, part in ipairs { "versions", "leases", "marks", "events", "runs", "answers", "deliveries", "budgets",
  "findings", "members", "settings", "retention" } do
  for name, operation in pairs(require("understudy.store.operations." .. part)) do
    assert(not M[name], "two operations have one name")
    M[name] = operation
  end
end

--- Several things about zones at once: a table of answers by the names of the operations.
---@param db table
---@param zones string[]
---@param what string[] names of operations that give something by zone
---@param now number
---@return table<string, table>? answers
---@return understudy.Error? err
function M.recall(db, zones, what, now)
  local answers = {}
  for _, name in ipairs(what) do
    local answer, err = M[name](db, zones, now)
    if not answer then
      return nil, err
    end
    answers[name] = answer
  end
  return answers
end

return M
