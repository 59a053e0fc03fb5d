--- streams: queries over TCP. Connections live in C (core.streams); here each of their queries gets its answer.

local cqueues = require "cqueues"

local core = require "understudy.core"

local M = {}

local QUERIES <const> = 64 -- in a row until others have their turn

local HANDLERS <const> = {}

-- What became of a transfer, now or later.
local function transferred(self, event, number, peer, problem)
  local reply = self.transfers[number]
  self.transfers[number] = nil
  self:log_transfer(reply, peer, event == "broken" and problem or nil)
end

function HANDLERS.query(self, number, peer, octets)
  local reply = self:respond(octets, peer, "tcp")
  if not reply then
    self.streams:drop(number)
  elseif reply.transfer then
    self.transfers[number] = reply
    local event, _, _, problem = self.streams:transfer(number, reply.transfer)
    if event then
      transferred(self, event, number, peer, problem)
    end
  else
    self.streams:answer(number, reply.octets)
    self:tell(reply)
  end
end

function HANDLERS.sent(self, number, peer)
  transferred(self, "sent", number, peer)
end

function HANDLERS.broken(self, number, peer, problem)
  transferred(self, "broken", number, peer, problem)
end

function HANDLERS.full(self, _, peer)
  self:log_once("warning", peer, "too many connections, closing the newest")
end

-- It is tried again several times a second.
function HANDLERS.error(self, _, _, problem)
  self:log_once("error", "accepting connections", "%s; if that stays, raise the limit of open files (LimitNOFILE=)",
    problem)
end

--- Makes what M.serve works with.
---@param limits table see understudy.server.dns
---@param listeners understudy.net.TcpListener[]
---@return any? streams
---@return understudy.Error? err
function M.open(limits, listeners)
  local streams, err = core.streams {
    connections = limits.connections, per_peer = limits.per_peer, queries = limits.queries,
    idle = limits.idle, stall = limits.stall, transfer = limits.transfer,
  }
  for _, listener in ipairs(listeners) do
    local ok, problem
    if streams then
      ok, problem = streams:listen(listener:pollfd())
    end
    if not ok then
      return nil, err or problem
    end
  end
  return streams, err
end

--- Answers until the server is closed.
---@param self understudy.server.Dns
function M.serve(self)
  local streams <const>, clock <const> = self.streams, self.clock
  local waiting <const> = { pollfd = streams:pollfd(), events = "r" } -- its fields are read faster than an object's
  while not self.closed do
    for _ = 1, QUERIES do
      local event, number, peer, detail = streams:next(clock.monotonic(), clock.now())
      if not event then
        break
      end
      HANDLERS[event](self, number, peer, detail)
    end
    waiting.timeout = streams:timeout() -- 0 if there is more
    cqueues.poll(waiting)
  end
end

--- Ends all connections.
---@param self understudy.server.Dns
function M.close(self)
  cqueues.cancel(self.streams:pollfd()) -- the loop must forget a descriptor before it is closed
  self.streams:close()
end

return M
