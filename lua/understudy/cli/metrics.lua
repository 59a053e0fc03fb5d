--- metrics: the status in the text format of Prometheus, for whoever collects it: a file for the textfile collector of
-- node_exporter, say. Times are seconds since the epoch, so that a file that nobody writes any more can be told.

local M = {}

local STATES <const> = {
  "ok", "pending", "held", "frozen", "invalid", "unreachable", "lagging", "differs", "stale-alias",
}

-- A value of a label.
local function quoted(value)
  return '"' .. tostring(value):gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }) .. '"'
end

local function number(value)
  if type(value) == "boolean" then
    return value and "1" or "0"
  end
  return math.type(value) == "integer" and ("%d"):format(value) or ("%.3f"):format(value)
end

-- Gathers the samples of each metric: those of one stand together.
local function collector()
  local names, metrics = {}, {}
  local self = {}

  function self.metric(name, kind, help)
    names[#names + 1] = name
    metrics[name] = { ("# HELP understudy_%s %s"):format(name, help), ("# TYPE understudy_%s %s"):format(name, kind) }
  end

  -- Adds a sample with labels {name, value, name, value …}; none for nil.
  function self.add(name, value, labels)
    if value == nil then
      return
    end
    local parts = {}
    for i = 1, #(labels or {}), 2 do
      parts[#parts + 1] = labels[i] .. "=" .. quoted(labels[i + 1])
    end
    local lines = metrics[name]
    lines[#lines + 1] = ("understudy_%s%s %s"):format(name,
      #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or "", number(value))
  end

  function self.text()
    local lines = {}
    for _, name in ipairs(names) do
      if #metrics[name] > 2 then
        table.move(metrics[name], 1, #metrics[name], #lines + 1, lines)
      end
    end
    return table.concat(lines, "\n") .. "\n"
  end

  return self
end

local function describe(out)
  for _, metric in ipairs {
    { "up", "gauge", "Whether a daemon runs." },
    { "start_time_seconds", "gauge", "When it was started." },
    { "policy_ok", "gauge", "Whether the policy file could be taken up when it was last read." },
    { "store_ok", "gauge", "Whether the state can be written." },
    { "policy_differing_zones", "gauge", "Zones with other settings, or none, in the policy of a daemon at the same "
      .. "store." },
    { "connections", "gauge", "Connections of secondaries, by TCP and TLS." },
    { "transfers_total", "counter", "Transfers to secondaries, by what became of them." },
    { "notifies_received_total", "counter", "NOTIFYs that were taken." },
    { "zones", "gauge", "Zones by their state." },
    { "notifies_outstanding", "gauge", "Deliveries that were tried and are not known to be served." },
    { "zone_ok", "gauge", "Whether a zone is as it should be, on all its targets." },
    { "zone_serial", "gauge", "Serial of the publication." },
    { "zone_records", "gauge", "Records of the publication." },
    { "zone_published_time_seconds", "gauge", "When it was published." },
    { "zone_source_time_seconds", "gauge", "When the source was last read and accepted." },
    { "target_ok", "gauge", "Whether a target serves the publication." },
    { "target_serial", "gauge", "Serial that a target is known to serve." },
    { "target_attempts", "gauge", "Attempts in a row without success." },
    { "target_verdict", "gauge", "What the last look at the content of a target said; always 1." },
    { "target_verified_time_seconds", "gauge", "When that was." },
    { "target_expires_time_seconds", "gauge", "When a target that does not follow may stop to serve the zone." },
    { "name_server_verdict", "gauge", "What the last look at a name server that is no target said; always 1." },
    { "name_server_serial", "gauge", "Serial that it served then." },
    { "name_server_verified_time_seconds", "gauge", "When that was." },
  } do
    out.metric(metric[1], metric[2], metric[3])
  end
end

local function add_target(out, zone, target)
  local labels = { "zone", zone.name, "target", target.name }
  local verdict = target.verdict
  out.add("target_ok", target.state == "ok", labels)
  out.add("target_serial", target.serial, labels)
  out.add("target_attempts", target.attempts or 0, labels)
  if verdict then
    out.add("target_verdict", 1, { "zone", zone.name, "target", target.name, "verdict", verdict.verdict })
    out.add("target_verified_time_seconds", verdict.at, labels)
  end
  out.add("target_expires_time_seconds", target.expires_at or verdict and verdict.expires_at, labels)
end

local function add_name_server(out, zone, verdict)
  local labels = { "zone", zone.name, "name", verdict.name, "server", verdict.server or "" }
  out.add("name_server_serial", verdict.serial, labels)
  out.add("name_server_verified_time_seconds", verdict.at, labels)
  table.move({ "verdict", verdict.verdict }, 1, 2, #labels + 1, labels)
  out.add("name_server_verdict", 1, labels)
end

local function add_zone(out, zone)
  local labels = { "zone", zone.name }
  out.add("zone_ok", zone.state == "ok", labels)
  out.add("zone_serial", zone.serial, labels)
  out.add("zone_records", zone.records, labels)
  out.add("zone_published_time_seconds", zone.published_at, labels)
  out.add("zone_source_time_seconds", zone.source and zone.source.at, labels)
  for _, target in ipairs(zone.targets or {}) do
    add_target(out, zone, target)
  end
  for _, verdict in ipairs(zone.name_servers or {}) do
    add_name_server(out, zone, verdict)
  end
end

-- What is counted over all zones.
local function add_sums(out, zones)
  local states, outstanding = {}, 0
  for _, zone in ipairs(zones) do
    states[zone.state] = (states[zone.state] or 0) + 1
    for _, target in ipairs(zone.targets or {}) do
      outstanding = outstanding + (target.state ~= "ok" and (target.attempts or 0) > 0 and 1 or 0)
    end
  end
  for _, state in ipairs(STATES) do
    out.add("zones", states[state] or 0, { "state", state })
  end
  out.add("notifies_outstanding", outstanding)
end

-- Zones with other settings in the policy of another process, or in one of the policies only; where these are most.
local function differing(others)
  local most = 0
  for _, other in ipairs(others) do
    local zones = other.zones
    most = math.max(most, zones.differing.count + zones.here.count + zones.there.count)
  end
  return most
end

--- The status as text.
---@param status table what the daemon answers, with `running`
---@return string
function M.text(status)
  local out, served = collector(), status.served
  describe(out)
  out.add("up", status.running)
  if status.running then
    out.add("start_time_seconds", status.since)
    out.add("policy_ok", status.policy and status.policy.error == nil)
    out.add("store_ok", status.store and status.store.state == "ok")
    out.add("policy_differing_zones", differing(status.other_policies or {}))
  end
  if served then
    out.add("connections", served.connections)
    out.add("transfers_total", served.transfers, { "result", "sent" })
    out.add("transfers_total", served.failed, { "result", "failed" })
    out.add("notifies_received_total", served.notifies)
  end
  add_sums(out, status.zones)
  for _, zone in ipairs(status.zones) do
    add_zone(out, zone)
  end
  return out.text()
end

return M
