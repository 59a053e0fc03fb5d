--- zonemd: the digest of a zone in the zone itself (RFC 8976), for those who get it to see that it is whole.
--
-- It tells a serial, so it is made anew for each publication and is no part of what is compared with the last one.

local M = {}

local SIMPLE_SHA384 <const> = "1 1"

local function has(zone)
  return zone:lookup("@", "ZONEMD") ~= nil
end

-- The zone without its digest.
local function bare(zone)
  return has(zone) and assert(zone:without("@", "ZONEMD")) or zone
end

--- Whether a zone needs no new publication: it is the published one, digest and serial aside.
---@param published any
---@param flat any
---@param wanted? boolean the policy asks for a digest
---@return boolean
function M.same(published, flat, wanted)
  local digest = wanted or has(flat)
  return has(published) == digest and bare(published).hash == bare(flat).hash
end

--- The zone with a digest that fits it, if the policy asks for one or it has one. A right one stays as it is, with its
--- signature.
---@param zone any with the serial that it is published under
---@param wanted? boolean
---@return any zone
function M.complete(zone, wanted)
  if not wanted and not has(zone) or zone:check_digest() == "right" then
    return zone
  end
  local soa = zone:lookup("@", "SOA")
  return assert(zone:edit(function(draft)
    draft:remove("@", "ZONEMD")
    draft:add(("@ %d ZONEMD %d %s %s"):format(soa.ttl, zone.serial, SIMPLE_SHA384, zone:digest()))
  end))
end

return M
