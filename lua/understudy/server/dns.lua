--- dns: the hidden primary: answers secondaries over UDP and TCP, and takes NOTIFYs in.
--
-- What a query gets is decided in server/dns/answer.lua, who may connect in server/dns/connections.lua; this
-- file moves octets and keeps strangers within limits of time and memory.

local cqueues = require "cqueues"

local answer = require "understudy.server.dns.answer"
local connections = require "understudy.server.dns.connections"
local sockets = require "understudy.server.dns.sockets"
local task = require "understudy.task"
local tls = require "understudy.net.tls"

local M = {}

local LIMITS <const> = {
  connections = 100, -- at the same time
  per_peer = 10,     -- of these, from one address
  queries = 10000,   -- over one connection
  idle = 10,         -- seconds for a whole query to come in
  stall = 30,        -- seconds for the peer to take one message
  transfer = 7200,   -- seconds for a whole transfer
}
local TURN <const> = 65536        -- octets of a transfer until others have their turn
local DATAGRAMS <const> = 64      -- datagrams in a row until others have their turn
local LOG_PERIOD <const> = 60     -- seconds in which the faults of a peer make one line
local LOG_PEERS <const> = 1000    -- peers remembered for that
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
local function respond(self, octets, from, transport)
  local question = {
    octets = octets, from = from, udp = transport == "udp", tls = transport == "tls", now = self.clock.now(),
  }
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
      local reply = respond(self, octets, from, "udp")
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

-- Whether a connection that is to be of TLS became one.
local function start_tls(self, connection)
  local ok, err = connection:start_tls(self.tls, self.limits.idle)
  if ok and not tls.agreed(connection:session()) then
    ok, err = nil, "it does not speak DNS over TLS (ALPN)"
  end
  if not ok then
    log_once(self, "warning", connection.peer, "%s", tostring(err))
  end
  return ok
end

local function serve_connection(self, connection, transport)
  if transport == "tls" and not start_tls(self, connection) then
    return
  end
  for _ = 1, self.limits.queries do
    self.connections:set_idle(connection, true)
    local octets = connection:read(self.limits.idle)
    self.connections:set_idle(connection, false)
    local reply = octets and not self.closed and respond(self, octets, connection.peer, transport)
    if not reply or not send_reply(self, connection, reply) then
      return
    end
    tell(self, reply)
  end
end

local function accept_connections(self, listener, transport)
  while not self.closed do
    local connection, err = listener:accept()
    local place = connection and self.connections:admit(connection)
    if place then
      task.spawn(self.queue, "DNS connection", function()
        local _ <close> = place
        serve_connection(self, connection, transport)
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

local function start(self)
  for _, datagrams in ipairs(self.sockets.datagrams) do
    task.spawn(self.queue, "DNS over UDP", function()
      serve_datagrams(self, datagrams)
    end, self.log)
  end
  for _, listener in ipairs(self.sockets.listeners) do
    task.spawn(self.queue, "DNS over TCP", function()
      accept_connections(self, listener, "tcp")
    end, self.log)
  end
  for _, listener in ipairs(self.sockets.tls) do
    task.spawn(self.queue, "DNS over TLS", function()
      accept_connections(self, listener, "tls")
    end, self.log)
  end
end

--- Ends the server and all its connections. Their coroutines end in the loop's next round.
function Server:close()
  self.closed = true
  self.sockets:close()
  self.connections:shutdown()
end

Server.__close = Server.close

---@class understudy.server.DnsOptions
---@field listen? string|string[]  "192.0.2.1", "192.0.2.1:5300", "[::1]:0"
---@field sockets? understudy.server.Sockets those that are bound already, in place of `listen`
---@field tls? any         what to show to those who come by TLS, see understudy.net.tls
---@field listen_tls? string[] where they come, "192.0.2.1:853"
---@field zones fun(name: string): understudy.server.Zone? by lower-case name with its final dot
---@field log? table
---@field clock? understudy.Clock
---@field queue? any       the controller; by default the one that runs
---@field limits? table    those of LIMITS to change

--- Binds addresses before anything is served, while there still is the right to.
M.bind = sockets.bind

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
  local bound, err = options.sockets, nil
  if not bound then
    bound, err = sockets.bind(options.listen, options.listen_tls)
  end
  if not bound then
    return nil, err
  end
  local clock = options.clock or require("understudy.clock").system()
  local self = setmetatable({
    queue = assert(options.queue or cqueues.running(), "a DNS server needs an event loop"),
    zones = options.zones,
    log = options.log or require("understudy.log").new(),
    clock = clock,
    limits = limits,
    sockets = bound,
    tls = options.tls,
    port = bound.port,
    connections = connections.new(limits, clock.monotonic),
    logged = {},      -- when something about this address was last logged
    logged_count = 0,
    closed = false,
  }, Server)
  start(self)
  return self
end

return M
