--- A proxy between a server of ours and those who ask it, which does harm as long as it is told to: by a seed, so that
--- a run can be repeated as far as the timing of others allows. It runs in the loop of the test.
---
---   local proxy <close> = proxy.start(queue, server.port, { seed = 7 })
---   proxy.harm = false
---
--- UDP: datagrams are dropped, doubled, reordered, corrupted, truncated. TCP: octets are corrupted, connections cut,
--- reset, stalled, trickled.
local chance = require "spec.simulation.chance"
local cqueues = require "cqueues"
local task = require "understudy.task"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"

local M = {}

local HOST <const> = "127.0.0.1"
local CHUNK <const> = 4096        -- octets at a time
local UDP_LIFE <const> = 3        -- seconds that an answer by UDP may take
local CONNECT_WITHIN <const> = 5  -- seconds
local STALL <const> = 0.4         -- seconds
local TRICKLE <const> = { octets = 40, pause = 0.002 }

---@class spec.Proxy
---@field port integer where to ask, by UDP and TCP
---@field harm boolean
---@field done table<string, integer> how often each harm was done
local Proxy = {}
Proxy.__index = Proxy

local function spawn(self, fn)
  task.spawn(self.queue, "proxy", fn, { error = function(_, format, ...)
    io.stderr:write(format:format(...), "\n")
  end })
end

-- The harm to do now, one after the other of a list, in a share of all cases; nil: none.
local function choose(self, kind, list)
  if not self.harm or self.chance() > self.share then
    return nil
  end
  self.turn[kind] = self.turn[kind] % #list + 1
  local harm = list[self.turn[kind]]
  self.done[harm] = (self.done[harm] or 0) + 1
  return harm
end

local function corrupted(self, octets)
  local at = math.floor(self.chance() * #octets) + 1
  local changed = octets:byte(at) ~ 1 << math.floor(self.chance() * 8)
  return octets:sub(1, at - 1) .. string.char(changed) .. octets:sub(at + 1)
end

-- ---------------------------------------------------------------- UDP

local DATAGRAM_HARMS <const> = { "drop", "double", "reorder", "corrupt", "truncate" }

-- Sends a datagram, or what becomes of it.
local function pass(self, octets, send)
  local harm = choose(self, "udp", DATAGRAM_HARMS)
  if harm == "drop" then
    return
  elseif harm == "double" then
    send(octets)
  elseif harm == "reorder" and not self.held then
    self.held = function()
      send(octets)
    end
    return
  elseif harm == "corrupt" then
    octets = corrupted(self, octets)
  elseif harm == "truncate" then
    octets = octets:sub(1, math.floor(self.chance() * #octets))
  end
  send(octets)
  local held = self.held
  self.held = nil
  if held then
    held()
  end
end

local function serve_datagrams(self)
  while not self.closed do
    local octets, from, port = self.datagrams:receive()
    if octets then
      spawn(self, function()
        local upstream <close> = assert(udp.open(HOST, 0))
        self.open[upstream] = true
        pass(self, octets, function(what)
          upstream:send(what, HOST, self.target)
        end)
        local deadline = cqueues.monotime() + UDP_LIFE
        repeat
          local answer = upstream:receive(math.max(deadline - cqueues.monotime(), 0))
          if answer and not self.closed then
            pass(self, answer, function(what)
              self.datagrams:send(what, from, port)
            end)
          end
        until not answer or self.closed
        self.open[upstream] = nil
      end)
    end
  end
end

-- ---------------------------------------------------------------- TCP

local STREAM_HARMS <const> = { "corrupt octet", "cut", "stall", "trickle" }

-- Passes some octets on. False: the connection is to end.
local function pass_some(self, octets, to)
  local harm = choose(self, "tcp", STREAM_HARMS)
  if harm == "corrupt octet" then
    octets = corrupted(self, octets)
  elseif harm == "cut" then
    to:xwrite(octets:sub(1, math.floor(self.chance() * #octets)), "bn", CONNECT_WITHIN)
    return false
  elseif harm == "stall" then
    cqueues.sleep(STALL)
  elseif harm == "trickle" then
    for i = 1, math.min(TRICKLE.octets, #octets) do
      to:xwrite(octets:sub(i, i), "bn", CONNECT_WITHIN)
      cqueues.sleep(TRICKLE.pause)
    end
    octets = octets:sub(TRICKLE.octets + 1)
  end
  return to:xwrite(octets, "bn", CONNECT_WITHIN) ~= nil
end

-- Passes all on that comes from one side, and then its end.
local function pump(self, from, to)
  while not self.closed do
    local octets = from.socket and from.socket:xread(-CHUNK, "b")
    if not octets or not to.socket then
      break
    elseif not pass_some(self, octets, to.socket) then
      from:shutdown()
      to:shutdown()
      return
    end
  end
  if to.socket then
    to.socket:shutdown "w"
  end
end

local function serve_connection(self, client)
  local _ <close> = client
  self.open[client] = true
  -- Closed with its query unread, the connection is reset.
  if choose(self, "reset", { "reset" }) and cqueues.poll({ pollfd = client.socket:pollfd(), events = "r" }, 1) then
    self.open[client] = nil
    return
  end
  local server <close> = tcp.connect(HOST, self.target, CONNECT_WITHIN)
  if server then
    self.open[server] = true
    local ended
    spawn(self, function()
      pump(self, server, client)
      ended = true
    end)
    pump(self, client, server)
    while not ended do
      cqueues.sleep(0.01)
    end
    self.open[server] = nil
  end
  self.open[client] = nil
end

local function serve_connections(self)
  while not self.closed do
    local client = self.listener:accept()
    if client then
      spawn(self, function()
        serve_connection(self, client)
      end)
    end
  end
end

-- ---------------------------------------------------------------- beginning and end

function Proxy:close()
  if not self.closed then
    self.closed = true
    self.datagrams:close()
    self.listener:close()
    for one in pairs(self.open) do
      if one.shutdown then
        one:shutdown() -- those who pump close it
      else
        one:close()
      end
    end
  end
end

Proxy.__close = Proxy.close

--- How much harm was done, of all kinds.
---@return integer
function Proxy:total()
  local total = 0
  for _, count in pairs(self.done) do
    total = total + count
  end
  return total
end

--- Stands between what asks it and a server on a port of the local host.
---@param queue any
---@param target integer
---@param options {seed: integer, share?: number} how much of what passes is harmed
---@return spec.Proxy
function M.start(queue, target, options)
  local datagrams, listener
  repeat -- until a port is free for both
    datagrams = assert(udp.open(HOST, 0))
    listener = tcp.listen(HOST, datagrams.port)
    if not listener then
      datagrams:close()
    end
  until listener
  local self = setmetatable({
    queue = queue, target = target, port = datagrams.port, harm = true, done = {},
    share = options.share or 0.3, chance = chance.new(options.seed), turn = { udp = 0, tcp = 0, reset = 0 },
    datagrams = datagrams, listener = listener, open = {}, closed = false,
  }, Proxy)
  spawn(self, function()
    serve_datagrams(self)
  end)
  spawn(self, function()
    serve_connections(self)
  end)
  return self
end

return M
