--- guard: holds back a step that is more, or other, than anyone is likely to have meant.
--
-- It compares the last publication with the next, and the source zone that is published with the one to come, so
-- that addresses that move behind an ALIAS count as nobody's edit.

local catalog = require "understudy.catalog"
local units = require "understudy.units"

local M = {}

-- So few records say nothing by their share.
local FEW_RECORDS <const> = 10
-- What the apex of every zone has, and what is made from that.
local BARE <const> = {
  SOA = true, NS = true, ZONEMD = true, DNSKEY = true, CDNSKEY = true, CDS = true, NSEC = true, NSEC3PARAM = true,
  RRSIG = true,
}

---@class understudy.Change
---@field last? any      the zone last published
---@field flat any       the zone to be published
---@field accepted? any  the source zone that is published
---@field source any     the source zone to come

-- Records that are gone without others in their place: the net loss of each RRset. The digest of the zone does not
-- count: it comes when the zone is published.
local function vanished(diff)
  local count = 0
  for _, change in ipairs(diff:totable().changes) do
    local before = change.before and #change.before.records or 0
    local after = change.after and #change.after.records or 0
    count = count + (change.type == "ZONEMD" and 0 or math.max(0, before - after))
  end
  return count
end

local function shrunk(change, limits)
  local last = change.last
  if not last or #last < FEW_RECORDS then
    return nil
  end
  local share, count = limits.max_removed * #last, limits.max_removed_records or math.huge
  local diff = last:diff(change.flat)
  -- What was removed is never less than what vanished, and cheaper to know.
  local gone = diff.removed > math.min(share, count) and vanished(diff) or 0
  local records = units.count(#last, "record")
  if gone > share then
    return ("%d of %s would vanish, more than %g %%"):format(gone, records, limits.max_removed * 100)
  elseif gone > count then
    return ("%d of %s would vanish, more than %d"):format(gone, records, count)
  end
end

local function is_bare(zone)
  for rrset in zone:rrsets() do
    if rrset.owner ~= zone.origin or not BARE[rrset.type] then
      return false
    end
  end
  return true
end

-- A zone that lost all that it had, however little that was.
local function emptied(change)
  if change.last and is_bare(change.flat) and not is_bare(change.last) then
    return "nothing but the SOA and the name servers would be left"
  end
end

-- Members that a catalog would lose: a secondary deletes their zones. One may always go, unless it is the last.
local function members_lost(change, limits)
  if not change.last then
    return nil
  end
  local count, gone = catalog.lost(change.last, change.flat)
  local many = gone > 1 and gone >= limits.max_removed_members * count
  if many or gone > 0 and gone == count then
    return ("%d of %s of the catalog would be removed"):format(gone, units.count(count, "member"))
  end
end

-- What makes an owner and a type of a zone one that is protected: "@ MX", "www", "* CAA".
local function is_protected(protect, origin, owner, kind)
  for _, rule in ipairs(protect) do
    local name = rule.owner == "@" and origin or rule.owner == "*" and owner
      or rule.owner:sub(-1) == "." and rule.owner or rule.owner .. "." .. origin
    if name == owner and (not rule.type or rule.type == kind) then
      return true
    end
  end
  return false
end

-- Protected RRsets and the apex NS, which the owner changed.
local function touched(change, limits, reasons)
  if not change.accepted or change.accepted.hash == change.source.hash then
    return
  end
  for _, step in ipairs(change.accepted:diff(change.source):totable().changes) do
    local apex_ns = step.type == "NS" and step.owner == change.source.origin
    if step.before and is_protected(limits.protect, change.source.origin, step.owner, step.type) then
      reasons[#reasons + 1] = ("%s %s would %s, and the policy protects it"):format(step.owner, step.type,
        step.after and "change" or "vanish")
    elseif apex_ns and limits.apex_ns == "hold" then
      reasons[#reasons + 1] = "the name servers of the zone (NS at its apex) would change"
    end
  end
end

--- Whether a zone is one that nobody ever means.
---@param flat any
---@return string? why
function M.absurd(flat)
  return #flat == 0 and "the zone is empty" or nil
end

--- Why a person should look at a step before it is made; none: it may be made.
---@param change understudy.Change
---@param limits {max_removed: number, max_removed_records?: integer, max_removed_members: number, protect: table[],
---  apex_ns: string}
---@return string[] reasons
function M.reasons(change, limits)
  local reasons = {}
  reasons[1] = shrunk(change, limits)
  reasons[#reasons + 1] = emptied(change)
  reasons[#reasons + 1] = members_lost(change, limits)
  touched(change, limits, reasons)
  return reasons
end

return M
