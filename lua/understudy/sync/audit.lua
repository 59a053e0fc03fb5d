--- audit: looks now and then at what each target really serves, and the other name servers of the zones. The serial
--- tells that a publication came; only the content tells that it came whole, and that nobody changed it since.

local uerror = require "understudy.error"
local verify = require "understudy.sync.verify"

local M = {}

local SPREAD <const> = 0.1
local WELL <const> = { same = true, behind = true } -- who is behind is told by its delivery

-- Takes what was found of a server, and says so when that is another thing than before.
local function note(found, before, zone_name, server, host)
  local was = before and before.verdict
  found.at = host.clock.now()
  found.since = found.verdict == was and before.since or found.at
  if found.verdict ~= was and not WELL[found.verdict] then
    host.log:error("%s %s: %s%s", zone_name, server, found.verdict,
      found.differences[1] and ": " .. found.differences[1] or found.why and ": " .. found.why or "")
  elseif was and found.verdict ~= was and not WELL[was] then
    host.log:info("%s %s: %s", zone_name, server, found.verdict)
  end
end

-- Looks at one target.
local function look(delivery, publication, host)
  local found = verify.inspect(delivery.target, publication)
  if publication ~= delivery:publication() or not delivery.zone.lease then
    return -- what was compared is not wanted any more, or by another process
  end
  note(found, delivery.verdict, delivery.zone.name, delivery.target.name, host)
  delivery.verdict = found
end

-- Looks at those deliveries that are thought to have come.
local function look_at_all(deliveries, host)
  for _, delivery in ipairs(deliveries) do
    local publication = delivery:publication()
    if delivery.zone.lease and publication and delivery.served == publication.serial and delivery.attempts == 0 then
      look(delivery, publication, host)
    end
  end
end

-- The deliveries of the zones that this process has, by their target.
local function by_target(names, zones)
  local lists = {}
  for _, name in ipairs(names) do
    for _, delivery in ipairs(zones[name].lease and zones[name].deliveries or {}) do
      local target = delivery.target
      if target.inspect then
        lists[target] = lists[target] or {}
        table.insert(lists[target], delivery)
      end
    end
  end
  return lists
end

-- Looks at the name servers of a zone that are no targets.
local function look_at_name_servers(zone, host)
  local known, publication = {}, zone.released
  for _, delivery in ipairs(zone.deliveries) do
    local serve = delivery.target.serve
    known[serve and serve.text or ""] = true
  end
  local done, list, err = xpcall(host.look_at_name_servers, debug.traceback, publication.zone, known)
  if not done or not list then
    host.log:warning("%s its name servers can't be looked at: %s", zone.name, uerror.from(done and err or list).message)
  elseif publication == zone.released then
    local before = {}
    for _, verdict in ipairs(zone.name_servers or {}) do
      before[verdict.server or verdict.name] = verdict
    end
    for _, found in ipairs(list) do
      note(found, before[found.server or found.name], zone.name, "name server " .. found.name, host)
    end
    zone.name_servers = #list > 0 and list or nil
  end
end

-- The same for all zones of this process, one after the other.
local function look_at_all_name_servers(names, zones, host)
  for _, name in ipairs(names) do
    local zone = zones[name]
    if zone and zone.lease and zone.released then
      look_at_name_servers(zone, host)
    end
  end
end

--- Looks at all that the zones of this process have delivered, each time the policy's period is over. Each target has
--- a task of its own, which goes through its zones one after the other: none waits for another. So do the name servers
--- that are no targets. Runs until the task ends.
---@param names string[]
---@param zones table<string, understudy.SyncZone>
---@param host table with look_at_name_servers(zone, known) → verdicts, or nil and an error; nil: nobody does
function M.run(names, zones, host)
  local busy = {}
  local function start(what, name, fn, ...)
    if busy[what] then
      return
    end
    local arguments = table.pack(...)
    busy[what] = true
    host.spawn("audit of " .. name, function()
      fn(table.unpack(arguments, 1, arguments.n))
      busy[what] = nil
    end)
  end
  while true do
    host.clock.sleep(host.policy.verify * (1 + SPREAD * (2 * host.random() - 1)))
    for target, deliveries in pairs(by_target(names, zones)) do
      start(target, target.name, look_at_all, deliveries, host)
    end
    if host.look_at_name_servers then
      start(zones, "name servers", look_at_all_name_servers, names, zones, host)
    end
  end
end

return M
