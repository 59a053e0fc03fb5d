--- online: what is wrong with a zone as the rest of the DNS sees it: its name servers, its targets, its delegation.
--
-- Bounded in questions and time, and never part of a judgement: a slow network must not hold a zone back.

local cqueues = require "cqueues"
local digest = require "openssl.digest"

local core = require "understudy.core"
local finding = require "understudy.check.finding"
local hex = require "understudy.hex"
local net_resolver = require "understudy.net.resolver"
local query = require "understudy.net.query"
local rules = require "understudy.check.online_rules"

local M = {}

local TARGETS_MAX <const> = 1000 -- of a larger zone the first are looked at
local SERVERS_MAX <const> = 32
local SECONDS_MAX <const> = 120 -- for the name servers and the parent of one zone; what is not asked by then is not
local EVERYWHERE <const> = { "0.0.0.0/0", "::/0" } -- special addresses are another rule's matter

local RULES <const> = {}
for _, rule in ipairs(rules) do
  RULES[rule.id] = rule
end

---@class understudy.OnlineOptions
---@field servers? {address: string, port: integer, text: string}[] resolvers to ask; nil: those of the system
---@field port? integer of the name servers of zones; 53
---@field seconds? number for name servers and parent; 120

-- A finding at the apex about the NS, if `what` does not say otherwise. Its `about` names what is wrong, without what
-- moves by itself: times, causes, the order of answers.
local function report(work, id, what, format, ...)
  work.findings[#work.findings + 1] = finding.new(RULES[id], work.zone, {
    owner = what.owner or work.zone.origin, types = what.types or { "NS" }, about = what.about,
    message = format:format(...),
  })
end

-- Asks a name server, if there is time. Returns a reply, or nil and why there is none.
local function ask(work, server, ...)
  if cqueues.monotime() > work.deadline then
    work.late = true
    return nil, "there was no time left to ask"
  end
  return query.ask(server, ...)
end

local function is_inside(work, name)
  return core.name_under(name, work.zone.origin)
end

-- ---------------------------------------------------------------- addresses

