--- status: how a zone stands, derived from what is known of it at the moment. Plain values only.

local canary = require "understudy.sync.canary"
local online = require "understudy.sync.online"
local retry = require "understudy.sync.retry"
local shell = require "understudy.shell"
local units = require "understudy.units"

local M = {}

-- A delivery that was fine and has something newer to bring is only under way, unless nobody may ask the target.
local function delivery_state(delivery)
  local publication, waits = delivery:publication(), delivery:waits()
  if delivery.state ~= "ok" and delivery.state ~= "pending" or not publication
    or delivery.served == publication.serial then
    return delivery.state, delivery.error
  elseif waits then
    return waits.state, waits.why
  end
  return "pending", delivery.error
end

-- When a target that does not serve the newest may stop to serve the zone, at the earliest: it is not known to have
-- refreshed it since it began to fail (RFC 1035 §3.3.13). One that was never seen to serve it has nothing to lose.
local function expires_at(delivery, state)
  local publication = delivery.served and delivery:publication()
  local soa = (state == "lagging" or state == "unreachable") and publication
    and publication.zone:lookup("@", "SOA")
  return soa and delivery.since + math.tointeger(soa[1]:match "^%S+ %S+ %d+ %d+ %d+ (%d+)") or nil
end

local function targets(zone)
  local list = {}
  for i, delivery in ipairs(zone.deliveries) do
    local state, err = delivery_state(delivery)
    local waits, lane = delivery:waits(), delivery.lane
    list[i] = {
      name = delivery.target.name,
      canary = delivery.target.canary or nil,
      state = state,
      since = delivery.since,
      serial = delivery.served,
      attempts = delivery.attempts,
      error = err,
      verdict = delivery.verdict,
      expires_at = expires_at(delivery, state),
      given_up = delivery.given_up,
      next_attempt = delivery.attempts > 0 and lane:due_in(delivery) or waits and waits.seconds,
      breaker = lane.breaker:status(),
      account = lane.account:status(),
    }
  end
  return list
end

