--- target.update: a name server that takes zones by dynamic update (RFC 2136), as BIND, Knot DNS and PowerDNS do.
--
--   target.update "bind" {
--     server = "192.0.2.53",            -- where updates go and what it has is read, by transfer
--     key    = key "keys/update.key",   -- TSIG (RFC 8945), which may update and transfer
--   }
--
-- What differs from what the server has is sent in as few messages as can hold it, see update/steps.lua. Each is taken
-- whole or not at all: only if the SOA and the RRsets that it changes are still those that were read. So nobody's
-- change is overwritten unseen. In the end all is read back.

local core = require "understudy.core"
local schema = require "understudy.schema"
local steps = require "understudy.target.update.steps"
local tcp = require "understudy.net.tcp"
local transfer = require "understudy.net.transfer"
local tsig = require "understudy.net.tsig"
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

-- Sends one message. True once the server has done what it says, else nil and an error, with the code "changed" where
-- it is not what was expected.
local function exchange(server, diff, host)
  local now = math.floor(host.clock.now())
  local request, err = core.request {
    kind = "update", diff = diff, any_soa = server.any_soa, key = server.key, now = now,
  }
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
    local reason = REASONS[response.rcode] or ""
    return uerror.fail_temporarily(reason == CHANGED and "changed" or "refused", "%s answers an update with %s%s",
      server.text, tsig.told(response.tsig_error or response.rcode), reason)
  end
  return true
end

-- The same once more if nothing was changed and it was the SOA that the server took for another: PowerDNS 4.7 does,
-- after each update. The RRsets that change stay guarded.
local function send(server, diff, before, host)
  local ok, err = exchange(server, diff, host)
  if not ok and err.code == "changed" and not server.any_soa and transfer.fetch(server, before.origin) == before then
    server.any_soa = true
    ok, err = exchange(server, diff, host)
  end
  return ok, err
end

-- Sends the steps of a plan. Gives the zone that the server then has, with an error if that is not the wanted one.
local function send_steps(server, there, wanted, list, host)
  for i = 1, math.max(1, #list) do
    local last = i >= #list
    local next_zone, err = wanted, nil
    if not last then
      next_zone, err = steps.advance(there, list[i])
    end
    local ok = next_zone
    if ok then
      ok, err = send(server, assert(there:diff(next_zone)), there, host)
    end
    if not ok then
      return there, err
    end
    there = next_zone
  end
  return there
end

-- Brings the server from one zone to another. Steps that turn out too large for a message are made smaller.
local function send_all(server, there, wanted, host)
  local octets, err = steps.OCTETS
  repeat
    local list, problem = steps.plan(there, wanted, octets)
    if not list then
      return nil, problem
    end
    there, err = send_steps(server, there, wanted, list, host)
    octets = octets // 2
  until not err or err.code ~= "limit" or octets < steps.OCTETS_MIN
  return not err or nil, err
end

local function first_difference(there, wanted)
  local change = there:diff(wanted):totable().changes[1]
  return change.owner .. " " .. change.type
end

-- Whether the server has what was sent: a server passes over in silence what a rule of its own forbids.
local function read_back(server, wanted)
  local there, err = transfer.fetch(server, wanted.origin)
  if not there or there == wanted then
    return there ~= nil or nil, err
  end
  return uerror.fail_temporarily("lagging", "%s took the update and has something else: %s", server.text,
    first_difference(there, wanted))
end

-- Why a server is not brought to a zone that is not newer than its own.
local function not_newer(server, there, wanted)
  if there.serial == wanted.serial then
    return uerror.fail_temporarily("lagging", "%s has something else under serial %d (%s), and takes none that is not "
      .. "newer: raise the serial of the source", server.text, there.serial, first_difference(there, wanted))
  end
  return uerror.fail_temporarily("lagging", "%s has serial %d, and takes none that is not newer, such as %d",
    server.text, there.serial, wanted.serial)
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
    return not_newer(self.server, there, wanted)
  end
  local ok, problem = send_all(self.server, there, wanted, host)
  if not ok then
    return nil, problem
  end
  return read_back(self.server, wanted)
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
    pushed = true, -- in steps
    transfer = {}, -- it does not transfer from us
    serve = endpoint,
    server = { address = endpoint.address, port = endpoint.port, text = endpoint.text, key = options.key },
  }, Update)
end

return M
