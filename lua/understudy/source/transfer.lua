--- source.transfer: zones from a name server, by transfer (RFC 5936, RFC 1995).
--
--   source.transfer "192.0.2.1"
--   source.transfer {
--     from   = { "192.0.2.1", "192.0.2.2:5300" },  -- the one with the newest version is taken
--     key    = key "keys/primary.key",             -- TSIG (RFC 8945); then NOTIFY must be signed too
--     notify = "192.0.2.0/28",                     -- where NOTIFY comes from; by default as `from`
--     tls    = { name = "ns1.example" },           -- all over TLS (RFC 9103), port 853 unless stated
--     zonemd = "check",                            -- a wrong digest (RFC 8976) is no zone; "require" one
--     on_expire = "withdraw",                      -- serve it no longer when the SOA's expire is over
--   }
--
-- A NOTIFY or the refresh period of the SOA only say that it is time to look. What was transferred last is kept, so
-- that only changes are asked for. A primary that has an older version than was had before is stale, and no zone comes
-- from it; where all are, a person has to say that they are right. When no primary was heard for as long as the SOA's
-- expire says, that is told, and the last good zone is served on unless the policy says otherwise.

local cqueues = require "cqueues"

local core = require "understudy.core"
local path = require "understudy.path"
local schema = require "understudy.schema"
local tls = require "understudy.net.tls"
local transfer = require "understudy.net.transfer"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

M.name = "transfer"
M.shorthand = "from"

local DNS_PORT <const>, TLS_PORT <const> = 53, 853
local LOOK_EVERY <const> = 1 -- seconds between two looks at whose refresh is due
local SILENT_FOR <const> = 60 -- seconds in which a primary that did not answer is asked by TCP only
local REFRESH_MIN <const>, REFRESH_MAX <const> = 1, 86400
local RETRY_MIN <const> = 1
local REFRESH_SPREAD <const> = 0.1 -- part of it by which a refresh may come earlier

local tls_options = schema.record {
  name = { schema.text, required = true }, -- what the primaries' certificates must say
  ca = { schema.text },                    -- file of those who may say so; by default whom the system trusts
  certificate = { schema.text },           -- files of our own certificate and key
  key = { schema.text },
}

-- {context=, name=, certificate_file?=, key_file?=} of such options.
local function client(folder)
  return function(value, at)
    local before = #at.faults
    local options = tls_options(value, at)
    if #at.faults > before then
      return nil
    end
    local function join(name)
      return options[name] and path.join(folder, options[name])
    end
    local certificate_file, key_file = join "certificate", join "key"
    local context, err = tls.client {
      name = options.name, ca = join "ca", certificate = certificate_file, key = key_file,
    }
    if not context then
      at:fault("%s", err.message)
    end
    return { context = context, name = options.name, certificate_file = certificate_file, key_file = key_file }
  end
end

--- The type of the options; paths in them are relative to `folder`.
---@param value any
---@param at table
---@param _ any
---@param folder string
---@return table?
function M.options(value, at, _, folder)
  local port = type(value) == "table" and value.tls and TLS_PORT or DNS_PORT
  return schema.record {
    from = { schema.one_or_more(schema.endpoint(port)), required = true },
    notify = { schema.one_or_more(schema.range) },
    key = { schema.key },
    tls = { client(folder) },
    zonemd = { schema.choice { "off", "check", "require" }, default = "off" },
    on_expire = { schema.choice { "serve", "withdraw" }, default = "serve" },
  }(value, at)
end

local Transfer = {}
Transfer.__index = Transfer
Transfer.__name = "understudy.source.transfer"

-- Whether a version is no older than the one had before; nil and an error if it is.
local function check_serial(primary, serial, have)
  local order = not have and 1 or core.serial_compare(serial, have.serial)
  if order and order >= 0 then
    return true
  end
  return uerror.fail_temporarily("stale", "%s has serial %d, and %d was had before: it has an old copy, or "
    .. "its serial went back and must be raised above that", primary.text, serial, have.serial)
end

-- The serial that a primary serves; nil from one that does not tell. Knot DNS refuses to, by UDP, for a catalog.
local function ask(self, primary, zone_name)
  local since = self.silent_since[primary]
  if since and cqueues.monotime() - since < SILENT_FOR then
    return nil
  end
  local serial, err = transfer.serial(primary, zone_name)
  local silent = err and err.code ~= "refused"
  self.silent_since[primary] = silent and cqueues.monotime() or nil
  return serial
