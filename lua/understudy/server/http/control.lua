--- control: what can be asked of a running daemon.
--
--   GET  /v1/status                        the daemon and all zones
--   GET  /v1/daemon                        the daemon alone, which costs it nothing
--   GET  /v1/zones/{name}                  one zone
--   GET  /v1/zones/{name}/history          its publications, newest first
--   GET  /v1/zones/{name}/explain[/OWNER]  what led to what is served
--   POST /v1/reload                        {who, dry?}: reads the policy again; with dry only tells what that would do
--   POST /v1/zones/{name}/sync             {names?}: pulls and delivers it now; answers when that is over.
--                                          names is a list of {owner, type?, gone?}: all that changed
--   POST /v1/zones/{name}/freeze           {who, reason, seconds?}
--   POST /v1/zones/{name}/thaw             {who}
--   POST /v1/zones/{name}/approve          {who, plan}
--   POST /v1/zones/{name}/rollback         {who, serial, reason?, seconds?}
--   POST /v1/zones/{name}/acknowledge      {who, fingerprint, reason, until}
--   POST /v1/zones/{name}/withdraw         {who, fingerprint}

local percent = require "understudy.percent"
local policy = require "understudy.policy"

local M = {}

-- Long enough for slow targets to fail once.
local SYNC_WITHIN <const> = 60
-- What a person may write, in octets.
local TEXT_MAX <const> = 1000

local function fail(status, code, format, ...)
  return status, { error = { code = code, message = format:format(...) } }
end

local UNAVAILABLE <const> = 503

local STATUS_OF <const> = { syntax = 400, absent = 404, refused = 409, busy = 409, policy = 422 }

local function answer(value, err)
  if not value then
    return fail(STATUS_OF[err.code] or 500, err.code, "%s", err.message)
  end
  return 200, value
end

-- Waits until what was asked for has been done, and says how the zone is then.
local function settled(sync, zone_name, ticket, err)
  if not ticket then
    return answer(nil, err)
  end
  local done = sync:settle(zone_name, ticket, SYNC_WITHIN)
  local result = sync:zone_status(zone_name)
  if not result then
    return fail(404, "absent", "the policy has no zone '%s' any more", zone_name)
  end
  result.settled = done
  return 200, result
end

-- The fields of a request by their types, "?" for those that may be missing; nil and what is wrong.
local function fields(body, types)
  local found = {}
  for name, kind in pairs(types) do
    local value = type(body) == "table" and body[name] or nil
    if value == nil and kind:sub(-1) ~= "?" then
      return nil, ("the field '%s' is missing"):format(name)
    elseif value ~= nil and (type(value) ~= kind:gsub("%?$", "") or type(value) == "string" and #value > TEXT_MAX
      or type(value) == "number" and not (value >= 0 and value < 1e10)) then
      return nil, ("the field '%s' is no %s as it must be"):format(name, kind:gsub("%?$", ""))
    end
    found[name] = value
  end
  return found
end

-- A route that takes such fields.
local function with_fields(types, run)
  return { method = "POST", run = function(sync, zone_name, body)
    local wish, problem = fields(body, types)
    if not wish then
      return fail(400, "syntax", "%s", problem)
    end
    return run(sync, zone_name, wish)
  end }
end

local function explain(sync, zone_name, _, owner)
  return answer(sync:explain(zone_name, owner))
end

