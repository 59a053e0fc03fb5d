--- preset: what is known of secondary DNS providers, and a target's options made of it.

local providers = require "understudy.preset.providers"

local M = {}

local by_id = {}
for _, provider in ipairs(providers) do
  by_id[provider.id] = provider
end

--- All providers, in the order of their ids.
---@return understudy.Provider[]
function M.all()
  return providers
end

--- A provider by its id; nil if there is none.
---@param id string
---@return understudy.Provider?
function M.get(id)
  return by_id[id]
end

--- The addresses that transfer, with the day from which on each is not used any more.
---@param provider understudy.Provider
---@return {address: string, until_: string?}[]
function M.transfer(provider)
  local list = {}
  for i, entry in ipairs(provider.transfer) do
    list[i] = type(entry) == "table" and { address = entry[1], until_ = entry.until_ } or { address = entry }
  end
  return list
end

--- Whether a date, "2026-12-01", has come.
---@param date? string
---@param now integer seconds since the epoch
---@return boolean
function M.is_past(date, now)
  return date ~= nil and os.date("!%Y-%m-%d", now) >= date
end

-- The addresses to let in today.
local function current(provider, now)
  local list = {}
  for _, entry in ipairs(M.transfer(provider)) do
    if not M.is_past(entry.until_, now) then
      list[#list + 1] = entry.address
    end
  end
  return list
end

--- Completes the options of target.secondary "id" { … } by what is known of a provider of that id, if neither
--- transfer nor notify is written: a server of one's own may be called "ns1" too. Addresses that are not sure are
--- never filled in.
---@param id string
---@param options any
---@param now integer seconds since the epoch
---@return any options
---@return string? problem
function M.complete(id, options, now)
  local provider = by_id[id]
  if not provider or type(options) ~= "table" or options.transfer or options.notify then
    return options
  end
  if provider.confidence == "reported" then
    return options, ("what is known of %s is not confirmed: give transfer and notify as its page has them; "
      .. "understudy preset show %s tells what was seen"):format(provider.label, id)
  elseif not options.serve and not provider.serve then
    return options, ("%s answers under names of its own for each customer or place: give serve, the address "
      .. "of one of them"):format(provider.label)
  end
  local complete = {}
  for name, value in pairs(options) do
    complete[name] = value
  end
  complete.transfer, complete.notify = current(provider, now), provider.notify
  complete.serve = options.serve or provider.serve
  return complete
end

return M
