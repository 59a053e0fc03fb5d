--- markdown: writes the reference as a page, docs/lua.md.

local reference = require "understudy.reference"

local M = {}

local HEAD <const> = [[
# understudy from Lua

This page is made from `lua/understudy/reference/` by `make docs`. In `understudy repl`, `help "zone:diff"` shows the
same.

`lua5.4 -l understudy` has the library as `understudy`; `understudy repl [FILE…]` has it with completion, history and
help, and the zones as `zone`, `zone2` and so on. In the examples `zone` is `examples/example.com.zone`.

A wrong call throws. What the world can be blamed for, a file, a peer, someone's data, is returned as `nil` and an
[Error](#error). Names of parameters, options and results that end in `?` may be missing. Times are in seconds.

]]

local function cell(text)
  return (text:gsub("%s+", " "):gsub("|", "\\|"))
end

-- A table of the items; the first cell of each is code.
local function rows(title, list)
  if not list or #list == 0 then
    return ""
  end
  local lines = { "| " .. title .. (" |"):rep(#list[1]), (("|---"):rep(#list[1])) .. "|" }
  for _, item in ipairs(list) do
    local cells = {}
    for i, text in ipairs(item) do
      cells[i] = i == 1 and ("`%s`"):format(text:gsub("|", "\\|")) or cell(text)
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  return table.concat(lines, "\n") .. "\n\n"
end

local function entry_text(entry)
  return table.concat {
    "### `", reference.signature(entry), "`\n\n", entry.text, "\n\n",
    rows("parameter", entry.parameters), rows("option", entry.options),
    rows("returns", entry.returns), rows("error", entry.errors),
    entry.example and "```\n" .. entry.example .. "```\n\n" or "",
  }
end

local function is_plain_field(entry)
  return entry.type and not entry.example
end

-- Fields of which there is only a line to say, in a table; all else under headings of their own.
local function topic_text(topic)
  local fields, parts = {}, {}
  for _, entry in ipairs(topic.entries) do
    if is_plain_field(entry) then
      fields[#fields + 1] = { entry.name, entry.type, entry.text }
    else
      parts[#parts + 1] = entry_text(entry)
    end
  end
  local head = ("## %s\n\n%s\n\n"):format(topic.title, topic.text)
  return head .. rows("field", fields) .. table.concat(parts)
end

--- The page.
---@return string
function M.page()
  local parts = { HEAD }
  for _, topic in ipairs(reference.topics()) do
    parts[#parts + 1] = topic_text(topic)
  end
  return (table.concat(parts):gsub("\n+$", "\n"))
end

return M
