--- reference: every function, method and field that a person can use from Lua, as data. help(),
--- completion and docs/lua.md are made from it, and a specification holds it against what exists.
--
-- A topic is a module beside this one: { name=, title=, text=, class=, entries= }, where class is
-- the metatable that the names with ":" and "." belong to, if there is one. An entry has
--   name        "zone:diff", "zone.serial", "understudy.parse"
--   text        a paragraph; its first sentence can stand alone
--   type        of a field
--   parameters  { { name, type, text }, … }; a name that ends in "?" can be left out
--   options     the same for the keys of a table that is a parameter
--   returns     { { type, text }, … }
--   errors      { { code, text }, … }: then nil and an error are returned instead
--   example     what is typed, after "> " or ">> ", and what is then printed

local M = {}

-- In the order of the documentation.
local TOPICS <const> = {
  "understudy", "zone", "rrset", "draft", "diff", "report", "finding", "error", "resolver", "lookup",
  "answers", "answer", "key", "policy", "units", "core", "core_resolver", "query", "transfer",
  "request", "response", "inbound", "udp", "watch", "streams", "job",
}

---@class understudy.reference.Entry
---@field name string
---@field text string
---@field type? string
---@field parameters? string[][]
---@field options? string[][]
---@field returns? string[][]
---@field errors? string[][]
---@field example? string

---@class understudy.reference.Topic
---@field name string
---@field title string
---@field text string
---@field class? string
---@field entries understudy.reference.Entry[]

--- All topics.
---@return understudy.reference.Topic[]
function M.topics()
  local topics = {}
  for i, name in ipairs(TOPICS) do
    topics[i] = require("understudy.reference." .. name)
  end
  return topics
end

--- All entries by name, and the topic of each.
---@return table<string, understudy.reference.Entry> entries
---@return table<string, understudy.reference.Topic> topics
function M.entries()
  local entries, topics = {}, {}
  for _, topic in ipairs(M.topics()) do
    for _, entry in ipairs(topic.entries) do
      entries[entry.name], topics[entry.name] = entry, topic
    end
  end
  return entries, topics
end

--- The topic that describes a class.
---@param class string "understudy.Zone"
---@return understudy.reference.Topic?
function M.of_class(class)
  for _, topic in ipairs(M.topics()) do
    if topic.class == class then
      return topic
    end
  end
end

local function parameter_list(entry)
  local names = {}
  for i, parameter in ipairs(entry.parameters) do
    local name, optional = parameter[1]:gsub("%?$", "")
    names[i] = optional == 1 and "[" .. name .. "]" or name
  end
  return (table.concat(names, ", "):gsub(", %[", " [, "))
end

--- How an entry is written: "zone:diff(after) → Diff | nil, Error".
---@param entry understudy.reference.Entry
---@return string
function M.signature(entry)
  if not entry.parameters then
    return ("%s: %s"):format(entry.name, entry.type)
  end
  local types = {}
  for i, value in ipairs(entry.returns or {}) do
    types[i] = value[1]
  end
  local text = ("%s(%s)"):format(entry.name, parameter_list(entry))
  if #types > 0 then
    text = text .. " → " .. table.concat(types, ", ")
  end
  return entry.errors and text .. " | nil, Error" or text
end

return M