-- What is wrong with the policy's own functions, each once.
local function policy_errors(zone)
  local list, seen = {}, {}
  local function add(peer, host)
    local fault = retry.of(peer, host).fault
    if fault and not seen[fault] then
      seen[fault], list[#list + 1] = true, fault
    end
  end
  for _, delivery in ipairs(zone.deliveries) do
    add(zone.source, delivery.host)
    add(delivery.target, delivery.host)
  end
  return #list > 0 and list or nil
end

-- The first target whose content is known not to be the publication.
local function wrong(list)
  for _, target in ipairs(list) do
    local verdict = target.verdict and target.verdict.verdict
    if verdict == "differs" or verdict == "not authoritative" then
      return target
    end
  end
end

-- The owners of ALIAS records by their target.
local function owners(zone)
  local by_target = {}
  if zone.accepted then
    for rrset in zone.accepted.zone:rrsets { type = "ALIAS" } do
      for i = 1, #rrset do
        local list = by_target[rrset[i]] or {}
        by_target[rrset[i]] = list
        list[#list + 1] = rrset.owner
      end
    end
  end
  return by_target
end

local function aliases(zone, answers, now)
  local list, by_target = {}, owners(zone)
  for i, answer in ipairs(answers) do
    list[i] = {
      owners = by_target[answer.target],
      target = answer.target,
      type = answer.type,
      state = answer.state,
      addresses = answer.addresses,
      age = answer.last_success > 0 and now - answer.last_success or nil,
      error = answer.error ~= "" and answer.error or nil,
      next_refresh = answer.next_refresh,
      since = answer.last_success > 0 and answer.last_success or nil,
    }
  end
  return list
end

local function first_with(list, state)
  for _, element in ipairs(list) do
    if element.state == state then
      return element
    end
  end
end

-- The worst that is true of the zone: state, since when, why.
local function summary(zone, shown, trouble)
  local publication, verdict, broken = zone.publication, zone.verdict, zone.source_error
  if zone.freeze then
    return "frozen", zone.freeze.since, ("frozen by %s: %s"):format(zone.freeze.who, zone.freeze.reason)
  elseif verdict then
    return verdict.state, verdict.since, verdict.why
  elseif trouble then
    return "unreachable", trouble.since, "store: " .. trouble.why
  elseif broken then
    return "unreachable", broken.since, "source: " .. broken.message
  elseif not publication then
    return "pending", nil, "nothing is published yet"
  elseif shown.canary and shown.canary.failed then
    return "held", shown.canary.since, shown.canary.why
  end
  for _, state in ipairs { "unreachable", "lagging" } do
    local target = first_with(shown.targets, state)
    if target then
      return state, target.since, ("%s: %s"):format(target.name, target.error)
    end
  end
  local differing = wrong(shown.targets)
  if differing then
    local found = differing.verdict
    return "differs", found.since or found.at, ("%s %s: %s"):format(differing.name, found.verdict,
      found.differences[1] or found.why)
  end
  for _, state in ipairs { "dangling", "stale", "unresolved" } do
    local alias = first_with(shown.aliases, state)
    if alias then
      return "stale-alias", alias.since or publication.at, ("%s %s is %s%s"):format(alias.target, alias.type, state,
        alias.error and ": " .. alias.error or "")
    end
  end
  local target = first_with(shown.targets, "pending")
  if shown.canary then
    return "pending", shown.canary.since, shown.canary.why
  elseif target then
    return "pending", target.since, target.name .. " is not known to serve it yet"
  end
  return "ok", publication.at, nil
end

-- What the policy says of rules, but for what goes without saying.
local function adjustments(zone)
  local list = {}
  for _, adjustment in ipairs(zone.checks and zone.checks.adjustments or {}) do
    list[#list + 1] = not adjustment.implied and adjustment or nil
  end
  return list
end

-- What people accept, in the order in which it ends; with its message where the finding is known.
local function acknowledgements(zone)
  local messages, list = {}, {}
  for _, found in ipairs { zone.findings.acknowledged, zone.online and zone.online.findings } do
    for _, finding in ipairs(found) do
      messages[finding.fingerprint] = finding.message
    end
  end
  for fingerprint, row in pairs(zone.acknowledgements) do
    list[#list + 1] = {
      fingerprint = fingerprint, rule = row.rule, who = row.who, reason = row.reason, since = row.since,
      ["until"] = row["until"], message = messages[fingerprint],
    }
  end
  table.sort(list, function(a, b)
    return a["until"] < b["until"] or a["until"] == b["until"] and a.fingerprint < b.fingerprint
  end)
  return list
end

local MEND_THE_STORE <const> = "see that the state can be written: room on its disk, its rights, the database server; "
  .. "what was published last is served until then, and the rest follows by itself"

local MEND_TO_START <const> = "see that the database server answers; until then the daemon does not know what was "
  .. "published and serves nothing, and then it goes on by itself"

local MEND_THE_SOURCE <const> = "make the source readable; the last good version is served until then"

local WAIT_FOR_BUDGET <const> = "wait, or raise what the account of the source allows in the policy; the last good "
  .. "version is served until then"

local CANARY <const> = "mend the canary and it goes on by itself; 'understudy rollback %s SERIAL' takes the step back, "
  .. "'understudy approve %s %s' lets all targets have it nevertheless"

-- What to do when the policy has given up a target.
local function anew(zone, shown)
  for _, target in ipairs(shown.targets) do
    if target.given_up then
      return ("the policy gave up %s (%s), which now gets one attempt each refresh: 'understudy sync %s' begins anew")
        :format(target.name, target.given_up, shell.word(zone.name))
    end
  end
end

-- What a person can do about a state.
local REMEDIES <const> = {
  frozen = function(zone)
    local freeze = zone.freeze
    local by_itself = freeze["until"] and (" it ends by itself at %s"):format(units.time(freeze["until"])) or ""
    return ("understudy thaw %s%s"):format(shell.word(zone.name), by_itself ~= "" and ";" .. by_itself or "")
  end,
  held = function(zone, clock, _, shown)
    local hash, word = zone.verdict and zone.verdict.plan, shell.word(zone.name)
    if not zone.verdict then
      return CANARY:format(word, word, shown.canary.plan)
    elseif not hash then
      return "mend the source"
    end
    local left = zone.recheck and math.max(0, zone.recheck - clock.monotonic())
    local recheck = left and ("; if it stays so it is believed in " .. units.span(left)) or ""
    return ("look with 'understudy plan %s', then: understudy approve %s %s%s"):format(word, word, hash, recheck)
  end,
  invalid = function()
    return "mend what is found in the source; the last good version is served until then"
  end,
  unreachable = function(zone, _, trouble, shown)
    return trouble and MEND_THE_STORE
      or zone.source_error and (zone.source_error.budget and WAIT_FOR_BUDGET or MEND_THE_SOURCE)
      or anew(zone, shown) or "see why the secondary does not answer; it is tried again by itself"
  end,
  lagging = function(zone, _, _, shown)
    local target = first_with(shown.targets, "lagging")
    local account = target and target.account
    if account and account.daily and account.used >= account.daily then
      return ("raise the daily budget of account %s in the policy, or wait"):format(account.name)
    end
    return anew(zone, shown)
      or "see the secondary's log: it was told, and does not serve the newest serial; it is told again by itself"
  end,
  differs = function(zone)
    return ("see all of it with 'understudy verify %s', and who changed it there; a secondary that transfers the zone "
      .. "anew gets it as it was published"):format(shell.word(zone.name))
  end,
  pending = function(zone)
    return zone.publication and "wait: it is under way" or "wait: the first read of the source is under way"
  end,
  ["stale-alias"] = function()
    return "see why the target does not resolve; the last good addresses are published until it does"
  end,
}

--- The status of a zone.
---@param zone table
---@param answers table[] those of its targets
---@param clock understudy.Clock
---@param store_trouble? {since: number, why: string}
---@return table
function M.of(zone, answers, clock, store_trouble)
  local publication, accepted = zone.publication, zone.accepted
  local shown = {
    name = zone.name,
    catalog = zone.setting.member and zone.setting.member.catalog,
    serial = publication and publication.serial,
    hash = publication and publication.hash,
    published_at = publication and publication.at,
    cause = publication and publication.cause,
    who = publication and publication.who ~= "" and publication.who or nil,
    records = publication and #publication.zone,
    source = {
      version = accepted and accepted.version,
      at = accepted and accepted.at,
      error = zone.source_error and zone.source_error.message,
    },
    findings = zone.findings,
    online = online.told(zone, clock.now()),
    acknowledgements = acknowledgements(zone),
    adjustments = adjustments(zone),
    aliases = aliases(zone, answers, clock.now()),
    targets = targets(zone),
    name_servers = zone.name_servers,
    canary = canary.hold(zone),
    policy_errors = policy_errors(zone),
  }
  local trouble = zone.unsaved or store_trouble
  shown.state, shown.since, shown.why = summary(zone, shown, trouble)
  shown.remedy = REMEDIES[shown.state] and REMEDIES[shown.state](zone, clock, trouble, shown)
  shown.plan = zone.verdict and zone.verdict.plan or shown.canary and shown.canary.plan
  return shown
end

--- How the store stands.
---@param trouble? {since: number, why: string}
---@param starting? boolean nothing is served yet
---@return {state: "ok"|"unreachable", since?: number, why?: string, remedy?: string}
function M.of_store(trouble, starting)
  if not trouble then
    return { state = "ok" }
  end
  return { state = "unreachable", since = trouble.since, why = trouble.why,
    remedy = starting and MEND_TO_START or MEND_THE_STORE }
end

return M
