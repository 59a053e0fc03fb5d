--- dns: the hidden primary: answers secondaries over UDP and TCP, and takes NOTIFYs in.
--
-- What a query gets is decided in server/dns/answer.lua, and who may ask in server/dns/access.lua. UDP is served here,
-- TCP in server/dns/streams.lua, TLS in server/dns/tls.lua, all within limits of time and memory.

local cqueues = require "cqueues"

local answer = require "understudy.server.dns.answer"
local packed = require "understudy.server.dns.packed"
local sockets = require "understudy.server.dns.sockets"
local streams = require "understudy.server.dns.streams"
local task = require "understudy.task"
local tls = require "understudy.server.dns.tls"

local M = {}

--- What holds unless a server is told otherwise.
M.LIMITS = {
  connections = 100, -- at the same time, by TCP and by TLS together
  per_peer = 10,     -- of these, from one address
  queries = 10000,   -- over one connection
  idle = 10,         -- seconds for a whole query to come in
  stall = 30,        -- seconds for the peer to take one message, or 64 KB
  transfer = 7200,   -- seconds for a whole transfer
}
local DATAGRAMS <const> = 64      -- datagrams in a row until others have their turn
local RECEIVE_PAUSE <const> = 0.25 -- seconds, when the system can't give us any
local LOG_PERIOD <const> = 60     -- seconds in which the faults of a peer make one line
local LOG_PEERS <const> = 1000    -- peers remembered for that

---@class understudy.server.Dns
---@field port integer of the first address; tells what port 0 became
local Server = {}
Server.__index = Server
Server.__name = "understudy.DnsServer"

--- Logs something about a peer, one line a minute: what others send must not fill the log.
---@param level string
---@param from string address of the peer
---@param format string
function Server:log_once(level, from, format, ...)
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

--- Logs and counts what became of a transfer.
---@param reply understudy.server.Answer
---@param peer string
---@param problem? string
function Server:log_transfer(reply, peer, problem)
  local counts = self.counts
  if problem then
    counts.failed = counts.failed + 1
    self.log:warning("%s to %s failed: %s", reply.summary, peer, problem)
  else
    counts.transfers = counts.transfers + 1
    self.log:info(reply.summary .. " to " .. peer .. " done")
  end
end

--- The answer to a message, or nil to drop it. A fault of ours costs this query only.
---@param octets string
---@param from string address of the peer
---@param transport "udp"|"tcp"|"tls"
---@return understudy.server.Answer?
function Server:respond(octets, from, transport)
  local memory <const> = transport == "tcp" and self.packed or nil
  if memory then
    local ok, reply = pcall(answer.again, octets, from, self.zones, memory)
    if ok and reply then
      return reply
    end
  end
  local question = {
    octets = octets, from = from, udp = transport == "udp", tls = transport == "tls", now = self.clock.now(),
    memory = memory,
  }
  local ok, reply, query = xpcall(answer.answer, debug.traceback, question, self.zones)
  if not ok then
    self:log_once("error", from, "a query could not be answered: %s", reply)
    return nil
  end
  if reply and reply.refused then
    self:log_once("warning", from, "refused %s: %s", tostring(query), reply.refused)
  elseif reply and reply.failed then
    self:log_once("error", from, "cannot answer %s: %s", tostring(query), reply.failed)
  end
  return reply
end

--- Tells whom it concerns about a NOTIFY, after its sender was answered.
---@param reply understudy.server.Answer
function Server:tell(reply)
  if reply.notified then
    self.counts.notifies = self.counts.notifies + 1
    local ok, trace = xpcall(reply.notified, debug.traceback)
    if not ok then
      self.log:error("a NOTIFY could not be passed on: %s", trace)
    end
  end
end

local function serve_datagrams(self, socket)
  local count = 0
  while not self.closed do
    local octets, from, port, to = socket:receive()
    if octets then
      local reply = self:respond(octets, from, "udp")
      if reply then
        socket:send(reply.octets, from, port, to) -- what cannot be sent now is lost, as datagrams are
        self:tell(reply)
      end
    elseif from then
      self.log:warning("%s", from)
      cqueues.sleep(RECEIVE_PAUSE)
    end
    count = count + 1
    if count % DATAGRAMS == 0 then
      cqueues.sleep(0)
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
  task.spawn(self.queue, "DNS over TCP", function()
    streams.serve(self)
  end, self.log)
  for _, listener in ipairs(self.sockets.tls) do
    task.spawn(self.queue, "DNS over TLS", function()
      tls.serve(self, listener)
    end, self.log)
  end
end

--- How many connections there are.
---@return integer
function Server:connected()
  return self.closed and 0 or self.streams.count
end

--- How many connections there are, and what was done since the start.
---@return {connections: integer, transfers: integer, failed: integer, notifies: integer}
function Server:served()
  local counts = self.counts
  return {
    connections = self:connected(), transfers = counts.transfers, failed = counts.failed, notifies = counts.notifies,
  }
end

--- Ends the server and all its connections. Their coroutines end in the loop's next round.
function Server:close()
  if not self.closed then
    self.closed = true
    streams.close(self)
    self.sockets:close()
  end
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
  local limits = setmetatable({}, { __index = M.LIMITS })
  for name, value in pairs(options.limits or {}) do
    assert(M.LIMITS[name], "a DNS server has no limit of that name")
    limits[name] = value
  end
  local bound, err = options.sockets, nil
  if not bound then
    bound, err = sockets.bind(options.listen, options.listen_tls)
  end
  if not bound then
    return nil, err
  end
  local made, problem = streams.open(limits, bound.listeners)
  if not made then
    bound:close()
    return nil, problem
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
    streams = made,
    packed = packed.new(),
    transfers = {},   -- on their way by TCP: their answers, by number of the connection
    counts = { transfers = 0, failed = 0, notifies = 0 }, -- transfers that were sent or failed, NOTIFYs taken
    logged = {},      -- when something about this address was last logged
    logged_count = 0,
    closed = false,
  }, Server)
  start(self)
  return self
end

return M
