--- dns: the hidden primary: answers secondaries over UDP and TCP, and takes NOTIFYs in.
--
-- What a query gets is decided in server/dns/answer.lua; this file moves octets and keeps strangers
-- within limits of number, time and memory.

local cqueues = require "cqueues"

local address = require "understudy.net.address"
local answer = require "understudy.server.dns.answer"
local task = require "understudy.task"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"

local M = {}

local LIMITS <const> = {
  connections = 100, -- at the same time
  per_peer = 10,     -- of these, from one address
  idle = 10,         -- seconds for a whole query to come in
  stall = 30,        -- seconds for the peer to take one message
  transfer = 7200,   -- seconds for a whole transfer
}
local TURN <const> = 65536        -- octets of a transfer until others have their turn
local DATAGRAMS <const> = 64      -- datagrams in a row until others have their turn
local LOG_PERIOD <const> = 60     -- seconds in which the faults of a peer make one line
local LOG_PEERS <const> = 1000    -- peers remembered for that
local PORT_TRIES <const> = 20     -- to find a port that is free for both UDP and TCP
local ACCEPT_PAUSE <const> = 0.25 -- seconds, when the system has no descriptor for us

---@class understudy.server.Dns
---@field port integer of the first address; tells what port 0 became
local Server = {}
Server.__index = Server
Server.__name = "understudy.DnsServer"

-- One line a minute and peer: what others send must not fill the log.
local function log_once(self, level, from, format, ...)
  local now = self.clock.monotonic()
  local last = self.logged[from]
  if last and now - last < LOG_PERIOD then
    return
  end
  if not last then
    if self.logged_count >= LOG_PEERS then
      self.logged, self.logged_count = {}, 0
    end
    self.logged_count = self.logged_count + 1
  end
  self.logged[from] = now
  self.log[level](self.log, "%s: " .. format, from, ...)
end

-- The answer to a message, or nil to drop it. A fault of ours costs this query only.
local function respond(self, octets, from, is_udp)
  local question = { octets = octets, from = from, udp = is_udp, now = self.clock.now() }
  local ok, reply, query = xpcall(answer.answer, debug.traceback, question, self.zones)
  if not ok then
    log_once(self, "error", from, "a query could not be answered: %s", reply)
    return nil
  end
  if reply and reply.refused then
    log_once(self, "warning", from, "refused %s: %s", tostring(query), reply.refused)
  elseif reply and reply.failed then
    log_once(self, "error", from, "cannot answer %s: %s", tostring(query), reply.failed)
  end
  return reply
end

-- Tells whom it concerns about a NOTIFY, after its sender was answered.
local function tell(self, reply)
  if reply.notified then
    local ok, trace = xpcall(reply.notified, debug.traceback)
    if not ok then
      self.log:error("a NOTIFY could not be passed on: %s", trace)
    end
  end
end

-- ---------------------------------------------------------------- UDP

local function serve_datagrams(self, socket)
  local count = 0
  while not self.closed do
    local octets, from, port, to = socket:receive()
    if octets then
      local reply = respond(self, octets, from, true)
      if reply then
        socket:send(reply.octets, from, port, to) -- what cannot be sent now is lost, as datagrams are
        tell(self, reply)
      end
    elseif from then
      self.log:warning("%s", from)
      cqueues.sleep(ACCEPT_PAUSE)
    end
    count = count + 1
    if count % DATAGRAMS == 0 then
      cqueues.sleep(0)
    end
  end
end

-- ---------------------------------------------------------------- TCP

-- Sends all messages of a transfer; nil and the reason if it did not get through.
local function send_transfer(self, connection, reply)
  local messages <close> = reply.transfer
  local limits, monotonic = self.limits, self.clock.monotonic
  local deadline, turn = monotonic() + limits.transfer, 0
  while not self.closed do
    local octets, err = messages:next(self.clock.now())
    if not octets then
      return not err or nil, err
    end
    local ok, write_err = connection:write(octets, limits.stall)
    if not ok then
      return nil, write_err
    end
    if monotonic() > deadline then
      return nil, "it took too long"
    end
    turn = turn + #octets
    if turn >= TURN then
      turn = 0
      cqueues.sleep(0)
    end
  end
  return nil, "the server stops"
end

local function send_reply(self, connection, reply)
  if not reply.transfer then
    return connection:write(reply.octets, self.limits.stall)
  end
  local ok, err = send_transfer(self, connection, reply)
  local what = reply.from and ("changes from serial %d to"):format(reply.from) or "transfer of serial"
  local line = "%s %s %d to %s %s"
  if ok then
    self.log:info(line, reply.zone, what, reply.serial, connection.peer, "done")
  else
    self.log:warning(line, reply.zone, what, reply.serial, connection.peer, "failed: " .. tostring(err))
  end
  return ok
