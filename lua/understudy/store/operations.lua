--- operations: what the store remembers and is asked for, as functions over an open database.
--
-- Each is one transaction. Rows are tables with the names of the columns.

local M = {}

for _, part in ipairs { "versions", "leases", "marks", "runs", "answers", "deliveries", "budgets", "findings",
  "members", "retention" } do
  for name, operation in pairs(require("understudy.store.operations." .. part)) do
    assert(not M[name], "two operations have one name")
    M[name] = operation
  end
end

return M
