--- answers: what ALIAS targets resolved to. An answer's addresses and chain are lists outside and words of one text
-- inside.

local M = {}

local PAGE <const> = 1000
local CHANGES_KEPT <const> = 200 -- of a target and type

local COLUMNS <const> = {
  "target", "type", "state", "last", "failure", "ttl", "ttl_seen", "low_ttls", "addresses", "chain", "last_success",
  "last_lookup", "next_refresh", "first_empty", "failures", "empties", "error",
}

local function save_statement()
  local updates = {}
  for i, name in ipairs(COLUMNS) do
    updates[i] = ("%s = excluded.%s"):format(name, name)
  end
  return ("INSERT INTO answers (%s) VALUES (:%s) ON CONFLICT (target, type) DO UPDATE SET %s"):format(
    table.concat(COLUMNS, ", "), table.concat(COLUMNS, ", :"), table.concat(updates, ", "))
end

local SAVE <const> = save_statement()

local function row_of_answer(answer)
  local row = {}
  for name, value in pairs(answer) do
    row[name] = value
  end
  row.addresses = table.concat(answer.addresses, " ")
  row.chain = table.concat(answer.chain, " ")
  row.failure = answer.failure or "none"
  row.error = answer.error or ""
  return row
end

local function words(text)
  local list = {}
  for word in text:gmatch "%S+" do
    list[#list + 1] = word
  end
  return list
end

local function with_lists(rows)
  for _, row in ipairs(rows or {}) do
    row.addresses, row.chain = words(row.addresses), words(row.chain)
  end
  return rows
end

--- Answers in the order of target and type, at most 1000, those that come after `last`.
---@param db table
---@param last? {target: string, type: string}
---@return table[]? rows
---@return understudy.Error? err
function M.answers(db, last)
  local rows, err = db:rows([[SELECT * FROM answers WHERE target > :target OR target = :target AND type > :type
    ORDER BY target, type LIMIT :limit]],
    { target = last and last.target or "", type = last and last.type or "", limit = PAGE })
  return with_lists(rows), err
end

--- The answers of some targets.
function M.answers_of(db, targets)
  local rows, err = db:rows("SELECT * FROM answers WHERE target IN :targets", { targets = targets })
  return with_lists(rows), err
end

-- Writes down what of an answer can be published, for later. Of each target the newest are kept.
local function save_change(db, row)
  assert(db:execute([[INSERT INTO answer_changes
      (target, type, at, state, last, failure, ttl, addresses, chain, error)
    VALUES (:target, :type, :last_lookup, :state, :last, :failure, :ttl, :addresses, :chain, :error)]], row))
  assert(db:execute([[DELETE FROM answer_changes WHERE target = :target AND type = :type AND id <=
    (SELECT id FROM answer_changes WHERE target = :target AND type = :type ORDER BY id DESC LIMIT 1 OFFSET :keep)]],
    { target = row.target, type = row.type, keep = CHANGES_KEPT }))
end

--- Remembers answers, all or none.
---@param db table
---@param answers table[]
---@param changed? table[] those of them that are published otherwise than before
function M.save_answers(db, answers, changed)
  return db:transaction(function()
    for _, answer in ipairs(answers) do
      assert(db:execute(SAVE, row_of_answer(answer)))
    end
    for _, answer in ipairs(changed or {}) do
      save_change(db, row_of_answer(answer))
    end
    return true
  end)
end

--- How the answers of some targets changed, oldest first: as answers, each with the time `at`.
function M.answer_changes(db, targets)
  local rows, err = db:rows("SELECT * FROM answer_changes WHERE target IN :targets ORDER BY id", { targets = targets })
  return with_lists(rows), err
end

return M
