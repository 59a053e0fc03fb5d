--- outside: source, resolver and secondaries of a simulation, with what can go wrong with each.
--
-- What goes wrong, and when, stands in `world.faults`: a set of names that are true for a while.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

--- Names that a zone can have: n1, n2 and so on.
M.NAMES = 14

-- ---------------------------------------------------------------- the source

local Source = {}
Source.__index = Source

local function text_of(version)
  local lines = {
    "$TTL 60", ("@ SOA ns1.example.net. h.example.net. %d 3600 600 86400 60"):format(version.serial),
    "@ NS ns1.example.net.", "@ NS " .. version.second_ns,
    ("al ALIAS %s-%s"):format(version.host, version.origin), "twin TXT once",
  }
  lines[#lines + 1] = version.twice and "twin TXT once" or nil -- which is found, and changes nothing of the content
  for name, address in pairs(version.names) do
    lines[#lines + 1] = ("%s A 192.0.2.%d"):format(name, address)
  end
  table.sort(lines, function(a, b)
    return a:byte() == 36 or b:byte() ~= 36 and a < b -- $TTL first
  end)
  if version.broken then
    lines[#lines + 1] = "n1 CNAME elsewhere.example.net." -- beside its address
  end
  return table.concat(lines, "\n")
end

--- What a source zone, or one that was published, says of a name, as a version has it.
function M.value_of(zone, name)
  local rrset = zone:lookup(name, "A")
  return rrset and math.tointeger(tonumber(rrset[1]:match "%d+$"))
end

--- The same of its second name server.
function M.second_ns_of(zone)
  return zone:lookup("@", "NS")[2]
end

--- What the ALIAS of a source zone points to.
function M.alias_of(source)
  return source:lookup("al", "ALIAS")[1]
end

--- The same as a version has it.
function M.host_of(source)
  return M.alias_of(source):match "^[^-]+"
end

local function copy(version)
  local made = {}
  for name, value in pairs(version) do
    made[name] = value
  end
  made.names = {}
  for name, value in pairs(version.names) do
    made.names[name] = value
  end
  made.broken, made.risky = nil, nil
  return made
end

--- Names, without the zone's, that an ALIAS can point to.
M.HOSTS = { "host", "guest" }

-- One edit of an owner each, by weight. They return what an event can say of it.
local EDITS <const> = {
  { 6, function(version, chance)
    local name = "n" .. chance(M.NAMES)
    version.names[name] = chance(250)
    return { owner = name, type = "A" }
  end },
  { 3, function(version, chance)
    local name = "n" .. chance(M.NAMES)
    version.names[name] = nil
    return { owner = name, type = chance(2) == 1 and "A" or nil, gone = true }
  end },
  { 1, function(version)
    version.names.n1, version.broken = version.names.n1 or 1, true
  end },
  { 3, function(version)
    version.twice = not version.twice
  end },
  { 2, function(version, chance)
    version.host = M.HOSTS[chance(#M.HOSTS)]
    return { owner = "al", type = "ALIAS" }
  end },
  { 1, function(version)
    version.names, version.risky = { n1 = 1 }, true
  end },
  { 1, function(version, chance)
    version.second_ns, version.risky = ("ns%d.example.net."):format(1 + chance(3)), true
    return { owner = "@", type = "NS" }
  end },
}

local function edit(version, chance)
  local total = 0
  for _, entry in ipairs(EDITS) do
    total = total + entry[1]
  end
  local number = chance(total)
  for _, entry in ipairs(EDITS) do
    number = number - entry[1]
    if number <= 0 then
      return entry[2](version, chance)
    end
  end
end

local function parse(version)
  return core.parse { text = version.text, name = "source", origin = version.origin }
end

local function add_version(self, origin, version)
  version.text = text_of(version)
  local zone = assert(parse(version))
  version.hash, version.broken = zone.hash, version.broken or false
  local versions = self.versions[origin]
  versions[#versions + 1] = version
end

--- The owner changes a zone. Where nothing can lag behind the serial stays now and then, and where the zone is the same
--- and is only written otherwise.
---@return understudy.Event? what an event can say of it
function Source:edit(origin)
  local versions, chance = self.versions[origin], self.world.chance
  local last = versions[#versions]
  local version = copy(last)
  local event = edit(version, chance)
  local moves = version.twice == last.twice and chance() < 0.9
  version.serial = version.serial + ((self.replicated or moves) and 1 or 0)
  add_version(self, origin, version)
  return event
end

-- A page was left out: some names are not there.
local function tear(text, chance)
  return (text:gsub("\n(n%d+) A [^\n]+", function()
    return chance() < 0.5 and "" or nil
  end))
end

-- Stops the process that pulls, and keeps others from the source until it goes on with what it has.
local function interrupt(world)
  local seconds = 6 + world.chance() * 6
  world.time:spawn("outside", function()
    world.faults.source_fails = true
    world.sleep(seconds)
    world.faults.source_fails = nil
  end)
  world.time:stop(world.time.running.process, seconds)
  world.sleep(0)
end

-- What the source reads of a zone now: a version, which may be an old one; nil and an error if it can't be reached.
local function version_now(self, origin)
  local world, versions = self.world, self.versions[origin]
  local chance = world.chance
  world.sleep(chance() * 0.3)
  if world.faults.source_fails and chance() < 0.8 then
    return uerror.fail_temporarily("network", "connection refused")
  end
  local index = #versions
  if world.faults.source_is_stale then
    index = math.max(1, index - chance(3) + 1)
  end
  return versions[index]
end

-- Lets the time pass that an answer needs, in which much can happen.
local function answer(world)
  local chance = world.chance
  world.sleep(chance() < 0.1 and chance() * 4 or 0)
  if world.faults.pulls_are_interrupted and chance() < 0.3 then
    interrupt(world)
  end
end

function Source:pull(origin)
  local world = self.world
  world.invariants:read(world.time.running.process, origin, nil)
  local version, err = version_now(self, origin)
  if not version then
    return nil, err
  end
  local text = world.faults.source_is_torn and tear(version.text, world.chance) or version.text
  local zone, problem = core.parse { text = text, name = "source", origin = origin }
  if not zone then
    return nil, problem
  end
  answer(world)
  world.deletions:settle(origin, zone, true)
  world.invariants:read(world.time.running.process, origin, zone, text)
  return { zone = zone, version = ("%s/%d"):format(zone.hash, zone.serial) }
end

-- Whether a line of a zone's text is one of the records that events named.
local function is_named(line, events, origin)
  local owner, kind = line:match "^(%S+) (%S+)"
  for _, event in ipairs(events) do
    local name = owner == "@" and origin or owner .. "." .. origin
    if name == event.owner and kind == (event.type or kind) then
      return true
    end
  end
  return kind == "SOA"
end

-- The same of single names. What lags or tears the whole does so here.
local function pull_names(self, origin, events)
  local world = self.world
  world.invariants:read(world.time.running.process, origin, nil)
  local version, err = version_now(self, origin)
  if not version then
    return nil, err
  end
  local text, lines = world.faults.source_is_torn and tear(version.text, world.chance) or version.text, { "$TTL 60" }
  for line in text:gmatch "[^\n]+" do
    lines[#lines + 1] = is_named(line, events, origin) and line or nil
  end
  local zone = assert(core.parse { text = table.concat(lines, "\n"), name = "names", origin = origin })
  answer(world)
  world.deletions:settle(origin, zone, true)
  return { zone = zone, version = ("%s/%d"):format(version.hash, version.serial) }
end

-- Events come from the schedule.
function Source.watch() end

---@param world table
---@param origins string[]
---@param kind {whole: boolean, replicated: boolean, names: boolean}
function M.source(world, origins, kind)
  local self = setmetatable({
    world = world, versions = {}, whole = kind.whole, replicated = kind.replicated,
    pull_names = kind.names and pull_names or nil,
  }, Source)
  for _, origin in ipairs(origins) do
    local names = {}
    for i = 1, 12 do
      names["n" .. i] = i
    end
    self.versions[origin] = {}
    add_version(self, origin, {
      origin = origin, serial = 10, names = names, host = M.HOSTS[1], second_ns = "ns2.example.net.",
    })
  end
  return self
end

-- ---------------------------------------------------------------- the resolver

--- A resolver that knows the hosts of ALIAS records; `move` gives one another address.
function M.resolver(world)
  local resolver = { addresses = {} }
  function resolver:move(host)
    self.addresses[host] = (self.addresses[host] or 0) % 250 + 1
  end
  function resolver:lookup_all(pairs_to_ask)
    local lookups = {}
    world.sleep(world.chance() * 0.2)
    for i, pair in ipairs(pairs_to_ask) do
      local fails = world.faults.resolver_fails and world.chance() < 0.8
      local number = self.addresses[pair[1]] or 1
      local known = not fails and pair[2] == "A"
      lookups[i] = {
        target = pair[1], type = pair[2], ttl = 10, chain = {}, error = fails and "SERVFAIL" or "",
        outcome = fails and "failure" or known and "addresses" or "nodata",
        addresses = known and { "198.51.100." .. number } or {},
      }
    end
    return lookups
  end
  return resolver
end

-- ---------------------------------------------------------------- a secondary

local Target = {}
Target.__index = Target

-- What a process shows a secondary of a zone; nil if it is dead.
local function shown(self, origin, process)
  local sync = not process.dead and process.sync
  return sync and (self.canary and sync:publication(origin) or sync:released(origin))
end

-- The secondary's own work after a NOTIFY: it transfers what the process serves then, if that is newer.
local function transfer(self, origin, process)
  local world = self.world
  world.sleep(world.chance() * 2)
  local publication = shown(self, origin, process)
  if not publication or world.faults.transfers_break and world.chance() < 0.7 then
    return
  end
  local has = self.has[origin]
  if not has or core.serial_compare(publication.serial, has.serial) == 1 then
    self.has[origin] = publication
    world.invariants:transferred(self, origin, publication)
  end
end

local function lost(self)
  local world = self.world
  local faulty = world.faults.targets_fail
  world.sleep(faulty and world.chance() < 0.3 and 2 or world.chance() * 0.1)
  return faulty and world.chance() < 0.6
end

--- Looks at a process by itself, as a secondary does now and then.
function Target:poll(origin, process)
  self.world.time:spawn("outside", function()
    transfer(self, origin, process)
  end)
end

local function notify(self, origin, host)
  if lost(self) then
    return uerror.fail_temporarily("timeout", "no answer")
  end
  self:poll(origin, host.process)
  if lost(self) then -- the answer, not the question
    return uerror.fail_temporarily("timeout", "no answer")
  end
  return true
end

function Target:deliver(publication, host)
  local under_way = self.world.invariants:attempt(self, host.process, publication.zone.origin)
  local ok, err = notify(self, publication.zone.origin, host)
  self.world.invariants:attempted(under_way)
  return ok, err
end

function Target:serial(origin)
  if lost(self) then
    return uerror.fail_temporarily("timeout", "no answer")
  elseif not self.has[origin] then
    return uerror.fail_temporarily("refused", "SERVFAIL")
  end
  return self.has[origin].serial
end

--- A secondary of all zones.
---@param world table
---@param name string
---@param canary boolean
function M.target(world, name, canary)
  return setmetatable({ world = world, name = name, canary = canary, breaker = 2, has = {} }, Target)
end

return M
