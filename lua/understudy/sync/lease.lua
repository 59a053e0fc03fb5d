--- lease: which zones this process has, of those that several processes share through one store.
--
-- A process is a worker that says in time that it is alive. A zone is had by one worker, under a token that grows
-- with each new one; the store refuses whatever comes with an older token, so a process that slept through the end
-- of its lease can do no harm. Zones are shared evenly; those of a worker that died are taken over.

local parts = require "understudy.parts"
local sorted = require "understudy.sorted"
local units = require "understudy.units"

local M = {}

local ALIVE_FOR <const> = 6      -- seconds after each word of life
-- The same where the lock of the state folder keeps all others away: longer than a clock can be set ahead.
local ALONE_FOR <const> = 1e12
local BEAT_EVERY <const> = 2
local STALLED_AFTER <const> = 3  -- seconds without an answer to a word of life
local LEAVE_WITHIN <const> = 3   -- seconds
local NAMES_A_CALL <const> = 1000

local Lease = {}
Lease.__index = Lease
Lease.__name = "understudy.Lease"

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  return set
end

---@param host table {store=, lease_store=, clock=, random=, log=, spawn=, alone=, predecessor=, announce=}
---@param names string[] of all zones; when it changes, `follow` is to be called
---@param on_gain fun(zone_names: string[]): boolean?, understudy.Error?
---@param on_loss fun(zone_names: string[])
---@return table
function M.new(host, names, on_gain, on_loss)
  return setmetatable({
    host = host, names = names, known = set_of(names), on_gain = on_gain, on_loss = on_loss,
    alive_for = host.alone and ALONE_FOR or ALIVE_FOR,
    woken = host.clock.condition(), -- when there is reason to speak at once
    tokens = {}, -- by zone
    count = 0,
    workers = 1, -- that are alive, this one among them
    good_until = -math.huge, -- monotonic
  }, Lease)
end

--- How a process calls itself: nobody else ever did.
local function new_name(host)
  local words = {}
  for i = 1, 4 do
    words[i] = ("%04x"):format(math.floor(host.random() * 65536))
  end
  return (host.worker_name or "worker") .. "-" .. table.concat(words)
end

-- The lease is good from the moment before the store was asked.
local function prolong(self, asked_at)
  self.good_until = asked_at + self.alive_for
end

-- A word of life must not wait behind what takes the store long, so it has a connection of its own where there are
-- others who could take it for dead.
local function store_of(self)
  return self.host.lease_store or self.host.store
end

local function ask(self, operation, ...)
  local store = store_of(self)
  return store[operation](store, ...)
end

--- Whether this process may act for its zones at the moment. A process that was stopped for long finds out here;
--- whatever it still tries to write is refused by the store anyway.
---@return boolean
function Lease:good()
  return not self.ended and self.host.clock.monotonic() < self.good_until
end

-- Comes in under a new name, and returns how it stands then. Who had the one before, in this process or in one that is
-- known to be dead, does not come again, so nobody has to wait for it.
local function join(self)
  local host = self.host
  local asked_at = host.clock.monotonic()
  local name, before = new_name(host), self.worker or host.predecessor
  local standing, err = ask(self, "join", name, self.alive_for, host.clock.now(), host.alone or before)
  if not standing then
    return nil, err
  end
  self.worker = name
  if host.announce then
    host.announce(name)
  end
  prolong(self, asked_at)
  return standing
end

local function lose(self, names)
  for _, name in ipairs(names) do
    self.tokens[name] = nil
  end
  self.count = self.count - #names
  self.on_loss(names)
end

-- The zones that it has, in order.
local function held(self)
  return sorted.keys(self.tokens)
end

