--- rule: that the name servers of a provider are among those of a zone that goes there.

local M = {}

M.ID = "preset.ns"

local OPTIONS <const> = {
  { id = "add", label = "Add its name servers",
    effect = "NS records at the apex, and the delegation at the registry; 'understudy preset show' prints the names." },
  { id = "hidden", label = "It is not to be asked",
    effect = "The rule is switched off for the zone.",
    policy = 'adjust { rule = "preset.ns", severity = "off", owner = "@", reason = "…" }' },
}

-- The names of the name servers of a zone, as a set.
local function servers_of(zone)
  local rrset, names = zone:lookup("@", "NS"), {}
  for i = 1, rrset and #rrset or 0 do
    names[rrset[i]:lower()] = true
  end
  return names
end

local function has_one(names, servers)
  for _, name in ipairs(names) do
    if servers[name] then
      return true
    end
  end
  return false
end

--- The rule for a zone whose targets are at providers; nil if no provider has names that are known.
---@param targets {provider?: understudy.Provider}[]
---@return understudy.OwnRule?
function M.of(targets)
  local providers = {}
  for _, target in ipairs(targets) do
    if target.provider and target.provider.ns ~= "account" then
      providers[#providers + 1] = target.provider
    end
  end
  return #providers > 0 and {
    id = M.ID, implied = true, severity = "warning",
    rule = "A zone names the name servers of the providers that it goes to.",
    consequence = "Nobody asks that provider, so it is no help when the others are down.", options = OPTIONS,
    check = function(zone)
      local servers, sentences = servers_of(zone), {}
      for _, provider in ipairs(providers) do
        if not has_one(provider.ns, servers) then
          sentences[#sentences + 1] = ("No NS of %s is of %s (%s)."):format(zone.origin, provider.label,
            table.concat(provider.ns, ", "))
        end
      end
      return #sentences > 0 and {
        { owner = zone.origin, types = { "NS" }, message = table.concat(sentences, " ") },
      } or {}
    end,
  } or nil
end

return M
