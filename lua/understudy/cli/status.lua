--- status: how zones and their secondaries are, by the daemon, or by the store when none runs.

local cli_findings = require "understudy.cli.findings"
local cli_policy = require "understudy.cli.policy"
local judge = require "understudy.sync.judge"
local metrics = require "understudy.cli.metrics"
local percent = require "understudy.percent"
local policy = require "understudy.policy"
local units = require "understudy.units"

local M = {}

local ANSWER_WITHIN <const> = 10 -- seconds

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  cli_policy.option(parser)
  parser:mutex(parser:flag("--json", "Answer as JSON."),
    parser:flag("--metrics", "Answer in the text format of Prometheus. Exits 0 whatever the state."))
end

-- What the daemon says of all zones, or of those that are named; nil and an error with code "absent" if there is none.
local function ask_daemon(state, named)
  local client = require "understudy.server.http.client"
  local socket = require("understudy.store.folder").socket(state)
  local status, err = client.request(socket, "GET", #named > 0 and "/v1/daemon" or "/v1/status", ANSWER_WITHIN)
  if not status or #named == 0 then
    return status, err
  end
  status.zones = {}
  for _, name in ipairs(named) do
    local zone
    zone, err = client.request(socket, "GET", "/v1/zones/" .. percent.encode(name), ANSWER_WITHIN)
    if not zone and err.code ~= "absent" and err.code ~= "busy" then
      return nil, err
    end
    status.zones[#status.zones + 1] = zone
  end
  return status
end

-- The zones as the last daemon left them; what was under way then waits for the next.
local function left(zones)
  for _, zone in ipairs(zones) do
    zone.remedy = zone.state == "pending" and "start the daemon: understudy run" or zone.remedy
  end
  return zones
end

-- The same from what the last daemon wrote down.
local function ask_store(loaded)
  local clock = require("understudy.clock").system()
  local store, err = cli_policy.store(loaded)
  if not store then
    return nil, err
  end
  local sync
  sync, err = require("understudy.sync").new(loaded, {
    clock = clock, store = store, answers = judge.answers(loaded),
  })
  return sync and { running = false, zones = left(sync:status()) }, err
end

-- Those of the zones that are named; all if none is.
local function only(zones, named)
  if #named == 0 then
    return zones
  end
  local list, names = {}, {}
  for _, name in ipairs(named) do
    names[policy.zone_name(name) or name] = true
  end
  for _, zone in ipairs(zones) do
    if names[zone.name] then
      list[#list + 1] = zone
    end
  end
  return list
end

local function ago(now, time)
  return units.span(math.max(0, now - time)) .. " ago"
end

local function headline(zone, now)
  local parts = { zone.name, zone.state }
  if zone.serial then
    parts[3] = ("serial %d, %s, published %s (%s)"):format(
      zone.serial, units.count(zone.records, "record"), ago(now, zone.published_at), zone.cause)
  end
  return table.concat(parts, "  ")
end

local function target_row(target, now)
  local detail = target.serial and ("serves serial %d"):format(target.serial) or ""
  local verdict = target.verdict
  if target.error and target.state ~= "ok" then
    detail = target.error
  elseif verdict then
    detail = ("%s, %s%s"):format(detail, verdict.verdict, verdict.differences[1] and ": " .. verdict.differences[1]
      or verdict.why and ": " .. verdict.why or "")
  end
  local notes = { detail ~= "" and detail or nil }
  if target.given_up then
    notes[#notes + 1] = "no more attempts: " .. target.given_up
  elseif target.next_attempt then
    notes[#notes + 1] = "next attempt in " .. units.span(target.next_attempt)
  end
  if target.expires_at then
    notes[#notes + 1] = ("serves the zone until %s at least (SOA expire)"):format(units.time(target.expires_at))
  end
  if target.breaker then
    notes[#notes + 1] = ("breaker open for %s after %s"):format(units.span(math.max(0, now - target.breaker.since)),
      units.count(target.breaker.failures, "failure"))
  end
  local account = target.account
  if account and account.daily then
    notes[#notes + 1] = ("account %s: %d of %d used, refills at %s"):format(account.name, account.used, account.daily,
      units.time(account.refills_at))
  end
  return { (target.canary and "  canary " or "  target ") .. target.name, target.state, table.concat(notes, "; ") }
end

local function name_server_row(verdict)
  local detail = { verdict.serial and ("serves serial %d"):format(verdict.serial) or nil }
  detail[#detail + 1] = verdict.differences[1] or verdict.why
  return { ("  name server %s %s"):format(verdict.name, verdict.server or "-"), verdict.verdict,
    table.concat(detail, ", ") }
end

local function alias_row(alias)
  local detail = #alias.addresses > 0 and table.concat(alias.addresses, " ") or "no address"
  if alias.state ~= "fresh" and alias.age then
    detail = ("%s, last seen %s ago"):format(detail, units.span(alias.age))
  end
  if alias.error then
    detail = ("%s: %s"):format(detail, alias.error)
  end
  return { ("  alias %s %s"):format(alias.target, alias.type), alias.state, detail }
end

-- What the policy says of a rule, and why.
local function adjustment_line(adjustment)
  local where = adjustment.owner and (" at " .. adjustment.owner)
    or adjustment.under and (" under " .. adjustment.under)
    or adjustment.matching and (" matching " .. adjustment.matching) or ""
  return ("%s is %s%s: %s"):format(adjustment.rule, adjustment.severity, where, adjustment.reason)
end

-- What a person accepts, and until when.
local function acknowledged_line(said)
  return ("acknowledged %s %s by %s until %s: %s%s"):format(said.rule, said.fingerprint, said.who,
    units.time(said["until"]), said.reason, said.message and ("  (%s)"):format(said.message) or "")
end

local function print_zone(out, zone, now)
  out:line("%s%s", headline(zone, now), zone.catalog and ("  listed by " .. zone.catalog) or "")
  if zone.why then
    out:line("  %s%s", zone.why, zone.since and (", since %s"):format(ago(now, zone.since)) or "")
  end
  if zone.remedy then
    out:line("  → %s", zone.remedy)
  end
  if zone.canary and zone.canary.why ~= zone.why then
    out:line("  %s", zone.canary.why)
  end
  for _, fault in ipairs(zone.policy_errors or {}) do
    out:line("  policy: %s", fault)
  end
  if zone.findings then
    cli_findings.print(out, zone.findings.list or {}, "  ", zone.name)
  end
  for _, said in ipairs(zone.acknowledgements or {}) do
    out:line("  %s", acknowledged_line(said))
  end
  cli_findings.print(out, zone.online and zone.online.findings or {}, "  ", zone.name)
  for _, adjustment in ipairs(zone.adjustments or {}) do
    out:line("  rule %s", adjustment_line(adjustment))
  end
  local rows = {}
  for _, target in ipairs(zone.targets or {}) do
    rows[#rows + 1] = target_row(target, now)
  end
  for _, verdict in ipairs(zone.name_servers or {}) do
    rows[#rows + 1] = name_server_row(verdict)
  end
  for _, alias in ipairs(zone.aliases or {}) do
    rows[#rows + 1] = alias_row(alias)
  end
  out:columns(rows)
end

--- Writes the status of zones, for people.
---@param out understudy.Output
---@param zones table[]
function M.print(out, zones)
  local now = os.time()
  for _, zone in ipairs(zones) do
    print_zone(out, zone, now)
  end
end

--- Whether all zones are fine.
---@param zones table[]
---@return boolean
function M.all_ok(zones)
  for _, zone in ipairs(zones) do
    if zone.state ~= "ok" then
      return false
    end
  end
  return true
end

-- How the daemon's store stands, if that is worth a word.
local function print_store(out, store)
  if store and store.state ~= "ok" then
    out:line("store  %s  %s, since %s", store.state, store.why, ago(os.time(), store.since))
    out:line("  → %s", store.remedy)
  end
end

-- Which daemons at the same store go by another policy.
local function print_others(out, others)
  for _, other in ipairs(others) do
    out:line("policy  differs  %s, since %s", other.message, ago(os.time(), other.since))
    out:line("  → %s", other.remedy)
  end
end

-- The status by the daemon, which may run although its policy file is broken by now, or else by the store.
local function ask(args, loaded, broken)
  local state, status, err
  state, err = cli_policy.state(args.policy)
  if state then
    status, err = ask_daemon(state, args.zones)
  end
  if status then
    status.running = true
  elseif not loaded then
    err = broken
  elseif err.code == "absent" then
    status, err = ask_store(loaded)
  end
  return status, err
end

-- How the policy file stands to what the daemon goes by; whether they are the same.
local function print_policy(out, used, loaded, broken)
  local failed = used.error
  if failed then
    out:line("The policy can't be taken up; the one of %s stays in use (reload by %s, %s):", units.time(used.since),
      failed.who, units.time(failed.at))
    for line in failed.message:gmatch "[^\n]+" do
      out:line("  %s", line)
    end
    out:line("  → mend it, then: understudy reload")
  elseif broken then
    out:line("The policy file is broken and no daemon could start; the one of %s is in use:", units.time(used.since))
    for line in tostring(broken):gmatch "[^\n]+" do
      out:line("  %s", line)
    end
  elseif loaded.digest ~= used.digest then
    out:line("The policy file is another one than that of %s, which is in use; to take it up: understudy reload",
      units.time(used.since))
  end
  if #used.restart > 0 then
    out:line("Only a restart takes up what the policy says of: %s", table.concat(used.restart, ", "))
  end
  for _, list in ipairs { used.refusals or {}, used.notices or {} } do
    for _, sentence in ipairs(list) do
      out:line("%s", sentence)
    end
  end
  return not failed and not broken
end

function M.run(args, console)
  local loaded, broken = cli_policy.load_expanded(args.policy)
  local known, status, err = true, nil, nil
  if loaded then
    known, err = cli_policy.select(loaded, args.zones)
  end
  if known then
    status, err = ask(args, loaded, broken)
  end
  if not status then
    return nil, err
  end
  status.zones = only(status.zones, args.zones)
  if args.metrics then
    console.out:write(metrics.text(status))
    return 0
  end
  local sound = true
  if args.json then
    sound = not broken and not (status.policy and status.policy.error) and #(status.other_policies or {}) == 0
    console.out:json(status)
  else
    if status.policy then
      sound = print_policy(console.out, status.policy, loaded, broken)
    elseif not status.running then
      console.out:line("No daemon is running. This is what the last one left; nothing is done until one runs.")
    end
    print_store(console.out, status.store)
    print_others(console.out, status.other_policies or {})
    sound = sound and #(status.other_policies or {}) == 0
    M.print(console.out, status.zones)
  end
  return sound and M.all_ok(status.zones) and 0 or 1
end

return M
