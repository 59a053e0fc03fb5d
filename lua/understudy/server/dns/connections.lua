--- connections: who may have a TCP connection, and for how long: so many in all and so many a peer.
--
-- Where there are too many, the one that has been idle for longest gives way to the newest; those that are
-- being answered never do.

local M = {}

---@class understudy.server.Connections
---@field count integer
---@field peers table<string, integer> how many by address
local Connections = {}
Connections.__index = Connections

-- The connection that was idle for longest; nil if all are being answered.
local function most_idle(self, peer)
  local found
  for connection, since in pairs(self.idle) do
    if (not peer or connection.peer == peer) and (not found or since < self.idle[found]) then
      found = connection
    end
  end
  return found
end

-- Ends an idle connection, of `peer` or of anyone. False: there is none.
local function make_room(self, peer)
  local connection = most_idle(self, peer)
  if not connection then
    return false
  end
  self.idle[connection] = nil
  connection:shutdown() -- whoever reads from it closes it
  return true
end

-- Whether there is room for one more from `peer`, be it that an idle one has to go.
local function has_room(self, peer)
  if (self.peers[peer] or 0) >= self.limits.per_peer then
    return make_room(self, peer)
  end
  return self.count < self.limits.connections or make_room(self)
end

--- Counts a connection in; what it returns, once closed, counts it out and closes it. nil: there are too many.
---@param connection understudy.net.TcpConnection
---@return any? place
function Connections:admit(connection)
  local peer = connection.peer
  if not has_room(self, peer) then
    return nil
  end
  self.count, self.peers[peer], self.open[connection] = self.count + 1, (self.peers[peer] or 0) + 1, true
  self:set_idle(connection, true)
  return setmetatable({}, { __close = function()
    self.count = self.count - 1
    self.peers[peer] = self.peers[peer] > 1 and self.peers[peer] - 1 or nil
    self.open[connection], self.idle[connection] = nil, nil
    connection:close()
  end })
end

--- Says that a connection waits for a query, or that it does not.
---@param connection understudy.net.TcpConnection
---@param waits boolean
function Connections:set_idle(connection, waits)
  self.idle[connection] = waits and self.monotonic() or nil
end

--- Ends the traffic of all.
function Connections:shutdown()
  for connection in pairs(self.open) do
    connection:shutdown()
  end
end

--- Nobody, at first.
---@param limits {connections: integer, per_peer: integer}
---@param monotonic fun(): number
---@return understudy.server.Connections
function M.new(limits, monotonic)
  return setmetatable({
    limits = limits,
    monotonic = monotonic,
    count = 0,
    peers = {},
    open = {}, -- set of connections
    idle = {}, -- since when, of those that wait for a query
  }, Connections)
end

return M
