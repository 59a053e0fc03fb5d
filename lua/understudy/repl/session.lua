--- session: takes lines of Lua as they are typed, runs what is complete, and writes what comes out.
--
-- It knows no terminal, so that a specification can type.

local core = require "understudy.core"
local error_object = require "understudy.error"
local help = require "understudy.repl.help"
local show = require "understudy.repl.show"
local suggest = require "understudy.suggest"
local understudy = require "understudy"

local M = {}

local CHUNK <const> = "stdin"

---@class understudy.repl.Session
---@field environment table<string, any>  what the lines see
---@field private pending? string         lines that are no complete statement yet
---@field private write fun(text: string)
---@field private rows fun(): integer?
local Session = {}
Session.__index = Session

local function sorted_keys(...)
  local keys = {}
  for _, names in ipairs { ... } do
    for name in next, names do
      keys[#keys + 1] = name
    end
  end
  table.sort(keys)
  return keys
end

-- Lua's own names come before those of the library, which has an `error` too.
local function new_environment(write)
  local own = { understudy = understudy, help = help.new(write) }
  function own.print(...)
    local texts = table.pack(...)
    for i = 1, texts.n do
      texts[i] = tostring(texts[i])
    end
    write(table.concat(texts, "\t") .. "\n")
  end
  function own.show(value)
    write(show.value(value, show.EVERYTHING) .. "\n")
  end
  return setmetatable(own, {
    __index = function(_, name)
      local value = _G[name]
      if value == nil and help.functions()[name] then
        return understudy[name]
      end
      return value
    end,
  })
end

---@param write fun(text: string)
---@param rows? fun(): integer? lines that fit on the screen; nil: all are shown
---@return understudy.repl.Session
function M.new(write, rows)
  return setmetatable({
    environment = new_environment(write),
    write = write,
    rows = rows or function() end,
  }, Session)
end

-- ---------------------------------------------------------------- compiling

-- A local variable would be gone with its line, so what is typed as one becomes a variable of the
-- session.
local function without_local(text)
  local rest = text:match "^%s*local%s+(.*)$"
  if not rest then
    return text
  end
  local names, values = rest:match "^([^=]*)(=.*)$"
  return names and names:gsub("<%s*%a+%s*>", "") .. values or rest
end

-- The function of a text; or nil, the message, and whether more lines could complete it.
local function compile(text, environment)
  local chunk, message
  for _, form in ipairs { "return " .. text:gsub("^%s*=", ""), without_local(text), text } do
    chunk, message = load(form, "=" .. CHUNK, "t", environment)
    if chunk then
      return chunk
    elseif message:find "<eof>$" and form ~= "return " .. text then
      return nil, message, true
    end
  end
  return nil, message, false
end

-- ---------------------------------------------------------------- what comes out

-- "(global 'zoen')" is what Lua calls a name that it does not know.
local function with_suggestion(message, environment)
  local unknown = message:match "%(global '([^']+)'%)$"
  local meant = unknown and
    suggest.nearest(unknown, sorted_keys(environment, help.functions(), _G))
  return meant and ("%s, did you mean '%s'?"):format(message, meant) or message
end

local function error_text(thrown, text, environment)
  local message = tostring(thrown)
  if not text:find "\n" then
    message = message:gsub("^" .. CHUNK .. ":1: ", "")
  end
  return with_suggestion(message, environment)
end

-- The values after the first, which says that there was no error. Several stand in one line if they
-- can; an error with more findings than its message tells is followed by them.
local function results_text(results)
  local texts, separator = {}, "\t"
  for i = 2, results.n do
    texts[#texts + 1] = show.value(results[i])
    separator = texts[#texts]:find "\n" and "\n" or separator
  end
  local err = results[3]
  if results[2] == nil and error_object.is(err) and err.report and #err.report > 1 then
    texts = { table.concat(texts, "\t"), tostring(err.report) }
    separator = "\n"
  end
  return (table.concat(texts, separator):gsub("\n$", ""))
end

local function print_results(self, results)
  if results.n == 1 then
    return
  end
  self.environment._ = results[2]
  local text, rows = results_text(results), self.rows()
  self.write((rows and show.cap(text, rows, "show(_)") or text) .. "\n")
end

-- ---------------------------------------------------------------- lines

--- Whether lines were typed that need more to be a statement.
---@return boolean
function Session:is_open()
  return self.pending ~= nil
end

--- Forgets such lines.
function Session:abandon()
  self.pending = nil
end

--- Takes a line. What it lacks, another can bring.
---@param line string
---@return string? fault
function Session:feed(line)
  local text = self.pending and self.pending .. "\n" .. line or line
  self.pending = nil
  local chunk, message, open = compile(text, self.environment)
  if open then
    self.pending = text
    return nil
  elseif not chunk then
    return error_text(message, text, self.environment)
  end
  local results = table.pack(pcall(core.interruptible, chunk))
  if not results[1] then
    return error_text(results[2], text, self.environment)
  end
  local ok, problem = pcall(core.interruptible, print_results, self, results)
  return not ok and tostring(problem) or nil
end

--- Says that no line follows.
---@return string? fault
function Session:finish()
  local text = self.pending
  self.pending = nil
  if text then
    local _, message = load(text, "=" .. CHUNK, "t")
    return error_text(message, text, self.environment)
  end
end

return M
