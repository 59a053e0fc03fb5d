--- help: the reference in a REPL: help(), help "zone:diff", help(zone), help(zone.diff).

local core = require "understudy.core"
local reference = require "understudy.reference"
local suggest = require "understudy.suggest"

local M = {}

local WIDTH <const> = 79
local HINTS <const> = [[

help "zone", help "zone:diff" or help(zone.diff) tell more. In the examples
zone is examples/example.com.zone.

_ is the last result, and show(value) prints all of it where it was cut.
]]

-- ---------------------------------------------------------------- layout

-- A paragraph in lines that fit.
local function wrap(text, indent)
  local lines, line = {}, nil
  for word in text:gmatch "%S+" do
    if line and utf8.len(line) + 1 + utf8.len(word) > WIDTH then
      lines[#lines + 1], line = line, nil
    end
    line = line and line .. " " .. word or indent .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- Rows of cells under one another; the last cell is wrapped where it begins.
local function columns(rows)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for i = 1, #row - 1 do
      widths[i] = math.max(widths[i] or 0, utf8.len(row[i]))
    end
  end
  for _, row in ipairs(rows) do
    local start = "  "
    for i = 1, #row - 1 do
      start = start .. row[i] .. (" "):rep(widths[i] - utf8.len(row[i]) + 2)
    end
    local text = wrap(row[#row], (" "):rep(utf8.len(start)))
    lines[#lines + 1] = start .. text:match "^%s*(.*)"
  end
  return (table.concat(lines, "\n"):gsub(" +\n", "\n"):gsub("%s*$", "\n"))
end

local function first_sentence(text)
  return text:gsub("%s+", " "):match "^.-%.%f[%s\0]" or text
end

-- ---------------------------------------------------------------- pages

local function named_rows(title, list)
  if not list or #list == 0 then
    return ""
  end
  local rows = {}
  for i, item in ipairs(list) do
    rows[i] = { item[1]:gsub("%?$", ""), item[2], item[3] }
    if item[1]:find "%?$" and item[3] == "" then
      rows[i][3] = "may be left out"
    end
  end
  return ("\n%s\n%s"):format(title, columns(rows))
end

local function error_rows(list)
  local rows = {}
  for i, item in ipairs(list or {}) do
    rows[i] = { ('"%s"'):format(item[1]), item[2] }
  end
  return #rows > 0 and "\nError, by its code\n" .. columns(rows) or ""
end

local function entry_page(entry)
  local example = entry.example and "\n" .. entry.example or ""
  return table.concat {
    reference.signature(entry), "\n\n", wrap(entry.text, "  "), "\n",
    named_rows("Parameters", entry.parameters), named_rows("Options", entry.options),
    named_rows("Returns", entry.returns), error_rows(entry.errors), example,
  }
end

local function topic_page(topic)
  local rows = {}
  for i, entry in ipairs(topic.entries) do
    rows[i] = { entry.name, first_sentence(entry.text) }
  end
  return table.concat { topic.title, "\n\n", wrap(topic.text, "  "), "\n\n", columns(rows) }
end

local function overview()
  local rows = {}
  for i, topic in ipairs(reference.topics()) do
    rows[i] = { topic.name, first_sentence(topic.text) }
  end
  return columns(rows) .. HINTS
end

-- ---------------------------------------------------------------- finding

local function topic_named(name)
  for _, topic in ipairs(reference.topics()) do
    if topic.name == name or topic.title == name then
      return topic
    end
  end
end

-- The entries that can be meant by a name: itself, a function of the library, with the other sign
-- before the method, or the last part of some.
local function entries_named(name, entries)
  local swapped = name:gsub("[.:]", { ["."] = ":", [":"] = "." })
  local exact = entries[name] or entries["understudy." .. name] or entries[swapped]
  if exact then
    return { exact }
  end
  local list = {}
  for full, entry in pairs(entries) do
    if full:match "[^.:]*$" == name then
      list[#list + 1] = entry
    end
  end
  table.sort(list, function(a, b)
    return a.name < b.name
  end)
  return list
end

local function known_names(entries)
  local names = {}
  for name in pairs(entries) do
    names[#names + 1] = name
    names[#names + 1] = name:match "^understudy%.(.*)"
  end
  for _, topic in ipairs(reference.topics()) do
    names[#names + 1] = topic.name
  end
  table.sort(names)
  return names
end

local function page_named(name)
  local topic, entries = topic_named(name), reference.entries()
  if topic then
    return topic_page(topic)
  end
  local pages = {}
  for i, entry in ipairs(entries_named(name, entries)) do
    pages[i] = entry_page(entry)
  end
  if #pages > 0 then
    return table.concat(pages, "\n")
  end
  local near = suggest.nearest(name, known_names(entries))
  return ("There is no help for '%s'%s\n"):format(name,
    near and (", did you mean '%s'?"):format(near) or "; help() lists topics.")
end

-- The name of a function of the library or of a class.
local function name_of(wanted)
  for class, members in pairs(core.classes()) do
    for name, method in pairs(members.methods) do
      local topic = method == wanted and reference.of_class(class)
      if topic then
        return topic.name .. ":" .. name
      end
    end
  end
  for name in pairs(M.functions()) do
    if require("understudy")[name] == wanted then
      return "understudy." .. name
    end
  end
end

local function class_of(value)
  local meta = getmetatable(value)
  if type(meta) == "table" then
    meta = meta.__name
  end
  return type(meta) == "string" and meta or nil
end

--- The names of what `understudy` has.
---@return table<string, true>
function M.functions()
  local names = {}
  for _, entry in ipairs(require("understudy.reference.understudy").entries) do
    names[entry.name:match "[^.]*$"] = true
  end
  return names
end

--- What there is to say about a value, or about the name of something.
---@param subject any
---@return string
function M.page(subject)
  if subject == nil then
    return overview()
  elseif type(subject) == "string" then
    return page_named(subject)
  elseif subject == require "understudy" then
    return page_named "understudy"
  end
  local topic = reference.of_class(class_of(subject) or "")
  if topic then
    return topic_page(topic)
  end
  local name = type(subject) == "function" and name_of(subject)
  return name and page_named(name) or ("There is no help for a %s.\n"):format(type(subject))
end

--- What stands in a REPL as `help`.
---@param write fun(text: string)
---@return table
function M.new(write)
  return setmetatable({}, {
    __call = function(_, subject)
      write(M.page(subject))
    end,
    __tostring = overview,
  })
end

return M
