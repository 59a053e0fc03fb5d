--- tcp: DNS messages over TCP on the event loop, each behind its length (RFC 1035 §4.2.2, RFC 7766 §8).
--
-- Whatever waits has a time limit. Outside a loop the calls block instead.

local cqueues = require "cqueues"
local errno = require "cqueues.errno"
local openssl = require "openssl.ssl"
local socket = require "cqueues.socket"

local fault = require "understudy.error"

local M = {}

-- cqueues throws for most errors unless told to return them.
local function return_errors(_, _, why)
  return why
end

local function fail(why, format, ...)
  local text = why == errno.ETIMEDOUT and "timed out" or errno.strerror(why or errno.ECONNRESET)
  local code = why == errno.ETIMEDOUT and "timeout" or "network"
  return fault.fail_temporarily(code, "%s: %s", format:format(...), text)
end

---@class understudy.net.TcpConnection
---@field peer string address of the other side
---@field peer_port integer
local Connection = {}
Connection.__index = Connection
Connection.__name = "understudy.TcpConnection"

local function new_connection(raw, address, port)
  raw:onerror(return_errors)
  raw:setmode("bn", "bn")
  return setmetatable({ socket = raw, peer = address, peer_port = port }, Connection)
end

-- Exactly `count` octets; nil alone when the peer closed before them.
local function read_octets(self, count, deadline)
  local left = deadline - cqueues.monotime()
  if left <= 0 then
    return fail(errno.ETIMEDOUT, "reading from %s", self.peer)
  end
  local octets, why = self.socket:xread(count, "b", left)
  if octets and #octets == count then
    return octets
  end
  if not octets and why and why ~= errno.EPIPE then
    return fail(why, "reading from %s", self.peer)
  end
  return nil
end

--- Begins TLS, as the side that connected or the one that was connected to.
---@param context any see understudy.net.tls
---@param timeout number seconds
---@param name? string of the server, for it to choose a certificate (RFC 6066 §3)
---@return true?
---@return understudy.Error? err
function Connection:start_tls(context, timeout, name)
  local session = openssl.new(context)
  if name then
    session:setHostName(name)
  end
  local ok, why = self.socket:starttls(session, timeout)
  if not ok then
    local reason = math.type(why) and errno.strerror(why) or tostring(why)
    return fault.fail_temporarily("network", "TLS with %s failed: %s", self.peer,
      why == errno.ETIMEDOUT and "timed out" or reason)
  end
  return true
end

--- The TLS session; nil in clear text.
---@return any?
function Connection:session()
  return self.socket:checktls()
end

--- Reads a message; the limit holds for its length and all of its octets together.
---@param timeout number seconds
---@return string? octets
---@return understudy.Error? err nil when the peer closed the connection
function Connection:read(timeout)
  local deadline <const> = cqueues.monotime() + timeout
  local prefix, err = read_octets(self, 2, deadline)
  if not prefix then
    return nil, err
  end
  local length = string.unpack(">I2", prefix)
  if length == 0 then
    return ""
  end
  return read_octets(self, length, deadline)
end

--- Writes a message; the limit is for the peer to take all of it.
---@param octets string at most 65535
---@param timeout number seconds
---@return true?
---@return understudy.Error? err
function Connection:write(octets, timeout)
  local done, why = self.socket:xwrite(string.pack(">s2", octets), "bn", timeout)
  if not done then
    return fail(why, "writing to %s", self.peer)
  end
  return true
end

--- Its descriptor.
---@return integer
function Connection:pollfd()
  return self.socket:pollfd()
end

--- Ends the traffic, so that a coroutine that waits for it goes on; that one has to close the connection.
function Connection:shutdown()
  if self.socket then
    self.socket:shutdown("rw")
  end
end

function Connection:close()
  local raw = self.socket
  if raw then
    self.socket = nil
    raw:close()
  end
end

Connection.__close = Connection.close

--- Connects.
---@param address string
---@param port integer
---@param timeout number seconds
---@return understudy.net.TcpConnection?
---@return understudy.Error? err
function M.connect(address, port, timeout)
  local raw = socket.connect { host = address, port = port, nodelay = true }
  raw:onerror(return_errors)
  local ok, why = raw:connect(timeout)
  if not ok then
    raw:close()
    return fail(why, "connecting to %s port %d", address, port)
  end
  return new_connection(raw, address, port)
end

--- Sends a request over a connection of its own and waits for one message.
---@param octets string
---@param address string
---@param port integer
---@param timeout number seconds for all of it
---@return string? octets
---@return understudy.Error? err "timeout" or "network"
function M.exchange(octets, address, port, timeout)
  local deadline <const> = cqueues.monotime() + timeout
  local connection <close>, err = M.connect(address, port, timeout)
  if not connection then
    return nil, err
  end
  local ok, write_err = connection:write(octets, math.max(deadline - cqueues.monotime(), 0))
  if not ok then
    return nil, write_err
  end
  local reply, read_err = connection:read(deadline - cqueues.monotime())
  if not reply and not read_err then
    return fail(errno.ECONNRESET, "reading from %s", address)
  end
  return reply, read_err
end

---@class understudy.net.TcpListener
---@field address string
---@field port integer
local Listener = {}
Listener.__index = Listener
Listener.__name = "understudy.TcpListener"

--- Listens; port 0 takes a free one.
---@param address string
---@param port integer
---@return understudy.net.TcpListener?
---@return understudy.Error? err
function M.listen(address, port)
  local raw = socket.listen {
    host = address,
    port = port,
    reuseaddr = true,
    nodelay = true, -- which its connections inherit
    v6only = address:find(":", 1, true) ~= nil or nil,
  }
  raw:onerror(return_errors)
  local ok, why = raw:listen()
  if not ok then
    raw:close()
    return fail(why, "TCP %s port %d", address, port)
  end
  local _, bound, bound_port = raw:localname()
  return setmetatable({ socket = raw, address = bound, port = bound_port }, Listener)
end

--- What can be polled for reading: there is a connection to accept.
---@return integer
function Listener:pollfd()
  return self.socket:pollfd()
end

--- Waits for a connection.
---@return understudy.net.TcpConnection? connection nil once the listener is closed
---@return understudy.Error? err when none can be accepted for now
function Listener:accept()
  while self.socket do
    local raw, why = self.socket:accept({}, 0)
    if raw then
      local _, address, port = raw:peername()
      if address then
        return new_connection(raw, address, port)
      end
      raw:close() -- gone already
    elseif why == errno.ETIMEDOUT or why == errno.EAGAIN then
      cqueues.poll { pollfd = self.socket:pollfd(), events = "r" }
    elseif why ~= errno.ECONNABORTED then
      return fail(why, "accepting at %s port %d", self.address, self.port)
    end
  end
  return nil
end

function Listener:close()
  local raw = self.socket
  if raw then
    self.socket = nil
    raw:close()
  end
end

Listener.__close = Listener.close

return M
