--- check: how grave rules are for a zone by a policy's `checks`, for built-in rules and an operator's own alike.

local core = require "understudy.core"
local online_rules = require "understudy.check.online_rules"
local own = require "understudy.check.own"

local M = {}

---@class understudy.Adjustment
---@field rule string
---@field severity "error"|"warning"|"info"|"off"
---@field owner? string  "@", relative to the zone, or with a final dot
---@field under? string  the same, for a name and all below it
---@field matching? string  the same, for all names of a pattern
---@field reason string

---@class understudy.Checks
---@field set "lenient"|"default"|"strict"
---@field adjustments understudy.Adjustment[] of those that fit a finding, the last one decides
---@field rules understudy.OwnRule[]

---@type understudy.Checks
M.DEFAULT = { set = "default", adjustments = {}, rules = {} }

---@type table<string, table> the built-in rules by their ids
M.BUILT_IN = {}
for _, list in ipairs { core.rules(), online_rules } do
  for _, rule in ipairs(list) do
    M.BUILT_IN[rule.id] = rule
  end
end

-- Whether a finding with an owner is where an adjustment is meant.
local function is_there(adjustment, owner, origin)
  if adjustment.matching then
    return core.name_matches(owner, adjustment.matching, origin)
  end
  local name = core.name(adjustment.owner or adjustment.under, origin)
  return owner == name or adjustment.under ~= nil and core.name_under(owner, name)
end

-- Whether an adjustment can be meant in a zone at all: a name can be too long below its apex.
local function is_possible(adjustment, origin)
  local name = adjustment.owner or adjustment.under or adjustment.matching
  return not name or core.name(name, origin) ~= nil
end

local function fits(adjustment, finding, origin)
  if adjustment.rule ~= finding.id or not is_possible(adjustment, origin) then
    return false
  elseif adjustment.owner or adjustment.under or adjustment.matching then
    return finding.owner ~= nil and is_there(adjustment, finding.owner, origin)
  end
  return true
end

-- How grave a finding is by the last adjustment that fits it; nil: none does.
local function adjusted(finding, adjustments, origin)
  for i = #adjustments, 1, -1 do
    if fits(adjustments[i], finding, origin) then
      return adjustments[i].severity
    end
  end
end

--- The findings of a list as grave as the policy says, without those that it switches off.
---@param list any  a report or a list of findings
---@param checks understudy.Checks
---@param origin string
---@return table[] findings
function M.grade(list, checks, origin)
  local graded = {}
  for i = 1, #list do
    local finding = list[i]
    finding.severity = adjusted(finding, checks.adjustments, origin) or finding.severity
    if finding.severity ~= "off" then
      graded[#graded + 1] = finding
    end
  end
  return graded
end

--- What zone:check needs to know of a policy.
---@param checks understudy.Checks
---@param origin string
---@return table options
function M.options(checks, origin)
  local severities = {}
  for _, adjustment in ipairs(checks.adjustments) do
    local rule = M.BUILT_IN[adjustment.rule]
    if rule and rule.group ~= "online" and is_possible(adjustment, origin) then
      severities[#severities + 1] = {
        rule = adjustment.rule, severity = adjustment.severity,
        owner = adjustment.owner, under = adjustment.under, matching = adjustment.matching,
      }
    end
  end
  return { set = checks.set, severities = severities }
end

--- What the operator's own rules find in a source zone.
---@param zone any
---@param checks understudy.Checks
---@return table[] findings
function M.own(zone, checks)
  local found = {}
  for _, rule in ipairs(checks.rules) do
    for _, finding in ipairs(own.run(rule, zone)) do
      found[#found + 1] = finding
    end
  end
  return M.grade(found, checks, zone.origin)
end

--- Runs all rules over a source zone.
---@param zone any
---@param checks understudy.Checks
---@return table? result as report:totable gives it, with all findings in its list
---@return understudy.Error? err
function M.run(zone, checks)
  local report, err = zone:check(M.options(checks, zone.origin))
  if not report then
    return nil, err
  end
  local result = report:totable()
  result.findings = result.findings or {}
  M.append(result, M.own(zone, checks))
  return result
end

--- Adds findings to a result of `run`.
---@param result table
---@param findings table[]
function M.append(result, findings)
  for _, finding in ipairs(findings) do
    local total = finding.severity .. "s"
    result[total] = result[total] + 1
    result.counts = result.counts or {}
    result.counts[finding.id] = (result.counts[finding.id] or 0) + 1
    table.insert(result.findings, finding)
  end
end

return M