-- The addresses of a name that the zone itself has.
local function own_addresses(work, name)
  local list = {}
  for _, type in ipairs { "A", "AAAA" } do
    local rrset = work.zone:lookup(name, type)
    for i = 1, rrset and #rrset or 0 do
      list[#list + 1] = rrset[i]
    end
  end
  return list
end

-- Looks up both families of names: by name {addresses=, absent=, error=}.
local function look_up(work, names)
  local questions, found = {}, {}
  for _, name in ipairs(names) do
    questions[#questions + 1] = { name, "A" }
    questions[#questions + 1] = { name, "AAAA" }
  end
  local lookups = work.resolver:lookup_all(questions)
  for i, name in ipairs(names) do
    local a, aaaa = lookups[2 * i - 1], lookups[2 * i]
    found[name] = {
      addresses = table.move(aaaa.addresses, 1, #aaaa.addresses, #a.addresses + 1,
        table.move(a.addresses, 1, #a.addresses, 1, {})),
      absent = a.outcome == "nxdomain" or aaaa.outcome == "nxdomain",
      error = a.outcome == "failure" and a.error or aaaa.outcome == "failure" and aaaa.error or nil,
    }
  end
  return found
end

-- ---------------------------------------------------------------- name servers

-- The name servers at the apex, with their addresses.
local function name_servers(work)
  local rrset, names, outside = work.zone:lookup("@", "NS"), {}, {}
  for i = 1, rrset and math.min(#rrset, SERVERS_MAX) or 0 do
    names[i] = rrset[i]
    outside[#outside + 1] = not is_inside(work, names[i]) and names[i] or nil
  end
  local found = look_up(work, outside)
  for _, name in ipairs(names) do
    found[name] = found[name] or { addresses = own_addresses(work, name) }
  end
  return names, found
end

local function check_name_server(work, name, found)
  local zone = work.zone
  if #found.addresses == 0 then
    report(work, "online.ns.address", { about = { name } }, "%s is a name server of %s and has no address%s.",
      name, zone.origin, found.error and (" that can be found: " .. found.error) or "")
  end
  for _, address in ipairs(found.addresses) do
    local reply, problem = ask(work, { address = address, port = work.port }, zone.origin, "SOA")
    if work.late then
      return
    elseif not reply or reply.rcode ~= "NOERROR" or not reply.authoritative or #reply.answer == 0 then
      problem = problem or reply.rcode ~= "NOERROR" and "it answers " .. reply.rcode or "it has no authority"
      report(work, "online.ns.answer", { about = { name, address } }, "%s (%s) does not answer for %s: %s.", name,
        address, zone.origin, problem)
    end
  end
end

-- ---------------------------------------------------------------- targets

-- Each type by the place of the target among the words of its data.
local TARGETS <const> = { CNAME = 1, MX = 2, SRV = 4 }

-- The targets outside the zone, with the RRsets that lead there.
local function targets(work)
  local names, users = {}, {}
  for type, place in pairs(TARGETS) do
    for rrset in work.zone:rrsets { type = type } do
      for i = 1, #rrset do
        local words = {}
        for word in rrset[i]:gmatch "%S+" do
          words[#words + 1] = word
        end
        local target = words[place]
        if target ~= "." and not is_inside(work, target) and (users[target] or #names < TARGETS_MAX) then
          names[#names + 1] = not users[target] and target or nil
          users[target] = users[target] or {}
          table.insert(users[target], { owner = rrset.owner, type = type })
        end
      end
    end
  end
  table.sort(names)
  return names, users
end

-- A CNAME may lead to a name without addresses; mail and services need some.
local function check_targets(work)
  local names, users = targets(work)
  local found = look_up(work, names)
  for _, name in ipairs(names) do
    local answer = found[name]
    for _, user in ipairs(users[name]) do
      local what = { owner = user.owner, types = { user.type }, about = { name } }
      if answer.absent then
        report(work, "online.target.absent", what,
          "%s has %s with the target %s, which does not exist.", user.owner, user.type, name)
      elseif user.type ~= "CNAME" and #answer.addresses == 0 and not answer.error then
        report(work, "online.target.absent", what,
          "%s has %s with the target %s, which has no address.", user.owner, user.type, name)
      end
    end
  end
end

-- ---------------------------------------------------------------- the parent

local function resolve(work, name, type)
  local reply, problem
  for _, server in ipairs(work.servers) do
    reply, problem = ask(work, server, name, type, true)
    if reply and (reply.rcode == "NOERROR" or reply.rcode == "NXDOMAIN") then
      return reply
    end
  end
  return nil, problem or reply and "answers " .. reply.rcode or "there is no resolver"
end

-- The data of records in order, of which letter case tells nothing here.
local function of_type(records, owner, type)
  local list = {}
  for _, record in ipairs(records) do
    list[#list + 1] = record.owner == owner and record.type == type and record.data:lower() or nil
  end
  table.sort(list)
  return list
end

-- The zone that the delegation stands in: the one that has the name above the apex.
local function parent_zone(work)
  local above = work.zone.origin:match "^[^.]*%.(.+)$" or "."
  local reply, problem = resolve(work, above, "SOA")
  for _, section in ipairs(reply and { reply.answer, reply.authority } or {}) do
    for _, record in ipairs(section) do
      if record.type == "SOA" then
        return record.owner
      end
    end
  end
  return nil, problem or ("no zone has %s"):format(above)
end

-- What a server of the parent says of a type at the delegation; nil and why it is not known.
local function ask_parent(work, parent, type)
  local reply, problem = resolve(work, parent, "NS")
  local names = reply and of_type(reply.answer, parent, "NS") or {}
  for name, found in pairs(look_up(work, table.move(names, 1, math.min(#names, SERVERS_MAX), 1, {}))) do
    for _, address in ipairs(found.addresses) do
      reply, problem = ask(work, { address = address, port = work.port }, work.zone.origin, type)
      if reply and reply.rcode == "NOERROR" then
        return reply
      end
      problem = problem or ("%s answers %s"):format(name, reply.rcode)
    end
  end
  return nil, problem or ("%s has no name servers that can be found"):format(parent)
end

-- Glue stands for name servers inside the zone only.
local function check_glue(work, parent, reply, there)
  for _, name in ipairs(there) do
    local glue, own = {}, own_addresses(work, name)
    for _, type in ipairs { "A", "AAAA" } do
      local list = of_type(reply.additional, name, type)
      table.move(list, 1, #list, #glue + 1, glue)
    end
    table.sort(glue)
    table.sort(own)
    local at_parent, here = table.concat(glue, ", "), table.concat(own, ", ")
    if is_inside(work, name) and at_parent ~= here then
      report(work, "online.parent.glue", { owner = name, types = { "A", "AAAA" }, about = { at_parent, here } },
        "%s gives %s the glue %s; in the zone it has %s.", parent, name,
        at_parent ~= "" and at_parent or "of no address", here ~= "" and here or "no address")
    end
  end
end

local function check_delegation(work, parent, reply, names)
  local origin = work.zone.origin
  local there = of_type(reply.authority, origin, "NS")
  there = #there > 0 and there or of_type(reply.answer, origin, "NS")
  local here = table.move(names, 1, #names, 1, {})
  table.sort(here)
  local at_parent, in_zone = table.concat(there, ", "), table.concat(here, ", ")
  if at_parent ~= in_zone then
    report(work, "online.parent.ns", { about = { at_parent, in_zone } },
      "%s delegates %s to %s; the zone itself names %s", parent, origin, at_parent ~= "" and at_parent or "nobody",
      in_zone)
  end
  if #reply.answer == 0 then -- a referral: who serves the zone too answers with NS and has no glue
    check_glue(work, parent, reply, there)
  end
end

-- RFC 4034 appendix B.
local function key_tag(rdata)
  local sum = 0
  for i = 1, #rdata do
    sum = sum + (i % 2 == 1 and rdata:byte(i) << 8 or rdata:byte(i))
  end
  return (sum + (sum >> 16 & 0xffff)) & 0xffff
end

-- A name without escapes in wire form; the origin of a zone is in lower case.
local function wire(name)
  return name:gsub("([^.]*)%.", function(label)
    return string.pack("s1", label)
  end) .. (name == "." and "" or "\0")
end

-- Each digest type of a DS by its name (RFC 4509, RFC 6605).
local DIGESTS <const> = { ["1"] = "sha1", ["2"] = "sha256", ["4"] = "sha384" }

-- Whether a DS stands for a DNSKEY (RFC 4034 §5.1.4). A digest of a kind that is not known here is believed.
local function stands_for(ds, origin, rdata)
  local tag, algorithm, kind, digits = ds:match "^(%d+) (%d+) (%d+) ([%x ]+)$"
  if tonumber(tag) ~= key_tag(rdata) or tonumber(algorithm) ~= rdata:byte(4) then
    return false
  elseif not DIGESTS[kind] then
    return true
  end
  local octets = digest.new(DIGESTS[kind]):final(wire(origin) .. rdata)
  return digits:gsub(" ", ""):lower() == hex.encode(octets)
end

local function check_ds(work, parent, reply)
  local origin, keys = work.zone.origin, work.zone:lookup("@", "DNSKEY")
  local list = of_type(reply.answer, origin, "DS")
  for _, ds in ipairs(list) do
    for i = 1, keys and #keys or 0 do
      if stands_for(ds, origin, keys:rdata(i)) then
        return
      end
    end
  end
  if #list > 0 then
    report(work, "online.parent.ds", { types = { "DS" }, about = list }, "%s has DS %s for %s, and the zone has %s.",
      parent, table.concat(list, ", "), origin, keys and "no DNSKEY that they stand for" or "no DNSKEY")
  end
end

local function check_parent(work, names)
  if work.zone.origin == "." then
    return
  end
  local parent, problem = parent_zone(work)
  local delegation, ds
  if parent then
    delegation, problem = ask_parent(work, parent, "NS")
  end
  if delegation then
    check_delegation(work, parent, delegation, names)
    ds, problem = ask_parent(work, parent, "DS")
  end
  if ds then
    check_ds(work, parent, ds)
  elseif not work.late then
    report(work, "online.parent.unknown", {}, "The delegation of %s can't be looked at: %s.",
      work.zone.origin, problem)
  end
end

-- The resolvers of the system (resolv.conf(5)).
local function system_servers()
  local file <close>, list = io.open "/etc/resolv.conf", {}
  for line in file and file:lines() or function() end do
    local server = line:match "^%s*nameserver%s+([%x.:]+)"
    list[#list + 1] = server and { address = server, port = 53, text = server } or nil
  end
  return list
end

--- Looks at a zone from outside. Waits for the network, on a loop or without one.
---@param zone any
---@param options understudy.OnlineOptions
---@return table[]? findings
---@return understudy.Error? err
function M.run(zone, options)
  local asked, servers = options.servers or system_servers(), {}
  for i, server in ipairs(asked) do
    servers[i] = server.text
  end
  local resolver <close>, err = net_resolver.new {
    servers = #servers > 0 and servers or nil, allow = EVERYWHERE,
  }
  if not resolver then
    return nil, err
  end
  local work = {
    zone = zone, resolver = resolver, servers = asked, port = options.port or 53, findings = {},
    deadline = cqueues.monotime() + (options.seconds or SECONDS_MAX),
  }
  local names, found = name_servers(work)
  for _, name in ipairs(names) do
    check_name_server(work, name, found[name])
  end
  check_targets(work)
  check_parent(work, names)
  if work.late then
    report(work, "online.late", { types = {} }, "Servers of %s and of its parent were slow; some were not asked.",
      zone.origin)
  end
  return work.findings
end

return M
