--- shape: what a policy can hold, and what its nodes become: zones with a source and targets.

local address = require "understudy.net.address"
local alias = require "understudy.policy.alias"
local background = require "understudy.background"
local checks = require "understudy.policy.checks"
local constructors = require "understudy.policy.constructors"
local identity = require "understudy.identity"
local members = require "understudy.policy.members"
local path = require "understudy.path"
local preset_rule = require "understudy.preset.rule"
local peer = require "understudy.policy.peer"
local retry = require "understudy.sync.retry"
local schema = require "understudy.schema"
local sharing = require "understudy.policy.sharing"
local units = require "understudy.units"
local zone_name = require "understudy.policy.zone_name"

local M = {}

M.zone_name = zone_name.read

--- The folder of the store where the policy names none.
M.STATE = "state"

local node = constructors.node
local NONE <const> = {}

-- Makes of each node its source or target, one however many zones it stands in; false of a faulty one.
local function instances(folder)
  local made, read = {}, peer.reader()
  local function make(value, at)
    local before = #at.faults
    local own, common = read(value, at)
    local options = value.module.options(own, at, value.name, folder)
    if #at.faults > before then
      return false
    end
    local instance = value.module.new(options, { folder = folder, name = value.name })
    for name, setting in pairs(common) do
      instance[name] = setting
    end
    return identity.define(instance,
      { module = value.module, name = value.name, folder = folder, options = options, common = common })
  end
  return function(value, at)
    if made[value] == nil then
      made[value] = make(value, at)
    end
    return made[value]
  end
end

--- The type of `checks`.
M.checks = checks.shape(constructors.Node)

-- The group of a zone in a catalog (RFC 9432 §4.4.2).
local group = schema.custom(function(value)
  if type(value) ~= "string" or not value:find "^[%w_.-]+$" or #value > 255 then
    return nil, ("%s is not the name of a group"):format(units.show(value))
  end
  return value
end)

local function types(folder)
  local make = instances(folder)
  local source = node("source", "source.file \"zones/%s.zone\"", make)
  local targets = schema.list(node("target", "target.secondary \"name\" { … }", make), 1)
  local of_members = {
    source = { source }, targets = { targets }, checks = { M.checks }, zonemd = { schema.flag },
  }
  local in_zone = schema.record {
    source = { source }, targets = { targets }, checks = { M.checks }, group = { group }, zonemd = { schema.flag },
    members = { members.shape(of_members, group) },
  }
  local zone = node("zone", "zone \"name\" { … }", function(value, at)
    local name, problem = M.zone_name(value.name)
    if not name then
      at:fault("%s", problem)
    end
    local own = in_zone(value.options, at) or {}
    return {
      name = name, source = own.source, targets = own.targets, checks = own.checks, group = own.group,
      zonemd = own.zonemd, members = own.members, node = value,
    }
  end)
  local function zone_or_name(value, at)
    if type(value) ~= "string" then
      return zone(value, at)
    end
    local name, problem = M.zone_name(value)
    if not name then
      at:fault("%s", problem)
    end
    return { name = name }
  end
  return source, targets, schema.list(zone_or_name, 1)
end

--- The type of `alias`.
M.alias = alias.shape

local redirect_addresses = schema.one_or_more(schema.address)

-- A host's name, no address whose last part is missing.
local function host_name(value)
  local name = M.zone_name(value)
  local is_host = name and not name:find "[^%w_.-]" and not name:find "%.%-" and not name:find "^%d+%.$"
    and not name:find "%.%d+%.$"
  return is_host and name or nil
end

--- The type of `redirect`: addresses of the redirector of URL records, or the name of its host.
---@type understudy.SchemaType
function M.redirect(value, at)
  if type(value) == "string" and not address.acl { value } then
    local name = host_name(value)
    if not name then
      at:fault("%s is neither an address nor the name of a host", units.show(value))
    end
    return name
  end
  return redirect_addresses(value, at)
end

-- "@ MX", "www", "* CAA": an owner, and a type if not all are meant.
local protected = schema.custom(function(value)
  local owner, kind = (type(value) == "string" and value or ""):match "^(%S+)%s*(%S*)$"
  if not owner then
    return nil, ("%s is not an owner and a type, such as \"@ MX\" or \"www\""):format(units.show(value))
  end
  return { owner = owner:lower(), type = kind ~= "" and kind:upper() or nil }
end)

local guard = schema.record {
  max_removed = { schema.fraction, default = 0.5 },
  max_removed_records = { schema.number { min = 0, integer = true } },
  max_removed_members = { schema.fraction, default = 0.3 },
  confirm = { schema.duration },
  protect = { schema.one_or_more(protected), default = {} },
  apex_ns = { schema.choice { "hold", "allow" }, default = "hold" },
}

local keep = schema.record {
  publications = { schema.number { min = 1, max = 100000, integer = true }, default = 100 },
  age = { schema.duration, default = 90 * 86400 },
}

-- Where transfers over TLS are served, and with which certificate; its private key is read here, while the
-- superuser may.
local function tls_server(folder)
  local record = schema.record {
    listen = { schema.one_or_more(schema.endpoint(853)), required = true },
    certificate = { schema.text, required = true },
    key = { schema.text, required = true },
    clients = { schema.text },
  }
  return function(value, at)
    local before = #at.faults
    local options = record(value, at)
    if #at.faults > before then
      return nil
    end
    local certificate_file, key_file = path.join(folder, options.certificate), path.join(folder, options.key)
    local context, err = require("understudy.net.tls").server {
      certificate = certificate_file,
      key = key_file,
      clients = options.clients and path.join(folder, options.clients),
    }
    if not context then
      at:fault("%s", err.message)
    end
    return { listen = options.listen, context = context, certificate_file = certificate_file, key_file = key_file }
  end
