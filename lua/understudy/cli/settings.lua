--- settings: the options that stand for settings of a policy, for commands that have none.

local schema = require "understudy.schema"
local shape = require "understudy.policy.shape"

local M = {}

--- Declares `--alias`.
function M.alias_option(parser)
  parser:option("--alias", "A setting of alias in a policy, as confirm=5; may be given again.")
    :argname "NAME=VALUE":count "*":target "aliases"
end

--- Declares `--pool`, `--redirect` and `--alias`.
function M.options(parser)
  parser:option("--pool", "What a POOL becomes: flatten (default), first, rotate or reject.")
    :argname "MODE":choices { "flatten", "first", "rotate", "reject" }
    :default "flatten":show_default(false)
  parser:option("--redirect", "Where URL records lead: addresses, given one after the other, or a host.")
    :argname "ADDR|HOST":count "*":target "redirects"
  M.alias_option(parser)
end

local WORDS <const> = { ["true"] = true, ["false"] = false }

local function value_of(text)
  if WORDS[text] ~= nil then
    return WORDS[text]
  end
  return tonumber(text) or text
end

-- What is given again becomes a list.
local function alias_options(words)
  local options = {}
  for _, word in ipairs(words) do
    local name, text = word:match "^([%w_]+)=(.*)$"
    if not name then
      return nil, ("--alias %s: NAME=VALUE is missing"):format(word)
    end
    local before, value = options[name], value_of(text)
    if before == nil then
      options[name] = value
    elseif type(before) == "table" then
      before[#before + 1] = value
    else
      options[name] = { before, value }
    end
  end
  return options
end

local function check(kind, value, option)
  local result, faults = schema.check(kind, value)
  local fault = faults[1]
  if fault then
    return nil, ("%s %s%s"):format(option, fault.path ~= "" and fault.path .. ": " or "", fault.message)
  end
  return result
end

--- The settings of `--alias`.
---@param args table
---@return table? alias
---@return string? problem
function M.alias(args)
  local written, problem = alias_options(args.aliases)
  if not written then
    return nil, problem
  end
  return check(shape.alias, written, "--alias")
end

--- The part of a policy that flattening goes by.
---@param args table
---@return {alias: table, pool: string, redirect: string[]|string, refresh: number}?
---@return string? problem
function M.policy(args)
  local redirect
  local alias, problem = M.alias(args)
  if not alias then
    return nil, problem
  end
  if #args.redirects > 0 then
    local places = #args.redirects == 1 and args.redirects[1] or args.redirects
    redirect, problem = check(shape.redirect, places, "--redirect")
    if not redirect then
      return nil, problem
    end
  end
  return { alias = alias, pool = args.pool, redirect = redirect or {} }
end

return M
