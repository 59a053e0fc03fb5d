--- judge: flatten, check and guard: from a source zone to what would be published, or why it is not.
--
-- Pure: the same zone, answers, last publication and policy give the same judgement.

local alias = require "understudy.policy.alias"
local acknowledged = require "understudy.check.acknowledged"
local background = require "understudy.background"
local check = require "understudy.check"
local core = require "understudy.core"
local guard = require "understudy.sync.guard"
local plan = require "understudy.sync.plan"

local M = {}

---@class understudy.Judgement
---@field flat? any        the zone to publish, with the source's serial
---@field state? "invalid"|"held"  why there is none
---@field why? string      the same in a sentence
---@field plan? string     the hash by which a person can approve what is held
---@field proposal? any    the flat zone that is held
---@field waived? boolean   it would be held, but for the approval of a person
---@field findings table   {errors=, warnings=, list={…}, acknowledged={…}}, of source and flat zone together; those
---  that are acknowledged stand in their own list and are not counted

--- No findings.
---@return table
function M.no_findings()
  return { errors = 0, warnings = 0, list = {}, acknowledged = {} }
end

--- Adds a finding to the list that it belongs to.
---@param findings table
---@param finding table
---@param acknowledgements? table<string, understudy.Acknowledgement>
---@param now number
function M.add_finding(findings, finding, acknowledgements, now)
  finding.acknowledged = acknowledged.of(finding, acknowledgements, now)
  if finding.acknowledged then
    table.insert(findings.acknowledged, finding)
    return
  end
  table.insert(findings.list, finding)
  findings.errors = findings.errors + (finding.severity == "error" and 1 or 0)
  findings.warnings = findings.warnings + (finding.severity == "warning" and 1 or 0)
end

-- Names records by the ids that their source gave them, in place of their lines in what it made of them; those of a
-- zone from the store by where they stood before, as its places are in the store.
local function place_records(finding, ids, placed)
  for _, record in ipairs((ids or placed) and finding.records or {}) do
    local id = ids and record.file == ids.file and ids[record.line]
    if id or placed then
      record.id, record.file, record.line, record.column = id or nil, id and record.file, nil, nil
    end
  end
  finding.records = placed and placed[finding.fingerprint] or finding.records
end

-- Adds those findings of a report that no report before it had. Errors that it counted and did not keep count too:
-- nobody can have acknowledged them.
local function add(findings, seen, report, context)
  local new, kept_errors = {}, 0
  for i = 1, #report do
    local finding = report[i]
    kept_errors = kept_errors + (finding.severity == "error" and 1 or 0)
    if not seen[finding.fingerprint] then
      new[finding.fingerprint] = true
      place_records(finding, context.ids, context.placed)
      M.add_finding(findings, finding, context.acknowledgements, context.now)
    end
  end
  for fingerprint in pairs(new) do
    seen[fingerprint] = true
  end
  findings.errors = findings.errors + math.max(0, (report.errors or 0) - kept_errors)
end

local function first_error(findings)
  for _, finding in ipairs(findings.list) do
    if finding.severity == "error" then
      return finding.message
    end
  end
end

local function refuse(state, findings, why)
  return { state = state, why = why, findings = findings }
end

--- An empty memory of answers, by the rules of a policy.
---@param policy understudy.Policy
---@return any answers
function M.answers(policy)
  return core.answers(alias.memory(policy.alias))
end

--- What `judge` goes by: a policy, the answers that are known, and the time, which rotates pools.
---@param policy understudy.Policy
---@param answers any
---@param now number
---@param checks? understudy.Checks how grave rules are for the zone; by default as in the default set
---@return {flatten: table, guard: table, checks: understudy.Checks}
function M.options(policy, answers, now, checks)
  return {
    flatten = {
      answers = answers,
      pool = policy.pool,
      on_unresolved = policy.alias.on_unresolved,
      ttl = policy.alias.ttl,
      companion = policy.alias.companion,
      min_ttl = policy.alias.min_ttl,
      redirect = policy.redirect,
      now = math.floor(now),
    },
    guard = policy.guard,
    checks = checks or check.DEFAULT,
  }
end

--- Judges a zone that can't be read: by the parser's report, if there is one.
---@param err understudy.Error
---@return understudy.Judgement
function M.unreadable(err)
  local findings = M.no_findings()
  if err.report then
    add(findings, {}, err.report, { ids = err.ids })
  end
  return refuse("invalid", findings, err.message)
end

-- What a person should look at before a flat zone is published, unless that very step was approved; and whether it was.
local function hold(source, last, flat, options, context)
  local why = guard.absurd(flat)
  if why then
    return { state = "held", why = why }
  end
  local reasons = guard.reasons({ last = last, flat = flat, accepted = context.accepted, source = source },
    options.guard)
  table.move(context.doubts or {}, 1, #(context.doubts or {}), #reasons + 1, reasons)
  local hash = #reasons > 0 and plan.hash(context.accepted, source)
  if hash and context.waiver ~= hash then
    return { state = "held", why = table.concat(reasons, "; "), plan = hash, proposal = flat }
  end
  return nil, hash and true or false
end

--- Judges a source zone.
---@param source any the source zone
---@param last? any the zone last published
---@param options {flatten: table, guard: table, checks: understudy.Checks} see M.options
---@param context? {accepted?: any, doubts?: string[], waiver?: string, acknowledgements?: table, now?: number,
---  ids?: table, placed?: table} the source zone that is published, what of the new one is not believed yet, the hash
---  of the step that a person approved, by fingerprint the findings that a person accepts, at this time, by lines the
---  ids of the source zone's records, with its `file`; and of a zone from the store the records of known findings
---@return understudy.Judgement
function M.judge(source, last, options, context)
  context = context or {}
  local findings, seen = M.no_findings(), {}
  local checks, grading = options.checks, check.options(options.checks, source.origin)
  add(findings, seen, background.check(source, grading), context)
  add(findings, seen, check.own(source, checks), context)
  if findings.errors > 0 then
    return refuse("invalid", findings, first_error(findings))
  end
  local flat, report = source:flatten(options.flatten)
  if not flat then
    local err = report
    if err.report then
      add(findings, seen, err.report, context)
    end
    return refuse("invalid", findings, first_error(findings) or err.message)
  end
  add(findings, seen, check.grade(report, checks, source.origin), context)
  if flat ~= source then
    add(findings, seen, background.check(flat, grading), context)
  end
  if findings.errors > 0 then
    return refuse("invalid", findings, first_error(findings))
  end
  local held, waived = hold(source, last, flat, options, context)
  if held then
    held.findings = findings
    return held
  end
  return { flat = flat, findings = findings, waived = waived }
end

return M