end

-- What is not said of a zone, or of the members of a catalog, is as in the policy, or as `more` has it.
local function inherit(zone, policy, common, more)
  for _, name in ipairs { "source", "targets", "zonemd" } do
    if zone[name] == nil then
      zone[name] = more and more[name]
    end
    if zone[name] == nil then
      zone[name] = policy[name]
    end
  end
  if zone.checks then
    checks.verify(zone.checks, policy.checks)
    zone.checks = checks.join(policy.checks, zone.checks)
  end
  zone.checks = zone.checks or more and more.checks or common
end

-- A catalog goes nowhere if it does not say so; its members come from where it comes from.
local function complete_catalog(zone, policy, common, here)
  zone.targets = zone.targets or {}
  inherit(zone, policy, common)
  local listed = zone.members
  listed.source = listed.source or zone.source
  inherit(listed, policy, common)
  for _, options in pairs(listed.groups) do
    inherit(options, policy, common, listed)
  end
  if not listed.targets then
    here:fault("the members of the catalog %s have no targets", zone.name)
  end
end

-- Gives checks the rule about the providers among targets. Those of the same checks and targets are the same.
local function with_presets()
  local known = {}
  return function(of_zone, targets)
    local by_targets = known[of_zone] or {}
    known[of_zone] = by_targets
    if not by_targets[targets] then
      local rule = preset_rule.of(targets)
      by_targets[targets] = rule and checks.join(of_zone, { rules = { rule } }) or of_zone
    end
    return by_targets[targets]
  end
end

-- Says which names stand twice in lists of targets. Lists are looked at once, as many zones have the same.
local function twice()
  local known = {}
  return function(targets)
    if not known[targets] then
      local list, names = {}, {}
      for _, target in ipairs(targets) do
        list[#list + 1] = names[target.name] and target.name or nil
        names[target.name] = true
      end
      known[targets] = list
    end
    return known[targets]
  end
end

-- Every zone has a source, targets and checks, its own or the policy's, and stands there once.
local function complete(zones, policy, at)
  checks.verify(policy.checks)
  local seen, common, add_rule, share = {}, checks.join(policy.checks), with_presets(), sharing.new()
  local repeated = twice()
  local function place(i)
    return at:child "zones":child(i):within(zones[i].node)
  end
  for i, zone in ipairs(zones) do
    if zone.members then
      complete_catalog(zone, policy, common, place(i))
    else
      inherit(zone, policy, common)
      zone.checks = add_rule(zone.checks, zone.targets or NONE)
    end
    if zone.members or zone.source and zone.source.assign then
      zone.checks = members.checks(zone.checks, zone.members ~= nil)
    end
    if zone.name and seen[zone.name] then
      place(i):fault("the zone %s stands here twice", zone.name)
    elseif not zone.source then
      place(i):fault("the zone %s has no source", zone.name)
    elseif not zone.targets then
      place(i):fault("the zone %s has no targets", zone.name)
    end
    seen[zone.name or i] = true
    for _, name in ipairs(repeated(zone.targets or NONE)) do
      place(i):fault("the zone %s has two targets named %q", zone.name, name)
    end
    if zone.source and zone.targets then
      zones[i] = share(zone, zone.source, zone.targets)
    end
    background.turn(i)
  end
  return common
end

--- The type of a whole policy.
---@param folder string of its file
---@return understudy.SchemaType
function M.policy(folder)
  local source, targets, zones = types(folder)
  local record = schema.record {
    state = { schema.text, default = M.STATE },
    store = { node("store", "postgresql \"host=… dbname=…\"", function(made)
      return "postgresql " .. made.words
    end) },
    listen = { schema.one_or_more(schema.endpoint(53)),
      default = { { address = "127.0.0.1", port = 53, text = "127.0.0.1:53" } } },
    user = { schema.text },
    tls = { tls_server(folder) },
    resolver = { schema.one_or_more(schema.endpoint(53)) },
    source = { source },
    targets = { targets },
    zones = { zones, required = true },
    alias = { alias.shape, default = alias.shape({}) },
    pool = { schema.choice { "flatten", "first", "rotate", "reject" }, default = "flatten" },
    redirect = { M.redirect, default = {} },
    retry = { peer.retry, default = retry.default() },
    soak = { schema.duration, default = 600 },
    refresh = { schema.duration_from(1), default = 300 },
    verify = { schema.duration_from(1), default = 3600 },
    grace = { schema.duration, default = 300 },
    guard = { guard, default = guard({}) },
    checks = { M.checks },
    zonemd = { schema.flag, default = false },
    online = { schema.duration_from(60) },
    keep = { keep, default = keep({}) },
  }
  return node("policy", "return policy { … }", function(value, at)
    local policy = record(value.options, at)
    if #at.faults == 0 then
      policy.checks = complete(policy.zones, policy, at)
      alias.check_resolvers(policy.alias, #(policy.resolver or {}), at:within(value))
    end
    if #at.faults == 0 then
      members.assign(policy.zones)
    end
    return policy
  end)
end

return M