-- Claims zones; those it gets are told of.
local function claim(self, names)
  local host, gained = self.host, {}
  local rows, err = ask(self, "claim", self.worker, names, host.clock.now())
  if not rows then
    return nil, err
  end
  for _, row in ipairs(rows) do
    if self.known[row.zone] and self.tokens[row.zone] ~= row.token then
      self.count = self.count + (self.tokens[row.zone] and 0 or 1)
      self.tokens[row.zone] = row.token
      gained[#gained + 1] = row.zone
    end
  end
  table.sort(gained)
  local ok, problem = true, nil
  if #gained > 0 then
    ok, problem = self.on_gain(gained)
  end
  if not ok then
    -- The next beat sees that the store says otherwise, and takes them up again.
    for _, name in ipairs(gained) do
      self.tokens[name] = nil
    end
    self.count = self.count - #gained
  end
  return ok, problem
end

-- Takes free zones up to a number, of those that the policy knows.
local function claim_free(self, share)
  local host, after = self.host, ""
  while self.count < share do
    local free, err = ask(self, "claimable", after, NAMES_A_CALL, host.clock.now())
    if not free then
      return nil, err
    elseif #free == 0 then
      return true
    end
    after = free[#free]
    local mine = {}
    for _, name in ipairs(free) do
      if self.known[name] and self.count + #mine < share then
        mine[#mine + 1] = name
      end
    end
    if #mine > 0 then
      local ok, problem = claim(self, mine)
      if not ok then
        return nil, problem
      end
    end
  end
  return true
end

-- What the store says that it has and it does not know of, as an answer was lost, it takes up or gives back.
local function reconcile(self, owned)
  if owned == self.count then
    return true
  end
  local names, problem = ask(self, "owned", self.worker)
  if not names then
    return nil, problem
  end
  local mine, strange = {}, {}
  for _, name in ipairs(names) do
    local list = self.known[name] and mine or strange
    list[#list + 1] = name
  end
  local ok, why = claim(self, mine)
  if ok and #strange > 0 then
    ok, why = ask(self, "release", self.worker, strange)
  end
  return ok, why
end

-- Gives back what is more than a fair share, so that others get it.
local function release_surplus(self, share)
  if self.count <= share then
    return true
  end
  local names = held(self)
  names = table.move(names, share + 1, #names, 1, {})
  lose(self, names)
  return ask(self, "release", self.worker, names)
end

-- Says that it is alive, and returns how it stands then; false when that came too late.
local function speak(self)
  local host = self.host
  local asked_at = host.clock.monotonic()
  local standing, err = ask(self, "heartbeat", self.worker, self.alive_for, host.clock.now())
  if standing then
    prolong(self, asked_at)
  end
  return standing, err
end

-- Does what may take long, as to take up many zones or large ones, and says meanwhile in time that it is alive.
local function while_alive(self, work, ...)
  local host, done, ended = self.host, false, self.host.clock.condition()
  local _ <close> = setmetatable({}, { __close = function()
    done = true
    ended:signal()
  end })
  if not host.alone then
    host.spawn("words of life", function()
      repeat
        ended:wait(BEAT_EVERY)
      until done or speak(self) == false
    end)
  end
  return work(self, ...)
end

-- Takes and gives back what it must to have what it should.
local function adjust(self, standing, share)
  local ok, err = reconcile(self, standing.owned)
  if ok then
    ok, err = release_surplus(self, share)
  end
  if ok then
    ok, err = claim_free(self, share)
  end
  return ok, err
end

-- Sees to it that it has what it should, by what the store says of how it stands.
local function balance(self, standing)
  self.workers = math.max(standing.workers, 1)
  local share = math.ceil(#self.names / self.workers)
  if standing.owned == self.count and self.count == share then
    return true
  end
  return while_alive(self, adjust, standing, share)
end

-- Makes all zones known, joins the other workers and takes the zones that are free.
local function begin(self)
  for part in parts.of(self.names, NAMES_A_CALL) do
    local ok, err = ask(self, "register", part)
    if not ok then
      return nil, err
    end
  end
  local standing, err = join(self)
  if not standing then
    return nil, err
  end
  return balance(self, standing)
end

-- One word of life, and what follows from it.
local function beat(self)
  local host = self.host
  if not self.worker then
    return begin(self)
  end
  local standing, err = speak(self)
  if standing == false then
    host.log:warning "this process was silent for too long, others may have taken its zones; it begins anew"
    lose(self, held(self))
    standing, err = join(self)
  end
  if not standing then
    return nil, err
  end
  return balance(self, standing)
end

-- Tells when the store can't be written to, and when it can again.
local function note(self, ok, err)
  local host, before = self.host, self.failing
  if not ok and not before then
    host.log:error("the leases can't be kept: %s", err.message)
  elseif ok and before then
    host.log:info "the leases are kept again"
  end
  self.failing = not ok and { since = before and before.since or host.clock.now(), why = err.message } or nil
end

--- Begins: takes the zones that are free. What time may mend is tried again by `keep`; until then, this process serves
--- what is published and can do no more.
---@return boolean? ok
---@return understudy.Error? err
function Lease:begin()
  local ok, err = begin(self)
  if not ok and not err.temporary then
    return nil, err
  end
  note(self, ok, err)
  return true
end

--- Takes other zones for those of the policy. What it has of the others is lost to this process at once, and others get
--- it with the next word of life.
function Lease:follow()
  self.known = set_of(self.names)
  local gone = {}
  for name in pairs(self.tokens) do
    gone[#gone + 1] = not self.known[name] and name or nil
  end
  lose(self, gone)
  self.woken:signal()
end

--- Goes on until it ends.
function Lease:keep()
  local host = self.host
  while true do
    self.woken:wait(BEAT_EVERY * (1 + 0.1 * host.random()))
    if self.ended then
      return
    end
    note(self, beat(self))
  end
end

--- What is wrong with the store, if nothing can be written to it at the moment.
---@return {since: number, why: string}?
function Lease:trouble()
  local clock = self.host.clock
  local waiting = math.max(store_of(self):waiting(), self.host.store:waiting())
  if not self.failing and waiting > STALLED_AFTER then
    return {
      since = clock.now() - waiting, why = ("the database has not answered for %s"):format(units.span(waiting)),
    }
  end
  return self.failing
end

--- Ends: gives all zones back, so that nobody has to wait for them; unless the store takes too long to hear of it. From
--- here on this process acts for none of them.
function Lease:finish()
  local host, left = self.host, self.host.clock.condition()
  self.ended = true
  if self.worker then
    host.spawn("leave", function()
      host.store:leave(self.worker)
      left:signal()
    end)
    left:wait(LEAVE_WITHIN)
  end
end

return M