end

local function serve_connection(self, connection)
  while not self.closed do
    local octets = connection:read(self.limits.idle)
    local reply = octets and respond(self, octets, connection.peer, false)
    if not reply or not send_reply(self, connection, reply) then
      return
    end
    tell(self, reply)
  end
end

-- Counts a connection; what it returns, once closed, counts it out. nil: there are too many.
local function admit(self, connection)
  local peer = connection.peer
  local of_peer = self.peers[peer] or 0
  if self.count >= self.limits.connections or of_peer >= self.limits.per_peer then
    return nil
  end
  self.count = self.count + 1
  self.peers[peer] = of_peer + 1
  self.connections[connection] = true
  return setmetatable({}, {
    __close = function()
      self.count = self.count - 1
      self.peers[peer] = self.peers[peer] > 1 and self.peers[peer] - 1 or nil
      self.connections[connection] = nil
      connection:close()
    end,
  })
end

local function accept_connections(self, listener)
  while not self.closed do
    local connection, err = listener:accept()
    local place = connection and admit(self, connection)
    if place then
      task.spawn(self.queue, "DNS connection", function()
        local _ <close> = place
        serve_connection(self, connection)
      end, self.log)
    elseif connection then
      log_once(self, "warning", connection.peer, "too many connections, closing the newest")
      connection:close()
    elseif err then
      self.log:error("%s", err)
      cqueues.sleep(ACCEPT_PAUSE)
    end
  end
end

-- ---------------------------------------------------------------- opening and closing

-- UDP and TCP on the same port. With port 0 the port that UDP got may be taken for TCP: then again.
local function open_pair(ip, port)
  local err
  for _ = 1, port == 0 and PORT_TRIES or 1 do
    local datagrams, listener
    datagrams, err = udp.open(ip, port)
    if not datagrams then
      return nil, err
    end
    listener, err = tcp.listen(ip, datagrams.port)
    if listener then
      return datagrams, listener
    end
    datagrams:close()
  end
  return nil, err
end

local function open(self, text)
  local ip, port = address.parse(text, 53)
  if not ip then
    return nil, port
  end
  local datagrams, listener = open_pair(ip, port)
  if not datagrams then
    return nil, listener
  end
  self.sockets[#self.sockets + 1] = datagrams
  self.sockets[#self.sockets + 1] = listener
  self.port = self.port or datagrams.port
  task.spawn(self.queue, "DNS over UDP", function()
    serve_datagrams(self, datagrams)
  end, self.log)
  task.spawn(self.queue, "DNS over TCP", function()
    accept_connections(self, listener)
  end, self.log)
  return true
end

--- Ends the server and all its connections. Their coroutines end in the loop's next round.
function Server:close()
  self.closed = true
  for _, socket in ipairs(self.sockets) do
    socket:close()
  end
  self.sockets = {}
  for connection in pairs(self.connections) do
    connection:shutdown()
  end
end

Server.__close = Server.close

---@class understudy.server.DnsOptions
---@field listen string|string[]  "192.0.2.1", "192.0.2.1:5300", "[::1]:0"
---@field zones fun(name: string): understudy.server.Zone? by lower-case name with its final dot
---@field log? table
---@field clock? understudy.Clock
---@field queue? any       the controller; by default the one that runs
---@field limits? table    those of LIMITS to change

--- Serves zones.
---@param options understudy.server.DnsOptions
---@return understudy.server.Dns?
---@return understudy.Error? err
function M.serve(options)
  local limits = setmetatable({}, { __index = LIMITS })
  for name, value in pairs(options.limits or {}) do
    assert(LIMITS[name], "a DNS server has no limit of that name")
    limits[name] = value
  end
  local self = setmetatable({
    queue = assert(options.queue or cqueues.running(), "a DNS server needs an event loop"),
    zones = options.zones,
    log = options.log or require("understudy.log").new(),
    clock = options.clock or require("understudy.clock").system(),
    limits = limits,
    sockets = {},
    connections = {}, -- set of those that are open
    count = 0,        -- of these
    peers = {},       -- the same by address
    logged = {},      -- when something about this address was last logged
    logged_count = 0,
    closed = false,
  }, Server)
  local listen = options.listen
  for _, text in ipairs(type(listen) == "table" and listen or { listen }) do
    local ok, err = open(self, text)
    if not ok then
      self:close()
      return nil, err
    end
  end
  return self
end

return M
