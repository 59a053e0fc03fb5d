--- target.secondary: a name server that transfers zones from us.
--
--   target.secondary "ns-b" {
--     transfer = "192.0.2.53",          -- where its transfers come from: an address, a range or a list
--     notify   = "192.0.2.53",          -- where NOTIFY goes (RFC 1996): an address or a list
--     serve    = "198.51.100.53",       -- where it answers queries; by default the first of notify
--     key      = key "keys/ns-b.key",   -- TSIG (RFC 8945); when given, it must sign too. Or a list: the first is used
--     tls      = true,                  -- it gets transfers over TLS only (RFC 9103)
--   }
--
--   target.secondary "he" {}            -- a provider that is known: see understudy.preset

local catalog = require "understudy.catalog"
local core = require "understudy.core"
local preset = require "understudy.preset"
local schema = require "understudy.schema"
local transfer = require "understudy.net.transfer"
local tsig = require "understudy.net.tsig"
local uerror = require "understudy.error"
local verify = require "understudy.verify"

local M = {}

M.name = "secondary"

local DNS_PORT <const> = 53
local ANSWER_WITHIN <const> = 2.0

local options = schema.record {
  transfer = { schema.one_or_more(schema.range), required = true },
  notify = { schema.one_or_more(schema.endpoint(DNS_PORT)), required = true },
  serve = { schema.endpoint(DNS_PORT) },
  key = { schema.one_or_more(schema.key) },
  tls = { schema.flag, default = false },
}

--- The type of the options; `name` may be that of a provider, which completes them.
---@param value any
---@param at table
---@param name? string
---@return table?
function M.options(value, at, name)
  local complete, problem = preset.complete(name, value, os.time())
  if problem then
    at:fault("%s", problem)
    return nil
  end
  local made = options(complete, at)
  if made and complete ~= value then
    made.provider = preset.get(name)
  end
  return made
end

local Secondary = {}
Secondary.__index = Secondary
Secondary.__name = "understudy.target.secondary"

-- Sends a request and waits for its answer. What is no answer to it, or is not signed as it must be, is not
-- the last word: anyone can send that (RFC 8945 §5.4).
local function exchange(request, endpoint, host)
  local response, problem
  local _, err = host.exchange(request.octets, endpoint.address, endpoint.port, ANSWER_WITHIN,
    function(octets)
      local why
      response, why = request:read(octets, host.clock.now())
      problem = why and why.code ~= "absent" and why or problem
      return response
    end)
  if response then
    return response
  elseif problem then
    return uerror.fail_temporarily(problem.code, "%s: %s", endpoint.text, problem.message)
  end
  return nil, err
end

local function refusal(endpoint, what, response)
  local rcode = response.tsig_error and ("%s (%s)"):format(response.rcode, tsig.told(response.tsig_error))
    or response.rcode
  return uerror.fail_temporarily("refused", "%s answers %s with %s", endpoint.text, what, rcode)
end

-- Tells one address of the secondary.
local function notify(self, endpoint, publication, host)
  local request = core.request {
    kind = "notify",
    zone = publication.zone,
    key = self.keys and self.keys[1],
    now = math.floor(host.clock.now()),
  }
  local response, err = exchange(request, endpoint, host)
  if not response then
    return nil, err
  elseif response.rcode ~= "NOERROR" then
    return refusal(endpoint, "NOTIFY", response)
  end
  return true
end

--- Tells the secondary that there is a new version, at each of its addresses. `true` says that one of them
--- heard so.
---@param publication {zone: any, serial: integer}
---@param host {exchange: function, clock: understudy.Clock}
---@return boolean? ok
---@return understudy.Error? err
function Secondary:deliver(publication, host)
  local heard, first_err
  for _, endpoint in ipairs(self.notify) do
    local ok, err = notify(self, endpoint, publication, host)
    heard, first_err = heard or ok, first_err or err
  end
  return heard, not heard and first_err or nil
end

-- Where it answers queries, with the key of ours.
local function server_of(self)
  local serve = self.serve
  return { address = serve.address, port = serve.port, text = serve.text, key = self.keys and self.keys[1] }
end

--- Asks which serial the secondary serves, as any resolver would: unsigned. Nobody resolves a catalog.
---@param zone_name string
---@param host {exchange: function, clock: understudy.Clock}
---@param publication {zone: any} what it is to serve
---@return integer? serial
---@return understudy.Error? err
function Secondary:serial(zone_name, host, publication)
  if catalog.is_catalog(publication.zone) then
    return transfer.serial(verify.asked(server_of(self), publication.zone), zone_name)
  end
  local request = core.request {
    kind = "soa",
    origin = zone_name,
    now = math.floor(host.clock.now()),
  }
  local response, err = exchange(request, self.serve, host)
  if not response then
    return nil, err
  elseif response.rcode ~= "NOERROR" then
    return refusal(self.serve, "a SOA query", response)
  elseif not response.serial then
    return uerror.fail_temporarily("absent", "%s does not serve the zone", self.serve.text)
  end
  return response.serial
end

--- Compares what the secondary serves with a publication.
---@param published any
---@return understudy.Verdict
function Secondary:inspect(published)
  return verify.inspect(server_of(self), published)
end

--- Makes the target of a policy.
---@param checked table its options
---@param host {name: string}
---@return table target
function M.new(checked, host)
  return setmetatable({
    name = host.name,
    provider = checked.provider, -- what is known of it, if that stands in for its addresses
    transfer = checked.transfer,
    notify = checked.notify,
    serve = checked.serve or checked.notify[1],
    keys = checked.key,
    tls = checked.tls,
  }, Secondary)
end

return M
