--- queries: compares what a name server answers with a zone, RRset by RRset, and where nothing must be.

local cqueues = require "cqueues"

local query = require "understudy.net.query"

local M = {}

local AT_ONCE <const> = 16
local QUESTIONS_MAX <const> = 20000 -- of a larger zone an even part is asked for

-- ---------------------------------------------------------------- what to ask

-- The records of an RRset under another owner, in words that can be compared.
local function words(owner, type, list)
  local made = {}
  for _, record in ipairs(list) do
    if record.owner == owner and record.type == type then
      made[#made + 1] = ("%s (TTL %d)"):format(record.data, record.ttl)
    end
  end
  table.sort(made)
  return #made > 0 and table.concat(made, ", ") or "nothing"
end

local function words_of(rrset)
  local made = {}
  for i = 1, #rrset do
    made[i] = ("%s (TTL %d)"):format(rrset[i], rrset.ttl)
  end
  table.sort(made)
  return table.concat(made, ", ")
end

local function parent(name)
  return name:match "^[^.\\]*%.(.+)$" or name:match "^.-[^\\]%.(.+)$" or "."
end

-- Whether a name is below one of the names of a set, or is it.
local function is_under(name, set, origin)
  while name ~= origin and name ~= "." do
    if set[name] then
      return true
    end
    name = parent(name)
  end
  return false
end

-- Where the zone ends: names that have NS or DNAME.
local function limits(zone)
  local cuts, redirected = {}, {}
  for rrset in zone:rrsets { type = "NS" } do
    cuts[rrset.owner] = rrset.owner ~= zone.origin or nil
  end
  for rrset in zone:rrsets { type = "DNAME" } do
    redirected[rrset.owner] = true
  end
  return cuts, redirected
end

local function random_label()
  return ("understudy-%08x"):format(math.random(0, 0xffffffff))
end

-- A question about an RRset; nil for one that no answer shows, because it is glue or hidden.
local function question_of(rrset, cuts, redirected, origin)
  local owner = rrset.owner
  local at_cut = cuts[owner]
  if is_under(parent(owner), cuts, origin) and owner ~= origin or at_cut and rrset.type ~= "NS" and rrset.type ~= "DS"
    or owner ~= origin and is_under(parent(owner), redirected, origin) then
    return nil
  end
  return { name = owner, type = rrset.type, wanted = words_of(rrset), section = at_cut and rrset.type == "NS"
    and "authority" or "answer" }
end

-- A type that the apex does not have.
local function absent_type(zone)
  for _, type in ipairs { "HINFO", "RP", "LOC", "NAPTR", "SSHFP", "URI" } do
    if not zone:lookup(zone.origin, type) then
      return type
    end
  end
end

-- All questions about a zone.
local function questions_of(zone)
  local list, cuts, redirected = {}, limits(zone)
  local function add(question)
    list[#list + 1] = question
  end
  for rrset in zone:rrsets() do
    if rrset.type ~= "SOA" then
      add(question_of(rrset, cuts, redirected, zone.origin))
      if rrset.owner:find "^%*%." and not is_under(rrset.owner, cuts, zone.origin) then
        add { name = random_label() .. rrset.owner:sub(2), type = rrset.type, wanted = words_of(rrset),
          section = "answer" }
      end
    end
  end
  if not zone:rrsets({ under = "*." .. zone.origin })() and not redirected[zone.origin] then
    add { name = random_label() .. "." .. zone.origin, type = "A", rcode = "NXDOMAIN", wanted = "nothing",
      section = "answer" }
  end
  local type = absent_type(zone)
  if type then
    add { name = zone.origin, type = type, wanted = "nothing", section = "answer" }
  end
  return list
end

-- An even part of the questions, if they are too many.
local function some(list)
  local step = math.max(1, #list / QUESTIONS_MAX)
  local part = {}
  for i = 1, #list // step do
    part[i] = list[math.floor((i - 1) * step) + 1]
  end
  return part
end

-- ---------------------------------------------------------------- comparing

-- What is wrong with the answer to a question; nil if nothing is.
local function fault(server, question)
  local reply, err = query.ask(server, question.name, question.type)
  local what = ("%s %s: "):format(question.name, question.type)
  if not reply then
    return what .. err
  end
  local rcode = question.rcode or "NOERROR"
  if reply.rcode ~= rcode then
    return ("%sanswers %s, not %s"):format(what, reply.rcode, rcode)
  end
  local served = words(question.name, question.type, reply[question.section])
  return served ~= question.wanted and ("%sserves %s, not %s"):format(what, served, question.wanted) or nil
end

--- Asks a server for every RRset of a zone, for one name below each wildcard, for a name that is not there and for
--- a type that is not.
---@param server understudy.net.Primary
---@param zone any
---@param keep integer how many differences to tell of
---@return string[] differences
---@return integer count of all differences
---@return integer asked questions
function M.compare(server, zone, keep)
  local list, differences, count, next_index = some(questions_of(zone)), {}, 0, 1
  local workers = cqueues.new()
  for _ = 1, AT_ONCE do
    workers:wrap(function()
      while list[next_index] do
        local question = list[next_index]
        next_index = next_index + 1
        local found = fault(server, question)
        if found then
          count = count + 1
          differences[#differences + 1] = #differences < keep and found or nil
        end
      end
    end)
  end
  assert(workers:loop())
  table.sort(differences)
  return differences, count, #list
end

return M
