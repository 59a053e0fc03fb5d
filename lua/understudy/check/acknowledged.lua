--- acknowledged: tells findings that a person knows of and accepts from those that are new.

local check = require "understudy.check"

local M = {}

---@class understudy.Acknowledgement
---@field zone string
---@field fingerprint string
---@field rule string
---@field who string
---@field reason string
---@field since number
---@field until number

--- Whether a finding may be accepted. What secondaries refuse to load may not: accepting it would publish nothing.
---@param finding table
---@return boolean
function M.possible(finding)
  local built_in = check.BUILT_IN[finding.id]
  return not (built_in and built_in.binding and finding.severity == "error")
end

--- The acknowledgement of a finding at a time; nil if there is none, or it is over.
---@param finding table
---@param acknowledgements? table<string, understudy.Acknowledgement> by fingerprint
---@param now number
---@return understudy.Acknowledgement?
function M.of(finding, acknowledgements, now)
  local found = acknowledgements and acknowledgements[finding.fingerprint]
  return found and now < found["until"] and M.possible(finding) and found or nil
end

--- Moves the findings that are accepted from a result's list to its list "acknowledged", where they are not counted.
---@param result table as understudy.check.run gives it
---@param acknowledgements? table<string, understudy.Acknowledgement>
---@param now number
function M.set_aside(result, acknowledgements, now)
  local open = {}
  result.acknowledged = {}
  for _, finding in ipairs(result.findings) do
    finding.acknowledged = M.of(finding, acknowledgements, now)
    table.insert(finding.acknowledged and result.acknowledged or open, finding)
    if finding.acknowledged then
      local total = finding.severity .. "s"
      result[total] = result[total] - 1
    end
  end
  result.findings = open
end

return M
