--- log: one line an event, for a person who watches the daemon.
--
--   2026-11-23T10:00:00Z example.com. published serial 2024010102: 3 added, 1 removed (alias refresh)
--
-- What is worse than news carries its level as a word after the time. As JSON a line is an object with
-- time, level and message. Secrets have no business here: keys print as their names.

local core = require "understudy.core"
local json = require "understudy.json"
local units = require "understudy.units"

local M = {}

local LEVELS <const> = { debug = 1, info = 2, warning = 3, error = 4 }
local WORDS <const> = { debug = "debug: ", info = "", warning = "warning: ", error = "error: " }
local LINE_MAX <const> = 8192

local printable <const> = core.printable -- secondaries can make thousands of lines a second

local Log = {}
Log.__index = Log
Log.__name = "understudy.Log"

-- A line stays one line, and a peer's text can't move the cursor of a terminal.
local function one_line(text)
  if not printable(text) then
    text = text:gsub("%s*\n%s*", " | "):gsub("%c", "?")
  end
  return #text > LINE_MAX and text:sub(1, LINE_MAX) .. "…" or text
end

-- The time of a line; a secondary can make thousands of them a second.
local function stamp(self)
  local now = self.now()
  if now ~= self.stamped then
    self.stamped, self.stamp = now, units.time(now)
  end
  return self.stamp
end

---@param level "debug"|"info"|"warning"|"error"
---@param format string
function Log:write(level, format, ...)
  if LEVELS[level] < self.threshold then
    return
  end
  local text = select("#", ...) > 0 and format:format(...) or format
  self.sink(self.line(stamp(self), level, text))
end

local function plain_line(time, level, text)
  return time .. " " .. WORDS[level] .. one_line(text) .. "\n"
end

local function json_line(time, level, text)
  return json.encode { time = time, level = level, message = text:sub(1, LINE_MAX) } .. "\n"
end

function Log:debug(format, ...)
  self:write("debug", format, ...)
end

function Log:info(format, ...)
  self:write("info", format, ...)
end

function Log:warning(format, ...)
  self:write("warning", format, ...)
end

function Log:error(format, ...)
  self:write("error", format, ...)
end

--- Makes a log. Without options it writes news and worse to standard error.
---@param options? {level?: string, json?: boolean, now?: (fun(): number), sink?: fun(line: string)}
---@return table log with methods debug, info, warning, error (format, …)
function M.new(options)
  options = options or {}
  local level = options.level or "info"
  assert(LEVELS[level], "a log's level is debug, info, warning or error")
  return setmetatable({
    threshold = LEVELS[level],
    line = options.json and json_line or plain_line,
    now = options.now or os.time,
    sink = options.sink or function(line)
      io.stderr:write(line)
    end,
  }, Log)
end

return M
