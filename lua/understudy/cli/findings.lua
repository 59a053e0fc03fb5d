--- findings: prints findings that came as tables, from a judgement or from the daemon.

local M = {}

local function place(finding)
  local first = finding.records and finding.records[1]
  if not first or not first.line then
    return ""
  end
  return first.file and ("%s:%d: "):format(first.file, first.line) or ("line %d: "):format(first.line)
end

--- Writes findings, each with what follows from it and what its owner can do.
---@param out understudy.Output
---@param findings table[]
---@param indent string
function M.print(out, findings, indent)
  for _, finding in ipairs(findings) do
    out:line("%s%s%s %s: %s", indent, place(finding), finding.severity, finding.id, finding.message)
    out:line("%s    %s", indent, finding.consequence)
    for _, option in ipairs(finding.options or {}) do
      out:line("%s    You can %s: %s.", indent, option.label, option.effect)
    end
  end
end

return M
