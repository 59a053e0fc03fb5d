--- target.update: a name server that takes zones by dynamic update (RFC 2136), as BIND, Knot DNS and PowerDNS do.
--
--   target.update "bind" {
--     server = "192.0.2.53",            -- where updates go and what it has is read, by transfer
--     key    = key "keys/update.key",   -- TSIG (RFC 8945), which may update and transfer
--   }
--
-- What differs from what the server has is sent in one message, which it takes whole or not at all: only if its
-- SOA and the RRsets that change are still those that were read. So nobody's change is overwritten unseen.

local core = require "understudy.core"
local schema = require "understudy.schema"
local tcp = require "understudy.net.tcp"
local transfer = require "understudy.net.transfer"
local uerror = require "understudy.error"
local verify = require "understudy.verify"

local M = {}

M.name = "update"

local DNS_PORT <const> = 53
local ANSWER_WITHIN <const> = 30 -- seconds

M.options = schema.record {
  server = { schema.endpoint(DNS_PORT), required = true },
  key = { schema.key },
}

local Update = {}
Update.__index = Update
Update.__name = "understudy.target.update"

local CHANGED <const> = ": it was changed by someone else meanwhile"

-- What the rcodes of RFC 2136 §2.2 mean to us.
local REASONS <const> = {
  NXRRSET = CHANGED, YXRRSET = CHANGED, NXDOMAIN = CHANGED, YXDOMAIN = CHANGED,
  NOTZONE = ": a name is not in its zone",
}

-- Sends an update; true once the server has made it.
local function send(server, diff, host)
  local now = math.floor(host.clock.now())
  local request, err = core.request { kind = "update", diff = diff, key = server.key, now = now }
  if not request then
    return uerror.fail_temporarily(err.code, "%s: %s", server.text, err.message)
  end
  local octets, lost = tcp.exchange(request.octets, server.address, server.port, ANSWER_WITHIN)
  if not octets then
    return nil, lost
  end
  local response, unread = request:read(octets, host.clock.now())
  if not response then
    return uerror.fail_temporarily(unread.code, "%s: %s", server.text, unread.message)
  elseif response.rcode ~= "NOERROR" then
    return uerror.fail_temporarily("refused", "%s answers an update with %s%s", server.text,
      response.tsig_error or response.rcode, REASONS[response.rcode] or "")
  end
  return true
end

--- Brings the server's zone to a publication.
---@param publication {zone: any, serial: integer}
---@param host {clock: understudy.Clock}
---@return boolean? ok
---@return understudy.Error? err
function Update:deliver(publication, host)
  local wanted = publication.zone
  local there, err = transfer.fetch(self.server, wanted.origin)
  if not there then
    return nil, err
  elseif there == wanted then
    return true
  elseif core.serial_compare(there.serial, wanted.serial) ~= -1 then
    return uerror.fail_temporarily("lagging", "%s has serial %d, and takes none that is not newer, such as %d",
      self.server.text, there.serial, wanted.serial)
  end
  return send(self.server, assert(there:diff(wanted)), host)
end

--- Asks which serial the server has.
---@param zone_name string
---@return integer? serial
---@return understudy.Error? err
function Update:serial(zone_name)
  local server = self.server
  return transfer.serial({ address = server.address, port = server.port, text = server.text }, zone_name)
end

--- Compares what the server has with a publication.
---@param published any
---@return understudy.Verdict
function Update:inspect(published)
  return verify.inspect(self.server, published)
end

--- Makes the target of a policy.
---@param options table
---@param host {name: string}
---@return table target
function M.new(options, host)
  local endpoint = options.server
  return setmetatable({
    name = host.name,
    transfer = {}, -- it does not transfer from us
    serve = endpoint,
    server = { address = endpoint.address, port = endpoint.port, text = endpoint.text, key = options.key },
  }, Update)
end

return M
