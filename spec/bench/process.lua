--- process: measures commands beside one another, in turn: A B C A B C …

local command = require "spec.support.command"

local M = {}

local MEASURE <const> = os.getenv "UNDERSTUDY_BUILD" .. "/bench/measure"

---@class bench.Command
---@field name string
---@field words string[] program and arguments
---@field status integer? what it exits with, 0 if not given
---@field rounds integer? at most so many, for one that takes long

---@class bench.Result
---@field name string
---@field wall number[] seconds, one a round
---@field cpu number[] seconds in user and system mode
---@field user number[]
---@field system number[]
---@field peak number[] octets

--- Whether the program of a command can be run here.
---@param words string[]
---@return boolean
function M.exists(words)
  return (os.execute(("command -v %s >/dev/null"):format(command.quoted(words[1]))))
end

---@param words string[]
---@return string line for the shell
function M.line(words)
  local quoted = {}
  for i, word in ipairs(words) do
    quoted[i] = command.quoted(tostring(word))
  end
  return table.concat(quoted, " ")
end

--- What a program prints.
---@param words string[]
---@return string
function M.output(words)
  local pipe = assert(io.popen(M.line(words), "r"))
  local text = pipe:read "a"
  assert(pipe:close(), "failed: " .. M.line(words))
  return text
end

local function run(measured, result)
  local line <const> = M.output { MEASURE, table.unpack(measured.words) }
  local status, user, system, wall, peak = line:match "^(%d+) (%S+) (%S+) (%S+) (%d+)\n$"
  if tonumber(status) ~= (measured.status or 0) then
    error(("exit status %s: %s"):format(status, M.line(measured.words)), 0)
  end
  local round <const> = #result.wall + 1
  result.user[round], result.system[round] = tonumber(user), tonumber(system)
  result.cpu[round] = result.user[round] + result.system[round]
  result.wall[round], result.peak[round] = tonumber(wall), tonumber(peak)
end

--- Measures the commands that exist here.
---@param commands bench.Command[]
---@param rounds integer
---@return bench.Result[]
function M.compare(commands, rounds)
  local results, measured = {}, {}
  for _, candidate in ipairs(commands) do
    if M.exists(candidate.words) then
      measured[#measured + 1] = candidate
      results[#measured] =
        { name = candidate.name, wall = {}, cpu = {}, user = {}, system = {}, peak = {} }
    end
  end
  for round = 1, rounds do
    for i, candidate in ipairs(measured) do
      if round <= (candidate.rounds or rounds) then
        run(candidate, results[i])
      end
    end
  end
  return results
end

return M
