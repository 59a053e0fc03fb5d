--- invariants: what must hold in every history, whatever goes wrong.
--
--   older     what is published never goes back to an older version of the source, nor does any of its names
--   whole     what is published was once the source's zone, whole; where single names were read, or reads do not prove
--             that they are whole, each name was once so, and none is gone that was not gone in the source, or that no
--             event said to be
--   proven    what somebody said to be deleted, and was answered, is not forgotten, whoever dies: the first read that
--             lacks it is believed
--   serial    the serial only rises, and only with other content; it never stands for two contents
--   fence     only the worker that has the zone by its newest token publishes, and tells targets of it
--   guard     no publication lost more than the policy allows, but by a step that a person approved
--   frozen    what a person holds is published only by a rollback, to what was published before
--   durable   what a process or a secondary serves was written down first, and never goes back
--   told      a zone that is not published says why, in its status, in the store and in the log, when the run is over
--             in which it was read; one that says "ok" is the source's newest; what is found in it is shown, all of it
--   canary    who is no canary gets a publication when the canaries have served it, or what came after it, for the time
--             of the policy, when a person let it pass, or when only answers changed since one for which that is so
--   kept      what is needed still is never thrown away
--   alive     who is not alive by the store's clock throws nothing away
--   breaker   a target that did not answer is asked by one attempt of a process at a time, and one that asks to be left
--             alone with a zone is
--   converge  when faults are over every target serves the newest publication, all of it

local chain = require "understudy.store.chain"
local core = require "understudy.core"
local kept = require "spec.simulation.kept"
local names = require "understudy.sync.names"
local outside = require "spec.simulation.outside"
local plan = require "understudy.sync.plan"
local told = require "spec.simulation.told"

local M = {}

local FREEZE_KNOWN_AFTER <const> = 20 -- seconds
local TOLD_GONE_FOR <const> = 30 -- seconds from a deletion's event to the read that it is for, at most

-- Operations by which garbage is collected.
local FORGETS <const> = { forget_old = true, forget_targets = true, forget_delivery = true }

local Invariants = {}
Invariants.__index = Invariants

---@param world table
function M.new(world)
  return setmetatable({
    world = world,
    zones = {}, -- by origin: {newest=, zone=, source=, contents= by serial, and the versions of the source last seen:
    -- index= of the whole, keys= of single names}
    pulls = {}, -- by id
    seen = {}, -- by who and origin: the serial served last
    had = {}, -- by canary, origin and serial: since when the canary served it or what came after it
    attempts = {}, -- under way: {process=, target=, from=}
  }, Invariants)
end

-- Remembers the first failure, as the engine takes what its tasks throw for its own.
local function fail(self, name, format, ...)
  local what = ("seed %d at %.3f s: %s: %s"):format(self.world.seed, self.world.time.now, name, format:format(...))
  self.failure = self.failure or setmetatable({ invariant = name, message = what, at_end = self.ended }, {
    __tostring = function()
      return what
    end,
  })
  error(self.failure, 0)
end

-- The earliest version of the source of which `holds` is true that is not before `from`; else the last one before it.
local function index_of(versions, from, holds)
  local found
  for i, version in ipairs(versions) do
    if holds(version) and (not found or i <= from or found < from) then
      found = i
    end
  end
  return found
end

