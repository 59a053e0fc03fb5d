--- budgets: what each account has used on a day, whichever process used it.

local M = {}

local DAYS_KEPT <const> = 7

--- Takes so many units out of a day's budget, or what is left of it.
---@param db table
---@param account string
---@param wish {day: integer, count: integer, limit: integer} the day counted from 1970-01-01 UTC
---@return {granted: integer, used: integer}?
---@return understudy.Error? err
function M.spend(db, account, wish)
  local values = { account = account, day = wish.day, old = wish.day - DAYS_KEPT }
  return db:transaction(function()
    assert(db:execute("INSERT INTO budgets (account, day, used) VALUES (:account, :day, 0) ON CONFLICT DO NOTHING",
      values))
    local row = assert(db:row("SELECT used FROM budgets WHERE account = :account AND day = :day"
      .. db.driver.for_update, values))
    values.granted = math.max(0, math.min(wish.count, wish.limit - row.used))
    assert(db:execute("UPDATE budgets SET used = used + :granted WHERE account = :account AND day = :day", values))
    assert(db:execute("DELETE FROM budgets WHERE account = :account AND day < :old", values))
    return { granted = values.granted, used = row.used + values.granted }
  end)
end

--- What was used on a day, by account.
---@return table<string, integer>?
---@return understudy.Error? err
function M.budgets(db, day)
  local rows, err = db:rows("SELECT account, used FROM budgets WHERE day = :day", { day = day })
  if not rows then
    return nil, err
  end
  local used = {}
  for _, row in ipairs(rows) do
    used[row.account] = row.used
  end
  return used
end

return M
