--- identity: whether two things that two readings of a policy made are the same: sources, targets, keys, contexts of
--- TLS and functions, none of which can be compared by themselves.

local digest = require "openssl.digest"

local M = {}

local made_of = setmetatable({}, { __mode = "k" })

--- Says what a thing was made of. Secrets are only to be given as M.fingerprint tells them.
---@generic T
---@param thing T a table or userdata
---@param definition any
---@return T thing
function M.define(thing, definition)
  made_of[thing] = definition
  return thing
end

--- Says that a thing was made of the same as another.
---@generic T
---@param thing T
---@param other any
---@return T thing
function M.like(thing, other)
  made_of[thing] = made_of[other]
  return thing
end

--- What a thing was made of; nil if that was not said.
---@param thing any
---@return any definition
function M.definition(thing)
  return made_of[thing]
end

--- What stands for a secret or a long text.
---@param text string
---@return string
function M.fingerprint(text)
  return digest.new("sha256"):final(text)
end

local same

-- Two functions are the same when their code is and what they refer to; the environment of a policy is always another.
local function same_function(a, b, seen)
  if string.dump(a, true) ~= string.dump(b, true) then
    return false
  end
  local i = 1
  while true do
    local name, first = debug.getupvalue(a, i)
    local _, second = debug.getupvalue(b, i)
    if not name then
      return true
    elseif name ~= "_ENV" and not same(first, second, seen) then
      return false
    end
    i = i + 1
  end
end

local function same_fields(a, b, seen)
  if getmetatable(a) ~= getmetatable(b) then
    return false
  end
  for key, value in pairs(a) do
    if not same(value, b[key], seen) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

function same(a, b, seen)
  if rawequal(a, b) or seen[a] == b and seen[a] ~= nil then
    return true
  elseif type(a) ~= type(b) or type(a) ~= "table" and type(a) ~= "userdata" and type(a) ~= "function" then
    return a == b
  end
  seen[a] = b -- what refers to itself is taken for the same until it turns out not to be
  if made_of[a] ~= nil or made_of[b] ~= nil then
    return same(made_of[a], made_of[b], seen)
  elseif type(a) == "function" then
    return pcall(string.dump, a) and pcall(string.dump, b) and same_function(a, b, seen)
  end
  return type(a) == "table" and same_fields(a, b, seen)
end

--- Whether two values are the same, or were made of the same.
---@param a any
---@param b any
---@return boolean
function M.same(a, b)
  return same(a, b, {})
end

return M
