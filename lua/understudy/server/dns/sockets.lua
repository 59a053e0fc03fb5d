--- sockets: binds the addresses of a DNS server, each for UDP and for TCP.

local address = require "understudy.net.address"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"

local M = {}

local DNS_PORT <const>, TLS_PORT <const> = 53, 853
local PORT_TRIES <const> = 20 -- to find a port that is free for both UDP and TCP

---@class understudy.server.Sockets
---@field datagrams understudy.net.UdpSocket[]
---@field listeners understudy.net.TcpListener[]
---@field tls understudy.net.TcpListener[] for TLS only (RFC 9103)
---@field port? integer of the first address; tells what port 0 became
local Sockets = {}
Sockets.__index = Sockets

--- Closes all of them.
function Sockets:close()
  for _, list in ipairs { self.datagrams, self.listeners, self.tls } do
    while #list > 0 do
      table.remove(list):close()
    end
  end
end

Sockets.__close = Sockets.close

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

-- Binds addresses for TLS.
local function bind_tls(self, texts)
  for _, text in ipairs(texts) do
    local ip, port = address.parse(text, TLS_PORT)
    local listener, problem = nil, port
    if ip then
      listener, problem = tcp.listen(ip, port)
    end
    if not listener then
      return nil, problem
    end
    table.insert(self.tls, listener)
  end
  return true
end

--- Binds addresses: "192.0.2.1", "192.0.2.1:5300", "[::1]:0".
---@param texts string|string[]
---@param tls_texts? string[] for TLS
---@return understudy.server.Sockets?
---@return understudy.Error? err
function M.bind(texts, tls_texts)
  local self = setmetatable({ datagrams = {}, listeners = {}, tls = {} }, Sockets)
  for _, text in ipairs(type(texts) == "table" and texts or { texts }) do
    local ip, port = address.parse(text, DNS_PORT)
    local datagrams, problem = nil, port
    if ip then
      datagrams, problem = open_pair(ip, port)
    end
    if not datagrams then
      self:close()
      return nil, problem
    end
    table.insert(self.datagrams, datagrams)
    table.insert(self.listeners, problem)
    self.port = self.port or datagrams.port
  end
  local ok, problem = bind_tls(self, tls_texts or {})
  if not ok then
    self:close()
    return nil, problem
  end
  return self
end

return M
