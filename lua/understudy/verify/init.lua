--- verify: what a name server really serves of a zone, and whether that is what was published.
--
-- First the serial, then the content: by transfer where the server allows it, else by asking for every RRset. Who
-- serves an earlier publication is behind, and right as long as what it serves is that publication.

local catalog = require "understudy.catalog"
local core = require "understudy.core"
local queries = require "understudy.verify.queries"
local transfer = require "understudy.net.transfer"

local M = {}

local DIFFERENCES_KEPT <const> = 20

---@class understudy.Verdict
---@field verdict "same"|"behind"|"differs"|"unreachable"|"rewrites SOA"|"not authoritative"
---@field serial? integer      that the server has
---@field why? string          in a sentence
---@field differences string[] what differs, the first of it
---@field count integer        how much differs
---@field by? "transfer"|"queries" how the content was compared
---@field asked? integer       queries, if by these
---@field grace? boolean       it is behind, and the publication that it lacks is recent
---@field expires_at? number   when a server that is behind stops to serve the zone, at the earliest

local function verdict(word, fields)
  fields.verdict = word
  fields.differences = fields.differences or {}
  fields.count = fields.count or #fields.differences
  return fields
end

local function show(side)
  return side and ("%s (TTL %d)"):format(table.concat(side.records, ", "), side.ttl) or "nothing"
end

-- The RRsets in which a transferred zone differs, the SOA of the apex aside.
local function compare_zones(published, served)
  local list, count = {}, 0
  for _, change in ipairs(published:diff(served):totable().changes) do
    if change.type ~= "SOA" or change.owner ~= published.origin then
      count = count + 1
      list[#list + 1] = #list < DIFFERENCES_KEPT and ("%s %s: serves %s, not %s"):format(change.owner, change.type,
        show(change.after), show(change.before)) or nil
    end
  end
  return list, count
end

-- The names of the fields in which the served SOA is another than ours.
local function rewritten(published, response)
  local mname, refresh, retry, expire = published:lookup(published.origin, "SOA")[1]:match(
    "^(%S+) %S+ %d+ (%d+) (%d+) (%d+)")
  local ours = { mname = mname, refresh = tonumber(refresh), retry = tonumber(retry), expire = tonumber(expire) }
  local names = {}
  for _, name in ipairs { "mname", "refresh", "retry", "expire" } do
    local served = response[name]
    if (name == "mname" and served:lower() or served) ~= (name == "mname" and mname:lower() or ours[name]) then
      names[#names + 1] = ("%s is %s, not %s"):format(name, served, ours[name])
    end
  end
  return names
end

-- Compares all that is served under the serial of the publication.
local function compare_content(server, published, found)
  local served = transfer.fetch(server, published.origin)
  if served and served.serial == published.serial then
    found.by = "transfer"
    found.differences, found.count = compare_zones(published, served)
  elseif catalog.is_catalog(published) then
    found.why = "it may not be transferred, and a catalog answers no queries: only its serial was looked at"
  else
    found.by = "queries"
    found.differences, found.count, found.asked = queries.compare(server, published, DIFFERENCES_KEPT)
  end
  return found
end

-- What a server that serves an earlier serial is: behind, unless its content is another than that serial's.
local function inspect_older(server, response, earlier)
  local past = earlier and earlier(response.serial)
  if earlier and not past then
    return verdict("behind", { serial = response.serial, why = "nothing is remembered of what it serves" })
  end
  local found = { serial = response.serial }
  if past then
    -- It refreshed the zone until then at least, and may have since: it hears the serial and can't have the zone.
    found.expires_at, found.grace = past.replaced_at + response.expire, past.recent
    compare_content(server, past.zone, found)
  end
  return verdict((found.count or 0) > 0 and "differs" or "behind", found)
end

--- Whom to ask for the SOA of a zone as anybody would; that of a catalog as one who may transfer it, over TCP: Knot DNS
--- tells it nobody else.
---@param server understudy.net.Primary
---@param published any the zone
---@return understudy.net.Primary
function M.asked(server, published)
  local is_catalog = catalog.is_catalog(published)
  return {
    address = server.address, port = server.port, text = server.text, key = is_catalog and server.key or nil,
    tcp = is_catalog,
  }
end

--- Compares what a server has with a publication.
---@param server understudy.net.Primary its key signs the transfer that is tried first
---@param published any the zone that was published last
---@param earlier? fun(serial: integer): {zone: any, replaced_at: number, recent: boolean}? tells of publications before
---  it; without it none is looked at
---@return understudy.Verdict
function M.inspect(server, published, earlier)
  local response, err = transfer.soa(M.asked(server, published), published.origin)
  if not response then
    return verdict("unreachable", { why = err.message })
  elseif response.rcode ~= "NOERROR" or not response.authoritative or not response.serial then
    local answer = response.rcode ~= "NOERROR" and response.rcode or "no authoritative SOA"
    return verdict("not authoritative", { why = ("it answers with %s"):format(answer), serial = response.serial })
  end
  local order = core.serial_compare(response.serial, published.serial)
  if order == -1 then
    return inspect_older(server, response, earlier)
  elseif order ~= 0 then
    return verdict("differs", { serial = response.serial, count = 1,
      differences = { ("it serves serial %d, which was never published"):format(response.serial) } })
  end
  local found = compare_content(server, published, { serial = response.serial })
  local soa = rewritten(published, response)
  if found.count > 0 then
    return verdict("differs", found)
  elseif #soa > 0 then
    found.why = table.concat(soa, ", ")
    return verdict("rewrites SOA", found)
  end
  return verdict("same", found)
end

return M
