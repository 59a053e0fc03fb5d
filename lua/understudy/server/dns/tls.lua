--- tls: queries over TLS (RFC 9103), a coroutine for each connection. Each takes a place among those over TCP, so that
--- one limit holds for both.

local cqueues = require "cqueues"

local task = require "understudy.task"
local tls = require "understudy.net.tls"

local M = {}

local TURN <const> = 65536        -- octets of a transfer until others have their turn
local ACCEPT_PAUSE <const> = 0.25 -- seconds, when the system has no descriptor for us

-- Sends all messages of a transfer; nil and the reason if it did not get through.
local function send_messages(self, connection, messages)
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
  local messages <close> = reply.transfer
  local ok, err = send_messages(self, connection, messages)
  self:log_transfer(reply, connection.peer, not ok and tostring(err) or nil)
  return ok
end

-- Whether the connection became one of TLS.
local function start_tls(self, connection)
  local ok, err = connection:start_tls(self.tls, self.limits.idle)
  if ok and not tls.agreed(connection:session()) then
    ok, err = nil, "it does not speak DNS over TLS (ALPN)"
  end
  if not ok then
    self:log_once("warning", connection.peer, "%s", tostring(err))
  end
  return ok
end

local function serve_connection(self, connection, place)
  if not start_tls(self, connection) then
    return
  end
  local streams <const>, monotonic <const> = self.streams, self.clock.monotonic
  for _ = 1, self.limits.queries do
    local octets = connection:read(self.limits.idle)
    streams:rest(place, monotonic(), false)
    local reply = octets and not self.closed and self:respond(octets, connection.peer, "tls")
    if not reply or not send_reply(self, connection, reply) then
      return
    end
    self:tell(reply)
    streams:rest(place, monotonic(), true)
  end
end

-- Gives a connection's place back and closes it, in this order: as long as it has a place, it may be shut down.
local function leaving(self, connection, place)
  return setmetatable({}, { __close = function()
    self.streams:leave(place)
    connection:close()
  end })
end

--- Accepts connections at an address until the server is closed.
---@param self understudy.server.Dns
---@param listener understudy.net.TcpListener
function M.serve(self, listener)
  while not self.closed do
    local connection, err = listener:accept()
    local place = connection and self.streams:join(connection:pollfd(), self.clock.monotonic())
    if place then
      task.spawn(self.queue, "DNS connection", function()
        local _ <close> = leaving(self, connection, place)
        serve_connection(self, connection, place)
      end, self.log)
    elseif connection then
      self:log_once("warning", connection.peer, "too many connections, closing the newest")
      connection:close()
    elseif err then
      self:log_once("error", "accepting connections", "%s", err)
      cqueues.sleep(ACCEPT_PAUSE)
    end
  end
end

return M
