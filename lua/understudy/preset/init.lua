--- preset: what is known of secondary DNS providers, and a target's options made of it.

local providers = require "understudy.preset.providers"

local M = {}

local OLD_AFTER <const> = 2 * 365 * 86400 -- seconds

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

--- Whether what is known of a provider is so old that it should be looked up again.
---@param provider understudy.Provider
---@param now integer seconds since the epoch
---@return boolean
function M.is_old(provider, now)
  return provider.verified_on < os.date("!%Y-%m-%d", now - OLD_AFTER)
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

-- Why a person has to give the addresses; nil: they are sure enough.
local function unsure(provider)
  local what
  if provider.confidence == "reported" or provider.confidence == "unknown" then
    what = "what is known of %s is not confirmed"
  elseif provider.notify_confidence == "reported" then
    what = "where %s takes NOTIFY is not confirmed"
  end
  return what and (what .. ": give transfer and notify as its page has them; understudy preset show %s tells what was "
    .. "seen"):format(provider.label, provider.id)
end

--- Whether what is known of a provider can stand in for what nobody wrote.
---@param provider understudy.Provider
---@return boolean
function M.is_sure(provider)
  return unsure(provider) == nil
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
  local problem = unsure(provider)
  if problem then
    return options, problem
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

--- What to tell the owner of a target of a provider: addresses that it lets in though they are past their date, and
--- addresses that nobody has looked up for long. Sentences without their end.
---@param target {name: string, transfer?: string[], provider?: understudy.Provider}
---@param now integer seconds since the epoch
---@return string[]
function M.notices(target, now)
  local provider, let_in, notices = target.provider or by_id[target.name], {}, {}
  for _, text in ipairs(provider and target.transfer or {}) do
    let_in[text] = true
  end
  for _, entry in ipairs(provider and M.transfer(provider) or {}) do
    if let_in[entry.address] and M.is_past(entry.until_, now) then
      notices[#notices + 1] = ("target %s: %s lets in %s, which %s does not use since %s: %s"):format(target.name,
        target.provider and "the policy that is in use" or "the policy", entry.address, provider.label, entry.until_,
        target.provider and "understudy reload takes it out" or "take it out")
    end
  end
  if target.provider and M.is_old(provider, now) then
    notices[#notices + 1] = ("target %s: what is known of %s is of %s: compare its page with understudy preset show %s")
      :format(target.name, provider.label, provider.verified_on, provider.id)
  end
  return notices
end

return M
