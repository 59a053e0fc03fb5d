--- environment: where a policy runs: its constructors, a few harmless functions, and nothing else.
--
-- This is a guard rail against mistakes, no wall against malice: policies are trusted code.

local sorted = require "understudy.sorted"
local suggest = require "understudy.suggest"
local uerror = require "understudy.error"

local M = {}

local INSTRUCTIONS_MAX <const> = 10000000
local FUNCTIONS <const> = {
  "assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type",
}
local LIBRARIES <const> = { "math", "string", "table", "utf8" }

--- The line of the policy that called the function which asks. Unknown after `return f {…}`: such a
--- call takes the place of its caller.
---@return integer? line
function M.line()
  local called = debug.getinfo(2, "t")
  return not called.istailcall and debug.getinfo(3, "l").currentline or nil
end

--- Throws a fault of the policy.
---@param line? integer
---@param format string
function M.refuse(line, format, ...)
  error(uerror.new { code = "policy", line = line, message = format:format(...) }, 0)
end

local refuse = M.refuse

local function readonly(name, library)
  return setmetatable({}, {
    __index = library,
    __newindex = function(_, key)
      refuse(M.line(), "%s.%s can't be changed", name, tostring(key))
    end,
    __pairs = function()
      return pairs(library)
    end,
    __metatable = false,
  })
end

--- Makes the environment of one policy.
---@param constructors table<string, any>
---@return table
function M.new(constructors)
  local names = {}
  for _, name in ipairs(FUNCTIONS) do
    names[name] = _G[name]
  end
  for _, name in ipairs(LIBRARIES) do
    names[name] = readonly(name, _G[name])
  end
  for name, constructor in pairs(constructors) do
    names[name] = constructor
  end
  return setmetatable({}, {
    __index = function(_, name)
      local value = names[name]
      if value == nil then
        refuse(M.line(), "%s", suggest.unknown("name", name, sorted.keys(names)))
      end
      return value
    end,
    __newindex = function(_, name)
      refuse(M.line(), "'%s' would be a global: write local %s = …", name, name)
    end,
    __metatable = false,
  })
end

-- What the chunk threw, with its place.
local function from_thrown(thrown, file)
  if uerror.is(thrown) then
    thrown.file = file
    return thrown
  end
  local line, message = tostring(thrown):match "^.-:(%d+): (.*)$"
  return uerror.new {
    code = "policy",
    file = file,
    line = math.tointeger(tonumber(line)),
    message = message or tostring(thrown),
  }
end

--- Runs the text of a policy and returns what it returns.
---@param text string
---@param file string its name, for places
---@param environment table
---@return any result
---@return understudy.Error? err
function M.run(text, file, environment)
  local chunk, problem = load(text, "@" .. file, "t", environment)
  if not chunk then
    return nil, from_thrown(problem, file)
  end
  local thread = coroutine.create(chunk)
  debug.sethook(thread, function()
    refuse(debug.getinfo(2, "l").currentline, "the policy does not come to an end")
  end, "", INSTRUCTIONS_MAX)
  local ok, result = coroutine.resume(thread)
  if not ok then
    return nil, from_thrown(result, file)
  elseif coroutine.status(thread) ~= "dead" then
    return uerror.fail("policy", "%s: a policy can't wait", file)
  end
  return result
end

return M
