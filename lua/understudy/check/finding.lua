--- finding: makes findings in Lua, of the form that the core gives its own.

local core = require "understudy.core"

local M = {}

---@class understudy.FindingRule
---@field id string
---@field severity string
---@field rule string
---@field consequence? string
---@field authority? string
---@field options? table[]

--- Where a record stands: "zones/example.com.zone:31:5", "acme.inventory record 4711", or what is known of it.
---@param record {file?: string, line?: integer, column?: integer, id?: string}
---@param known_file? string that need not be named
---@return string
function M.place(record, known_file)
  local file = record.file ~= known_file and record.file or nil
  if record.id then
    return ("%srecord %s"):format(file and file .. " " or "", record.id)
  end
  local line = record.line and ((file and ":%d" or "line %d") .. (record.column and ":%d" or ""))
  return (file or "") .. (line and line:format(record.line, record.column) or "")
end

-- FNV-1a: a name that stays the same while the fault does, and protects nothing.
local function fingerprint(...)
  local state = 0xcbf29ce484222325
  for _, octet in ipairs { table.concat({ ... }, "\0"):byte(1, -1) } do
    state = (state ~ octet) * 0x100000001b3
  end
  return ("%016x"):format(state)
end

-- The records that a finding is about: those of its owner and types.
local function records(zone, owner, types)
  local list = {}
  for _, type in ipairs(owner and types or {}) do
    local rrset = zone:lookup(owner, type)
    for i = 1, rrset and #rrset or 0 do
      local file, line = rrset:place(i)
      list[#list + 1] = { owner = rrset.owner, type = type, data = rrset[i], file = file, line = line }
    end
  end
  return list
end

--- Makes a finding.
---@param rule understudy.FindingRule
---@param zone any
---@param what {message: string, owner?: string, types?: string[], about?: string[]} a relative owner is below the zone;
---  about: what else tells the fault from others of its rule, owner and types, the same as long as it lasts
---@return table
function M.new(rule, zone, what)
  local owner, types = what.owner and assert(core.name(what.owner, zone.origin)), what.types or {}
  return {
    id = rule.id,
    severity = rule.severity,
    zone = zone.origin,
    owner = owner,
    types = types,
    records = records(zone, owner, types),
    message = what.message,
    rule = rule.rule,
    consequence = rule.consequence or "",
    options = rule.options or {},
    authority = rule.authority or "",
    fingerprint = fingerprint(zone.origin, rule.id, owner or "", table.concat(types, " "),
      table.unpack(what.about or {})),
  }
end

return M
