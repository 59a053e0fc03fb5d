--- own: the rules that operators write: functions of a zone that return findings.
--
-- A rule that fails or does not end is a finding of that rule, as grave as the rule itself: one that may hold a
-- zone back holds it back when it can't tell, and the last good version stays served.

local core = require "understudy.core"
local finding = require "understudy.check.finding"
local policy_call = require "understudy.policy.call"
local units = require "understudy.units"

local M = {}

local SECONDS_MAX <const> = 2 -- of CPU, for one rule and zone
local FINDINGS_MAX <const> = 1000

---@class understudy.OwnRule
---@field id string
---@field severity "error"|"warning"|"info"
---@field rule string          what it asks for, in a sentence
---@field check fun(zone: any): table[]? findings
---@field consequence? string  what follows when nothing is done
---@field authority? string    who says so
---@field options? table[]     {id=, label=, effect=}

-- A list of findings, or what is wrong with what the rule returned.
local function read(rule, zone, returned)
  if returned ~= nil and type(returned) ~= "table" then
    error(("it returned %s in place of a list of findings"):format(units.show(returned)), 0)
  end
  local list, count = {}, #(returned or {})
  for i = 1, math.min(count, FINDINGS_MAX) do
    local what = returned[i]
    if type(what) ~= "table" or type(what.message) ~= "string" then
      error(("finding %d of what it returned has no message"):format(i), 0)
    elseif what.owner ~= nil and not (type(what.owner) == "string" and core.name(what.owner, zone.origin)) then
      error(("finding %d of what it returned has the owner %s, which is no name"):format(i, units.show(what.owner)), 0)
    end
    list[i] = finding.new(rule, zone, what)
  end
  if count > FINDINGS_MAX then
    list[#list + 1] = finding.new(rule, zone, { message = ("… and %d more findings"):format(count - FINDINGS_MAX) })
  end
  return list
end

--- Runs a rule.
---@param rule understudy.OwnRule
---@param zone any
---@return table[] findings
function M.run(rule, zone)
  local ok, result = pcall(function()
    return read(rule, zone, policy_call.call(SECONDS_MAX, rule.check, zone))
  end)
  if ok then
    return result
  end
  return { finding.new(rule, zone, { message = "the rule could not be run: " .. tostring(result) }) }
end

return M
