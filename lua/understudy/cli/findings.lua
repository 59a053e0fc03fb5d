--- findings: prints findings that came as tables, from a check, a judgement or the daemon. The layout is that of
-- report:text().

local acknowledged = require "understudy.check.acknowledged"
local finding_place = require("understudy.check.finding").place
local shell = require "understudy.shell"
local units = require "understudy.units"

local M = {}

local RECORDS_SHOWN <const> = 4

-- Control characters, which a file name or a rule's message can hold, must not reach a terminal.
local function visible(text)
  return (text:gsub("%c", "?"))
end

local function place(record, known_file)
  return visible(finding_place(record, known_file))
end

-- The places after the first; the file is named only where it changes.
local function more_places(records)
  local places, known = {}, records[1].file
  for i = 2, #records do
    places[#places + 1] = place(records[i], known)
    known = records[i].file
  end
  return #places > 0 and { ("Also at %s."):format(table.concat(places, ", ")) } or {}
end

-- The records themselves, where no line of a file tells which they are: after a transfer.
local function data_lines(records)
  local lines = {}
  for i = 1, math.min(#records, RECORDS_SHOWN) do
    local record = records[i]
    if record.data then
      lines[#lines + 1] = visible(("Record: %s %s %s"):format(record.owner, record.type, record.data))
    end
  end
  lines[#lines + 1] = #records > RECORDS_SHOWN and "Record: …" or nil
  return lines
end

local function rule_line(finding)
  local authority = finding.authority
  return ("Rule: %s%s"):format(finding.rule, authority and authority ~= "" and ("  (%s)"):format(authority) or "")
end

local function option_line(option, i)
  local policy = option.policy and (" In the policy: %s"):format(option.policy) or ""
  return ("%s %s) %s: %s.%s"):format(i == 1 and "You can:" or "        ", ("abcdefghij"):sub(i, i), option.label,
    option.effect, policy)
end

-- How to accept the finding, for those of a policy's zones.
local function acknowledge_line(finding, zone_name)
  return zone_name and finding.fingerprint and acknowledged.possible(finding)
    and ("To accept it for a time: understudy acknowledge %s %s --until 30d --why TEXT"):format(
      shell.word(zone_name), finding.fingerprint)
    or nil
end

local function details(finding, zone_name)
  local records = finding.records or {}
  local is_placed = records[1] and (records[1].line or records[1].id)
  local lines = is_placed and more_places(records) or data_lines(records)
  lines[#lines + 1] = finding.consequence ~= "" and finding.consequence or nil
  lines[#lines + 1] = finding.rule and rule_line(finding) or nil
  for i, option in ipairs(finding.options or {}) do
    lines[#lines + 1] = option_line(option, i)
  end
  lines[#lines + 1] = acknowledge_line(finding, zone_name)
  return lines
end

--- Writes a finding that a person accepts, in a line.
---@param out understudy.Output
---@param finding table
function M.print_acknowledged(out, finding)
  local said = finding.acknowledged
  out:line("%s %s: %s  (acknowledged by %s until %s: %s)", finding.severity, finding.id, visible(finding.message),
    visible(said.who), units.time(said["until"]), visible(said.reason))
end

--- Writes findings, each with what follows from it and what its owner can do.
---@param out understudy.Output
---@param findings table[]
---@param indent string
---@param zone_name? string  of a policy: then findings can be acknowledged
function M.print(out, findings, indent, zone_name)
  for _, finding in ipairs(findings) do
    local where = finding.records and finding.records[1] and place(finding.records[1]) or ""
    out:line("%s%s%s %s: %s", indent, where ~= "" and where .. ": " or "", finding.severity, finding.id,
      visible(finding.message))
    for _, line in ipairs(details(finding, zone_name)) do
      out:line("%s    %s", indent, line)
    end
  end
end

return M
