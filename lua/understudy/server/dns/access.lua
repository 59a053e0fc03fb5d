--- access: who may do what with a zone: from which addresses, signed with which key, over what.
--
-- Each secondary has a grant of its own, so that the key of one does not open what the address of another does. Where
-- several grants hold an address, what any of them asks for is asked for.

local address = require "understudy.net.address"
local tsig = require "understudy.net.tsig"

local M = {}

local KNOWN_MAX <const> = 16 -- addresses whose grants a list of them remembers

---@class understudy.server.Grant
---@field from understudy.net.Acl the addresses
---@field keys? any[]             one of these must sign what comes from there; nil: it comes unsigned
---@field tls? boolean            transfers need TLS (RFC 9103)
---@field canary? boolean         it gets versions that others do not get yet

---@class understudy.server.Grants : understudy.server.Grant[]
---@field keys boolean    one of them at least has keys,
---@field tls boolean     asks for TLS,
---@field canary boolean  is a canary's

-- Notes in a list of grants what any of them asks for.
local function marked(grants)
  for _, grant in ipairs(grants) do
    grants.keys = grants.keys or grant.keys and true or false
    grants.tls = grants.tls or grant.tls or false
    grants.canary = grants.canary or grant.canary or false
  end
  return grants
end

local NONE <const> = {}

-- Those that hold an address. Secondaries have few and come again and again.
local function of_address(grants, from)
  local known = grants and grants.known
  if known and known[from] then
    return known[from]
  end
  local found, octets = {}, address.octets(from)
  for _, grant in ipairs(octets and grants or NONE) do
    if grant.from:has(octets) then
      found[#found + 1] = grant
    end
  end
  if #found == 0 then
    return NONE
  elseif not known or grants.count >= KNOWN_MAX then
    grants.known, grants.count = {}, 0
  end
  grants.known[from], grants.count = marked(found), grants.count + 1
  return found
end

-- The key that these grants know by that name, and those of them that do.
local function of_key(grants, name)
  local key, found = nil, {}
  for _, grant in ipairs(grants) do
    for _, one in ipairs(grant.keys or {}) do
      if one.name == name then
        key, found[#found + 1] = one, grant
        break
      end
    end
  end
  return key, marked(found)
end

--- Whether a peer may do what it asks without a signature.
---@param grants understudy.server.Grant[]? nil: nobody may
---@param from string its address
---@return string? rcode nil: it may
---@return string|understudy.server.Grants why as of forbids
function M.forbids_unsigned(grants, from)
  local mine = of_address(grants, from)
  if #mine == 0 then
    return "REFUSED", "the address is not allowed"
  elseif mine.keys then
    return "REFUSED", "not signed"
  end
  return nil, mine
end

--- Whether the peer may do what it asks; a signature is checked in any case (RFC 8945 §5.2). An old request that is
--- sent again within its fudge is answered again: nothing changes by asking.
---@param grants understudy.server.Grant[]? nil: nobody may
---@param query any
---@param question understudy.server.Question
---@return string? rcode nil: it may
---@return string|understudy.server.Grants why for the log; else the grants by which it may
function M.forbids(grants, query, question)
  local key_name = query.key_name
  if not key_name then
    return M.forbids_unsigned(grants, question.from)
  end
  local mine = of_address(grants, question.from)
  if #mine == 0 then
    return "REFUSED", "the address is not allowed"
  end
  local key, theirs = of_key(mine, key_name)
  local ok, rcode, tsig_error = query:verify(key, question.now)
  if not ok then
    return rcode, ("TSIG %s, key %s"):format(tsig.told(tsig_error or rcode), key_name)
  end
  return nil, theirs
end

--- Who may transfer a zone: each of its targets, from its own addresses, with one of its own keys.
---@param targets table[]
---@return understudy.server.Grant[]
function M.of_targets(targets)
  local grants = {}
  for i, target in ipairs(targets) do
    grants[i] = {
      from = assert(address.acl(target.transfer)), keys = target.keys, tls = target.tls, canary = target.canary,
    }
  end
  return grants
end

--- Who may say that a zone has changed: its primaries, signed if there is a key.
---@param source table
---@return understudy.server.Grant[]?
function M.of_source(source)
  return source.notify and { { from = assert(address.acl(source.notify)), keys = source.key and { source.key } } }
end

return M