end

-- Asks all primaries for their serials. Returns the offers, newest first, those that do not tell, what is wrong with
-- others, and those of them that are older, newest first.
local function survey(self, zone_name, have)
  local offers, silent, problems, older = {}, {}, {}, {}
  for _, primary in ipairs(self.primaries) do
    local serial = ask(self, primary, zone_name)
    local ok, stale
    if serial then
      ok, stale = check_serial(primary, serial, have)
    end
    if ok then
      offers[#offers + 1] = { primary = primary, serial = serial }
    elseif stale then
      problems[#problems + 1] = stale
      local is_older = core.serial_compare(serial, have.serial) == -1 -- which half the circle away is not
      older[#older + 1] = is_older and { primary = primary, serial = serial } or nil
    else
      silent[#silent + 1] = primary
    end
  end
  for _, list in ipairs { offers, older } do
    table.sort(list, function(a, b)
      return core.serial_compare(a.serial, b.serial) == 1
    end)
  end
  return offers, silent, problems, older
end

-- Why a zone can't be believed by its digest; nil if it can, or is to be.
local function digest_problem(self, zone)
  if self.zonemd == "off" then
    return nil
  end
  local found = zone:check_digest()
  if found == "wrong" then
    return "its ZONEMD does not fit it"
  end
  return self.zonemd == "require" and found ~= "right" and "it has no ZONEMD that can be checked" or nil
end

-- The zone from one primary, or nil and an error.
local function fetch(self, primary, zone_name, have)
  local zone, incremental = transfer.fetch(primary, zone_name, have)
  local problem = zone and digest_problem(self, zone)
  if problem and incremental then
    zone, incremental = transfer.fetch(primary, zone_name) -- the changes may be wrong, and the zone right
    problem = zone and digest_problem(self, zone)
  end
  if not zone then
    return nil, incremental
  elseif not zone.serial then
    return uerror.fail_temporarily("syntax", "%s: the zone has no SOA at its apex", primary.text)
  elseif problem then
    return uerror.fail_temporarily("refused", "%s: serial %d: %s", primary.text, zone.serial, problem)
  end
  local ok, stale = check_serial(primary, zone.serial, have)
  return ok and zone, stale
end

-- The newest zone that can be had: `have` if that is it, or nil and a list of errors.
local function newest(self, zone_name, have)
  local offers, silent, problems, older = survey(self, zone_name, have)
  if #older == #self.primaries then
    local zone, err = fetch(self, older[1].primary, zone_name)
    return zone, { err } -- sync holds it until a person approves
  end
  if have and offers[1] and offers[1].serial == have.serial then
    return have
  end
  local primaries = {}
  for i, offer in ipairs(offers) do
    primaries[i] = offer.primary
  end
  table.move(silent, 1, #silent, #primaries + 1, primaries) -- it may be UDP alone that is lost
  for _, primary in ipairs(primaries) do
    local zone, err = fetch(self, primary, zone_name, have)
    if zone then
      return zone
    end
    problems[#problems + 1] = err
  end
  return nil, problems
end

-- The SOA's refresh, retry and expire in seconds, within bounds.
local function times_of(zone)
  local refresh, retry, expire = zone:lookup(zone.origin, "SOA")[1]:match "^%S+ %S+ %d+ (%d+) (%d+) (%d+)"
  refresh = math.min(math.max(math.tointeger(refresh), REFRESH_MIN), REFRESH_MAX)
  return { refresh = refresh, retry = math.max(math.tointeger(retry), RETRY_MIN),
    expire = math.max(math.tointeger(expire), refresh) }
end

-- Notes that a primary was heard that has the zone.
local function note_heard(self, zone_name, times)
  self.heard[zone_name] = { at = self.monotonic(), expire = times.expire, retry = times.retry }
end

local function remember(self, zone_name, zone)
  local pulled, times = { zone = zone, version = ("%s/%d"):format(zone.hash, zone.serial) }, times_of(zone)
  self.last[zone_name] = { pulled = pulled, refresh = times.refresh }
  note_heard(self, zone_name, times)
  return pulled
end

-- One error for what is wrong with each primary.
local function together(self, zone_name, problems)
  local messages = {}
  for i, err in ipairs(problems) do
    messages[i] = err.message
  end
  if self:expired(zone_name) then
    messages[#messages + 1] = ("it has expired, nothing was heard of it for more than %s%s"):format(
      units.span(self.heard[zone_name].expire), self.on_expire == "serve" and "" or ", and is not served any more")
  end
  local first = problems[1]
  return uerror.new {
    code = first.code, message = table.concat(messages, "; "), report = first.report, temporary = true,
  }
end

--- Transfers the zone from the primary that has the newest version.
---@param zone_name string
---@param accepted? any the zone as it was last accepted, to begin with after a restart
---@return {zone: any, version: string}? pulled
---@return understudy.Error? err
function Transfer:pull(zone_name, accepted)
  local last = self.last[zone_name]
  local have = last and last.pulled.zone or accepted
  if have and have.serial and not self.heard[zone_name] then
    note_heard(self, zone_name, times_of(have)) -- when it was before this process began is not known
  end
  local zone, problems = newest(self, zone_name, have)
  if zone then
    return remember(self, zone_name, zone)
  end
  return nil, together(self, zone_name, problems)
end

--- Forgets a zone, of which another comes under the same name.
---@param zone_name string
function Transfer:forget(zone_name)
  self.last[zone_name], self.heard[zone_name] = nil, nil
end

--- The longest pause after a look that failed: the retry of the zone's SOA (RFC 1035 §3.3.13).
---@param zone_name string
---@return integer? seconds nil: of the zone nothing is known yet
function Transfer:retry_within(zone_name)
  local heard = self.heard[zone_name]
  return heard and heard.retry
end

--- Whether no primary was heard of a zone for as long as the expire of its SOA says.
---@param zone_name string
---@return boolean
function Transfer:expired(zone_name)
  local heard = self.heard[zone_name]
  return heard ~= nil and self.monotonic() - heard.at > heard.expire
end

--- Whether what was published of a zone is not to be served any more.
---@param zone_name string
---@return boolean
function Transfer:withdrawn(zone_name)
  return self.on_expire == "withdraw" and self:expired(zone_name)
end

--- Calls on_event(zone_name) when the refresh period of a zone is over (RFC 1035 §3.3.13). Runs until the
--- task ends. A refresh that fails is tried again as the policy says, at least as often as retry_within.
---@param zone_names string[] may change meanwhile; it ends when none is left
---@param on_event fun(zone_name: string)
---@param context {clock: understudy.Clock, random: fun(): number}
function Transfer:watch(zone_names, on_event, context)
  local monotonic = context.clock.monotonic
  while #zone_names > 0 do
    context.clock.sleep(LOOK_EVERY)
    for _, zone_name in ipairs(zone_names) do
      local last = self.last[zone_name]
      if last and not last.due then
        last.due = monotonic() + last.refresh * (1 - REFRESH_SPREAD * context.random())
      elseif last and monotonic() >= last.due then
        last.due = nil
        on_event(zone_name)
      end
    end
  end
end

--- Makes the source of a policy.
---@param options table
---@param host? {monotonic?: fun(): number}
---@return table source
function M.new(options, host)
  local primaries, addresses = {}, {}
  for i, endpoint in ipairs(options.from) do
    primaries[i] = {
      address = endpoint.address, port = endpoint.port, text = endpoint.text, key = options.key,
      tls = options.tls,
    }
    addresses[i] = endpoint.address
  end
  return setmetatable({
    primaries = primaries,
    notify = options.notify or addresses,
    key = options.key,
    zonemd = options.zonemd,
    on_expire = options.on_expire,
    monotonic = host and host.monotonic or cqueues.monotime,
    last = {},         -- by zone: {pulled=, refresh=, due=}
    heard = {},        -- by zone: {at=, expire=, retry=}: when a primary last had it, and how long that lasts
    whole = true,      -- a transfer ends with the SOA that it began with, or fails
    replicated = false, -- an older version comes only where no primary has a newer one,
    older = "held",     -- and that it is right only a person can say
    silent_since = {}, -- by primary: when it was last asked in vain
  }, Transfer)
end

return M