local function vanished(before, after)
  local count = 0
  for _, change in ipairs(before:diff(after):totable().changes) do
    count = count + math.max(0, (change.before and #change.before.records or 0)
      - (change.after and #change.after.records or 0))
  end
  return count
end

-- A zone that was pulled, as the store has it.
local function pulled_zone(self, id)
  local zone = self.pulls[id]
  if not zone then
    local row = assert(self.world.db:row("SELECT * FROM pulls WHERE id = :id", { id = id }))
    zone = row.whole == 1 and core.parse { text = row.content, name = "row", origin = row.zone }
      or chain.apply(pulled_zone(self, row.base), row.delta)
    self.pulls[id] = assert(zone)
  end
  return zone
end

-- Whether an event said of late that a name was deleted: then a read that lacks it is believed.
local function was_told_gone(world, origin, name)
  local at = world.deletions.written[origin .. " " .. name]
  return at and world.time.now - at < TOLD_GONE_FOR
end

-- Looks at one thing that a source zone says. What is not of any version is not whole; what is only of versions before
-- the one that was seen last is older. A name that was not there before either says nothing.
local function check_value(self, state, row, key, before, value, of_version)
  local versions, from = self.world.source.versions[row.zone], math.max(state.index, state.keys[key] or 1)
  local index = index_of(versions, from, function(version)
    return of_version(version) == value
  end)
  if index and index >= from then
    state.keys[key] = index
  elseif value or before and not was_told_gone(self.world, row.zone, key) then
    fail(self, index and "older" or "whole", "serial %d says of %s what the source %s", row.serial, key,
      index and ("last said in version %d, after version %d"):format(index, from) or "never said")
  end
end

local function check_values(self, state, row, before, zone)
  for i = 1, outside.NAMES do
    local name = "n" .. i
    local value, now = outside.value_of(before, name), outside.value_of(zone, name)
    check_value(self, state, row, name, value, now, function(version)
      return version.names[name]
    end)
  end
  check_value(self, state, row, "NS", outside.second_ns_of(before), outside.second_ns_of(zone), function(version)
    return version.second_ns
  end)
  check_value(self, state, row, "ALIAS", outside.host_of(before), outside.host_of(zone), function(version)
    return version.host
  end)
end

local function newest_index(state)
  local newest = state.index
  for _, index in pairs(state.keys) do
    newest = math.max(newest, index)
  end
  return newest
end

-- Whether a pull is a zone that the source said to be whole.
local function is_whole(self, pull)
  return self.world.source.whole and not select(2, names.source_version(pull.version))
end

-- What a source zone is of, on from what was known: the version that has it, if any has all of it.
local function version_of(self, origin, from, zone)
  return index_of(self.world.source.versions[origin], from, function(version)
    return version.hash == zone.hash
  end)
end

local function check_source(self, state, row)
  if state.newest and state.newest.pull == row.pull then
    return -- other addresses for what was looked at before
  end
  local before, zone = state.source, pulled_zone(self, row.pull)
  state.source = zone
  self.world.deletions:settle(row.zone, zone, false)
  if not before then
    return -- with nothing to compare it with, the first zone that a source gives has to be believed
  end
  local from = newest_index(state)
  local index = version_of(self, row.zone, from, zone)
  if index and index >= from then
    state.index, state.keys = index, {}
  elseif not is_whole(self, assert(self.world.db:row("SELECT version FROM pulls WHERE id = :pull", row))) then
    check_values(self, state, row, before, zone)
  else
    fail(self, index and "older" or "whole", "serial %d was made from %s", row.serial,
      index and ("version %d of the source, after version %d"):format(index, from) or "what the source never held")
  end
end

-- A publication that a person caused: what is held and was approved, or an earlier one again. From an approved version
-- of the source that is older, all that is newer than that is newer.
local function check_order(self, state, row)
  local serial = math.tointeger(tonumber(row.cause:match "^rolled back to serial (%d+)$"))
  if serial then
    state.rolled_back = true
    if state.contents[serial] ~= row.hash then
      fail(self, "frozen", "serial %d is not what serial %d was", row.serial, serial)
    end
    return
  end
  local source = pulled_zone(self, row.pull)
  if not self.world.approved[plan.hash(state.source, source)] then
    fail(self, "guard", "serial %d says that %s approved it, who approved other plans", row.serial, row.who)
  end
  state.source, state.index, state.keys = source, version_of(self, row.zone, newest_index(state), source) or 1, {}
end

-- Whether a person has known for long enough for everybody to have heard of it that a zone is frozen.
local function is_frozen(self, origin)
  local since = self.world.frozen[origin]
  return since and self.world.time.now - since > FREEZE_KNOWN_AFTER
end

-- A publication that nobody ordered.
local function check_step(self, state, row, zone)
  if is_frozen(self, row.zone) then
    fail(self, "frozen", "serial %d was published though the zone is frozen", row.serial)
  elseif state.zone and vanished(state.zone, zone) > #state.zone * 0.5 then
    fail(self, "guard", "serial %d lost %d of %d records", row.serial, vanished(state.zone, zone), #state.zone)
  end
  check_source(self, state, row)
end

local function check_publication(self, row)
  local state = self.zones[row.zone] or { contents = {}, index = 1, keys = {}, order = {} }
  self.zones[row.zone] = state
  local before = state.newest
  if before and (core.serial_compare(row.serial, before.serial) ~= 1 or row.hash == before.hash) then
    fail(self, "serial", "serial %d with %.8s follows serial %d with %.8s", row.serial, row.hash, before.serial,
      before.hash)
  end
  local holder = assert(self.world.db:row("SELECT token FROM zones WHERE zone = :zone", row))
  if row.token ~= holder.token then
    fail(self, "fence", "serial %d was published by token %d, the newest is %d", row.serial, row.token, holder.token)
  end
  local zone = row.whole == 1 and core.parse { text = row.content, name = "row", origin = row.zone }
    or chain.apply(state.zone, row.delta)
  if not zone or zone.hash ~= row.hash or zone.serial ~= row.serial then
    fail(self, "durable", "serial %d can't be read again", row.serial)
  end
  local check = row.who == "" and check_step or check_order
  check(self, state, row, zone)
  state.newest, state.zone, state.contents[row.serial] = row, zone, row.hash
  table.insert(state.order, row)
end

-- After the store was asked to publish, whatever came of it.
local function check_new(self)
  self.last_id = self.last_id or 0
  local rows = assert(self.world.db:rows("SELECT * FROM publications WHERE id > :id ORDER BY id",
    { id = self.last_id }))
  for _, row in ipairs(rows) do
    self.last_id = row.id
    check_publication(self, row)
  end
end

-- Nothing waits to be confirmed that was proven.
local function check_verdict(self, process, verdict)
  local zone = process.sync.zones[verdict.zone]
  local lost = verdict.why:find("vanished", 1, true)
    and self.world.deletions:lost(process, zone, self.world.policy.guard.confirm)
  if lost then
    fail(self, "proven", "%s waits until it is confirmed that %s is gone from %s, which it was told", process.key, lost,
      zone.name)
  end
end

-- What is still needed of a zone is there.
local function check_kept(self, origin)
  local state = self.zones[origin]
  local lack = state and kept.lack(self.world.db, origin, state.order, function(id)
    return pulled_zone(self, id)
  end)
  if lack then
    fail(self, "kept", "of %s %s", origin, lack)
  end
end

-- Who is not alive by the clock of the store threw nothing away.
local function check_alive(self, process, operation)
  if not self.world.db:row("SELECT worker FROM workers WHERE worker = :worker AND until > :now",
    { worker = process.folder and process.folder.worker or "", now = self.world:now() }) then
    fail(self, "alive", "%s was not alive and did '%s'", process.key, operation)
  end
end

--- When the store has done what a process asked of it, or has not.
function Invariants:asked(process, operation, value, subject, ...)
  if operation == "publish" then
    check_new(self)
  elseif operation == "post_event" then
    self.world.deletions:posted(subject, select(3, ...))
  elseif operation == "save_findings" then
    process.unwritten[subject.zone] = not value and process.sync.zones[subject.zone].findings or nil
  end
  if not value then
    return
  elseif operation == "publish" or operation == "accept_pull" or operation == "refuse_pull" then
    if operation == "accept_pull" then
      self.zones[subject.zone].source = pulled_zone(self, value) -- what the next step is compared with
    end
    check_kept(self, subject.zone)
  elseif operation == "save_verdict" and process.sync then
    check_verdict(self, process, subject)
  elseif FORGETS[operation] then
    check_alive(self, process, operation)
    for _, origin in ipairs(operation == "forget_targets" and self.world.origins or {}) do
      check_kept(self, origin)
    end
  end
end

-- Whether a person let all have a publication, the number `i` of the rows, whichever one all had before.
local function is_approved(self, origin, rows, i)
  for before = 0, next(self.world.approved) and i - 1 or -1 do
    if self.world.approved[plan.hash(rows[before], { origin = origin, hash = rows[i].hash })] then
      return true
    end
  end
  return false
end

-- Whether a publication may be had by all: {serial, step} in order, up to it.
local function is_passed(self, canary, origin, serial)
  local rows, soak = self.zones[origin].order, self.world.policy.soak
  local passed = false
  for i, row in ipairs(rows) do
    local had = self.had[canary.name .. " " .. origin .. " " .. row.serial]
    local soaked = had and self.world.time.now - had >= soak - 0.001
    passed = soaked or is_approved(self, origin, rows, i) or passed and row.step == "answers"
    if row.serial == serial then
      return passed
    end
  end
  return false
end

-- A target gets a publication.
local function check_canary(self, target, origin, serial)
  for _, canary in ipairs(self.world.targets) do
    if canary.canary and not target.canary and not is_passed(self, canary, origin, serial) then
      fail(self, "canary", "%s has serial %d, which %s did not serve for %g s", target.name, serial, canary.name,
        self.world.policy.soak)
    end
  end
end

--- When someone begins to push a publication to a target.
function Invariants:pushed(target, origin, publication)
  local state = self.zones[origin]
  if not state or state.contents[publication.serial] ~= publication.hash then
    fail(self, "durable", "%s is to get serial %d, which was not written down so", target.name, publication.serial)
  end
  check_canary(self, target, origin, publication.serial)
end

--- When a target has a whole publication.
function Invariants:transferred(target, origin, publication)
  local key = ("%s %s %d"):format(target.name, origin, publication.serial)
  self.had[key] = self.had[key] or self.world.time.now
  self:served(target.name, origin, publication)
  check_canary(self, target, origin, publication.serial)
end

-- Whether a process is the worker that has a zone, and alive, as the store has it at this moment.
local function has_zone(self, process, origin)
  return self.world.db:row([[SELECT 1 AS yes FROM zones z JOIN workers w ON w.worker = z.worker
    WHERE z.zone = :zone AND z.worker = :worker AND w.until > :now]],
    { zone = origin, worker = process.folder and process.folder.worker, now = self.world:now() })
end

--- When a target asks a process to leave it alone with a zone for so many seconds.
function Invariants:left_alone(target, process, origin, seconds)
  process.alone[target.name .. " " .. origin] = self.world.time.now + seconds
end

--- When an attempt at a target begins.
---@return table attempt to be ended by `attempted`
function Invariants:attempt(target, process, origin)
  if (process.alone[target.name .. " " .. origin] or 0) > self.world.time.now + 0.001 then
    fail(self, "breaker", "%s does not leave %s alone with %s, which asked for that", process.key, target.name, origin)
  end
  if not has_zone(self, process, origin) then
    fail(self, "fence", "%s tells %s of %s, which it does not have", process.key, target.name, origin)
  end
  local lane = process.sync and process.sync.host.lanes[target]
  local opened = lane and lane.breaker.since and lane.breaker.opened_at
  for attempt in pairs(opened and self.attempts or {}) do
    if attempt.target == target and attempt.process == process and attempt.from > opened then
      fail(self, "breaker", "%s has two attempts at %s under way, which does not answer", process.key, target.name)
    end
  end
  local attempt = { target = target, process = process, from = self.world.time.now }
  self.attempts[attempt] = true
  return attempt
end

function Invariants:attempted(attempt)
  self.attempts[attempt] = nil
end

--- When someone serves a publication.
function Invariants:served(who, origin, publication)
  local state, key = self.zones[origin], who .. " " .. origin
  local before = self.seen[key]
  if before == publication.serial then
    return
  elseif not state or state.contents[publication.serial] ~= publication.hash then
    fail(self, "durable", "%s serves serial %d, which was not written down so", who, publication.serial)
  elseif before and core.serial_compare(publication.serial, before) ~= 1 then
    fail(self, "durable", "%s serves serial %d after %d", who, publication.serial, before)
  end
  self.seen[key] = publication.serial
end

-- Whether no run is under way at a zone that a process read, and it does not tell what it told before. Runs that follow
-- answers read nothing, and are to be over too. It is asked at each moment.
local function is_news(process, zone, read)
  local told_last = process.told[zone.name]
  return not (told_last and told_last.findings == zone.findings and told_last.accepted == zone.accepted
    and told_last.text == read.text and told_last.verdict == rawget(zone, "verdict"))
    and zone.handled ~= read.handled and not process.sync.host.at_work[zone]
end

-- What a process tells of a zone is looked at when the run is over in which it read it, and when it changes.
local function check_told(self, process, origin, zone, read)
  if zone.failures > 0 then
    process.reads[origin] = nil -- what was read came to nothing
    return
  end
  process.told[origin] = {
    text = read.text, findings = zone.findings, verdict = zone.verdict, accepted = zone.accepted,
  }
  local is_its = zone.lease and zone.lease.token == read.token and has_zone(self, process, origin)
  local untold = is_its and told.at_rest(self.world, process, zone, read)
  if untold then
    fail(self, "told", "%s %s", origin, untold)
  end
end

--- When a process has read a zone: all of it, or nothing that tells how the whole stands.
---@param key string of the process
---@param origin string
---@param zone? any
---@param text? string
function Invariants:read(key, origin, zone, text)
  for _, process in ipairs(self.world.processes) do
    local known = process.key == key and process.sync and process.sync.zones[origin]
    if known then
      process.reads[origin] = zone and known.lease and {
        zone = zone, text = text, handled = known.handled, token = known.lease.token,
      } or nil
    end
  end
end

-- What a process serves of a zone, if it is another than the moment before.
local function check_shown(self, process, origin, publication)
  if not publication then
    fail(self, "durable", "%s serves nothing of %s any more", process.key, origin)
  end
  self:served(process.key, origin, publication)
  process.shows[origin] = publication
end

--- After each moment.
function Invariants:step()
  if self.failure then
    error(self.failure, 0)
  end
  for _, process in ipairs(self.world.processes) do
    local zones = not process.dead and process.sync and process.sync.zones
    for i = 1, zones and #self.world.origins or 0 do
      local origin = self.world.origins[i]
      local zone, read = zones[origin], process.reads[origin]
      if zone.publication ~= process.shows[origin] then
        check_shown(self, process, origin, zone.publication)
      end
      if read and is_news(process, zone, read) then
        check_told(self, process, origin, zone, read)
      end
    end
  end
end

--- When all faults have been over for long enough.
function Invariants:finish()
  self.ended = true
  for _, origin in ipairs(self.world.origins) do
    local state, owners = self.zones[origin], {}
    for _, process in ipairs(self.world.processes) do
      local zone = process.sync and not process.dead and process.sync.zones[origin]
      owners[#owners + 1] = zone and zone.lease and process or nil
    end
    if #owners ~= 1 then
      fail(self, "converge", "%d processes have %s", #owners, origin)
    end
    local untold = told.at_end(state, owners[1].sync:zone_status(origin), self.world.source.versions[origin],
      owners[1].clock.now())
    if untold then
      fail(self, "told", "%s %s", origin, untold)
    end
    local serial = state and state.newest.serial
    for _, target in ipairs(self.world.targets) do
      local has = target.has[origin]
      if (has and has.serial) ~= serial then
        fail(self, "converge", "%s serves serial %s of %s, not %s", target.name, has and has.serial, origin, serial)
      elseif has and has.hash ~= state.newest.hash then
        fail(self, "converge", "%s serves something else of %s under serial %d", target.name, origin, serial)
      end
    end
    for _, process in ipairs(self.world.processes) do
      local publication = process.sync and not process.dead and process.sync:publication(origin)
      if publication and publication.serial ~= serial then
        fail(self, "converge", "%s has serial %d of %s, not %d", process.key, publication.serial, origin, serial)
      end
    end
  end
end

return M