-- By the path's part behind the zone's name.
local ROUTES <const> = {
  [""] = { method = "GET", run = function(sync, zone_name)
    return 200, sync:zone_status(zone_name)
  end },
  ["/sync"] = with_fields({ names = "table?" }, function(sync, zone_name, wish)
    return settled(sync, zone_name, sync:ask(zone_name, wish.names))
  end),
  ["/history"] = { method = "GET", run = function(sync, zone_name)
    return answer(sync:history(zone_name))
  end },
  ["/explain"] = { method = "GET", run = explain },
  ["/freeze"] = with_fields({ who = "string", reason = "string", seconds = "number?" }, function(sync, zone_name, wish)
    return settled(sync, zone_name, sync:freeze(zone_name, wish))
  end),
  ["/thaw"] = with_fields({ who = "string" }, function(sync, zone_name, wish)
    return settled(sync, zone_name, sync:thaw(zone_name, wish.who))
  end),
  ["/approve"] = with_fields({ who = "string", plan = "string" }, function(sync, zone_name, wish)
    return settled(sync, zone_name, sync:approve(zone_name, wish.plan, wish.who))
  end),
  ["/acknowledge"] = with_fields({ who = "string", fingerprint = "string", reason = "string", ["until"] = "number" },
    function(sync, zone_name, wish)
      return settled(sync, zone_name, sync:acknowledge(zone_name, wish))
    end),
  ["/withdraw"] = with_fields({ who = "string", fingerprint = "string" }, function(sync, zone_name, wish)
    return settled(sync, zone_name, sync:withdraw(zone_name, wish))
  end),
  ["/rollback"] = with_fields({ who = "string", serial = "number", reason = "string?", seconds = "number?" },
    function(sync, zone_name, wish)
      wish.serial = math.tointeger(wish.serial) or -1
      local serial, err = sync:rollback(zone_name, wish)
      return answer(serial and { serial = serial }, err)
    end),
}

local function zone_request(sync, method, name, rest, body)
  local zone_name = policy.zone_name(percent.decode(name))
  local owner = rest:match "^/explain/(.+)$"
  local route = ROUTES[owner and "/explain" or rest]
  if not route then
    return fail(404, "absent", "there is nothing at this path")
  elseif not zone_name or not sync:knows(zone_name) then
    return fail(404, "absent", "the policy has no zone '%s'", percent.decode(name))
  elseif route.method ~= method then
    return fail(405, "refused", "this path takes %s", route.method)
  end
  return route.run(sync, zone_name, body, owner and percent.decode(owner))
end

--- Makes the function that answers requests while a daemon can't work yet: it tells how its store stands.
---@param describe fun(): table  what to say of the daemon itself
---@param of_store fun(): {why: string}
---@return fun(method: string, path: string): integer, table
function M.waiting(describe, of_store)
  return function(method, target)
    local path = target:match "^[^?#]*"
    if method == "GET" and (path == "/v1/status" or path == "/v1/daemon") then
      local status = describe()
      status.store, status.zones = of_store(), path == "/v1/status" and {} or nil
      return 200, status
    end
    return fail(UNAVAILABLE, "busy", "the daemon waits for its store: %s", of_store().why)
  end
end

--- Makes the function that answers requests.
---@param sync understudy.Sync
---@param describe fun(): table  what to say of the daemon itself
---@param reload? fun(who: string, dry: boolean): table?, understudy.Error?  reads the policy again
---@return fun(method: string, path: string, body?: table): integer, table, table?  for understudy.server.http
function M.new(sync, describe, reload)
  local reload_route = with_fields({ who = "string", dry = "boolean?" }, function(_, _, wish)
    return answer(reload(wish.who, wish.dry or false))
  end)
  return function(method, target, body)
    local path = target:match "^[^?#]*"
    if path == "/v1/status" or path == "/v1/daemon" then
      if method ~= "GET" then
        return fail(405, "refused", "this path takes GET")
      end
      local status = describe()
      status.store, status.other_policies = sync:store_status(), sync:other_policies()
      return 200, status, path == "/v1/status" and { name = "zones", each = sync:each_status() } or nil
    end
    if path == "/v1/reload" and reload then
      if method ~= "POST" then
        return fail(405, "refused", "this path takes POST")
      end
      return reload_route.run(sync, nil, body)
    end
    local name, rest = path:match "^/v1/zones/([^/]+)(.*)$"
    if name then
      return zone_request(sync, method, name, rest, body)
    end
    return fail(404, "absent", "there is nothing at this path")
  end
end

return M
