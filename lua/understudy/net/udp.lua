--- udp: datagrams on the event loop.
--
-- Outside a loop the calls that wait block instead.

local cqueues = require "cqueues"

local core = require "understudy.core"
local fault = require "understudy.error"

local M = {}

---@class understudy.net.UdpSocket
---@field address string
---@field port integer
local Socket = {}
Socket.__index = Socket
Socket.__name = "understudy.UdpSocket"

--- Opens a bound socket; port 0 takes a free one.
---@param address string
---@param port integer
---@return understudy.net.UdpSocket?
---@return understudy.Error? err
function M.open(address, port)
  local udp, err = core.udp { address = address, port = port }
  if not udp then
    return nil, err
  end
  return setmetatable({ udp = udp, address = udp.address, port = udp.port }, Socket)
end

--- Waits for a datagram.
---@param timeout? number seconds; nil waits until the socket is closed
---@return string? octets nil when the time is over or the socket was closed
---@return string|understudy.Error? from the sender's address
---@return integer? port
---@return string? to our address
function Socket:receive(timeout)
  local deadline = timeout and cqueues.monotime() + timeout
  while self.udp do
    local octets, from, port, to = self.udp:receive()
    if octets or from then
      return octets, from, port, to
    end
    local left = deadline and deadline - cqueues.monotime()
    if left and left <= 0 then
      return nil
    end
    cqueues.poll(self.udp, left)
  end
  return nil
end

--- Sends a datagram, from `to` if it answers one that came there. Never waits.
---@param octets string
---@param address string
---@param port integer
---@param to? string
---@return true?
---@return understudy.Error? err
function Socket:send(octets, address, port, to)
  if not self.udp then
    return fault.fail("network", "the socket is closed")
  end
  return self.udp:send(octets, address, port, to)
end

--- Closes the socket; whoever waits in receive gets nil. More often is no harm.
function Socket:close()
  local udp = self.udp
  if udp then
    self.udp = nil
    cqueues.cancel(udp:pollfd()) -- the loop must forget a descriptor before it is closed
    udp:close()
  end
end

Socket.__close = Socket.close
Socket.__gc = Socket.close

-- Waits for the answer that `match` takes, among what comes from the peer that was asked.
local function await(socket, address, port, deadline, match)
  while true do
    local octets, from, from_port = socket:receive(math.max(deadline - cqueues.monotime(), 0))
    if not octets then
      return nil, from
    end
    if from == address and from_port == port then
      local found = match(octets)
      if found ~= nil then
        return found
      end
    end
  end
end

--- Sends a request from a port of the kernel's choice and waits for its answer.
---@param octets string
---@param address string in the form that the system prints it, "2001:db8::1"
---@param port integer
---@param timeout number seconds
---@param match fun(octets: string): any what to return for this answer; nil waits on
---@return any
---@return understudy.Error? err "timeout" or "network"
function M.exchange(octets, address, port, timeout, match)
  local deadline <const> = cqueues.monotime() + timeout
  local socket <close>, err = M.open(address:find(":", 1, true) and "::" or "0.0.0.0", 0)
  if not socket then
    return nil, err
  end
  local sent, send_err = socket:send(octets, address, port)
  if not sent then
    return fault.fail_temporarily("network", "%s", send_err.message)
  end
  local found, receive_err = await(socket, address, port, deadline, match)
  if found == nil then
    if receive_err then
      return nil, receive_err
    end
    return fault.fail_temporarily(
      "timeout", "%s port %d did not answer within %g seconds", address, port, timeout)
  end
  return found
end

return M
