--- control: what can be asked of a running daemon.
--
--   GET  /v1/status               the daemon and all zones
--   GET  /v1/zones/{name}         one zone
--   POST /v1/zones/{name}/sync    pulls and delivers it now; answers when that is done or has failed

local policy = require "understudy.policy"

local M = {}

-- Long enough for slow targets to fail once.
local SYNC_WITHIN <const> = 60

local function fail(status, code, format, ...)
  return status, { error = { code = code, message = format:format(...) } }
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function sync_now(sync, zone_name)
  local ticket = sync:mark(zone_name, "asked for")
  local settled = sync:settle(zone_name, ticket, SYNC_WITHIN)
  local result = sync:zone_status(zone_name)
  result.settled = settled
  return 200, result
end

-- By the path's part behind the zone's name.
local ROUTES <const> = {
  [""] = { method = "GET", run = function(sync, zone_name)
    return 200, sync:zone_status(zone_name)
  end },
  ["/sync"] = { method = "POST", run = sync_now },
}

local function zone_request(sync, method, name, rest)
  local zone_name = policy.zone_name(unescape(name))
  local route = ROUTES[rest]
  if not route then
    return fail(404, "absent", "there is nothing at this path")
  elseif not zone_name or not sync:zone_status(zone_name) then
    return fail(404, "absent", "the policy has no zone '%s'", unescape(name))
  elseif route.method ~= method then
    return fail(405, "refused", "this path takes %s", route.method)
  end
  return route.run(sync, zone_name)
end

--- Makes the function that answers requests.
---@param sync understudy.Sync
---@param describe fun(): table  what to say of the daemon itself
---@return fun(method: string, path: string): integer, table
function M.new(sync, describe)
  return function(method, target)
    local path = target:match "^[^?#]*"
    if path == "/v1/status" then
      if method ~= "GET" then
        return fail(405, "refused", "this path takes GET")
      end
      local status = describe()
      status.zones = sync:status()
      return 200, status
    end
    local name, rest = path:match "^/v1/zones/([^/]+)(.*)$"
    if name then
      return zone_request(sync, method, name, rest)
    end
    return fail(404, "absent", "there is nothing at this path")
  end
end

return M
