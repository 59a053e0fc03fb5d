--- repl: reads, evaluates and prints, until there is no more input.

local complete = require "understudy.repl.complete"
local core = require "understudy.core"
local history = require "understudy.repl.history"
local input = require "understudy.repl.input"
local session = require "understudy.repl.session"
local version = require "understudy.version"

local M = {}

local FIRST <const>, NEXT <const> = "> ", ">> "

local function screen_rows()
  local rows = core.terminal()
  return rows and math.max(rows - 2, 10) -- the hint and the next prompt
end

local function terminal_reader(file, environment)
  local path = history.path()
  return input.from_readline(path and history.new(path), function(text, from)
    return complete.words(environment, text, from)
  end) or input.from_terminal(file)
end

local function greet(out, variables)
  out:line("understudy %s  help() lists topics, Ctrl-D ends.", version)
  local rows = {}
  for i, variable in ipairs(variables) do
    rows[i] = { variable.name, "= " .. tostring(variable.value):match "^[^\n]*" }
  end
  out:columns(rows)
end

-- Takes what was typed, which has several lines when it was pasted. What was wrong with it.
local function feed(self, typed)
  for line in (typed .. "\n"):gmatch "(.-)\n" do
    local fault = self:feed(line)
    if fault then
      return fault
    end
  end
end

-- Whether more may follow, and what was wrong.
local function take(self, read)
  local typed, interrupted = read(self:is_open() and NEXT or FIRST)
  if typed then
    return true, feed(self, typed)
  elseif interrupted then
    self:abandon()
    return true
  end
  return false, self:finish()
end

local function talk(self, read, console)
  local more, fault
  repeat
    more, fault = take(self, read)
    if fault then
      console.out:flush()
      console.err:write(fault, "\n")
    end
  until not more
end

-- Runs lines up to the first fault, which goes with its line. Whether there was none.
local function run_lines(self, read, console)
  local more, fault
  local line = 0
  repeat
    more, fault = take(self, read)
    line = line + (more and 1 or 0)
  until not more or fault
  if fault then
    console.out:flush()
    console.err:write(("line %d: %s\n"):format(line, fault))
  end
  return not fault
end

--- Runs a REPL: on a terminal until Ctrl-D, else until the input ends or something fails.
---@param variables {name: string, value: any}[]
---@param console understudy.Console
---@return integer status
function M.run(variables, console)
  local is_terminal = core.terminal() ~= nil
  local self = session.new(function(text)
    console.out:write(text)
  end, is_terminal and screen_rows or nil)
  for _, variable in ipairs(variables) do
    self.environment[variable.name] = variable.value
  end
  if not is_terminal then
    return run_lines(self, input.from_file(console.input), console) and 0 or 2
  end
  io.stdout:setvbuf "line" -- a loop shows what it does
  greet(console.out, variables)
  talk(self, terminal_reader(console.input, self.environment), console)
  return 0
end

return M
