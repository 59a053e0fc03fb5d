--- differences: where the rules differ from the checks of name servers and zone checkers, and why. A specification runs
--- those programs over its zones and finds these differences and no others.

local M = {}

-- By program: { zones' names, why }. The names are those of spec/agreement/*.lua.
---@type table<string, {zones: string[], why: string}[]>
M.known = {}

--- The differences as a part of docs/checks.md.
---@return string
function M.text()
  return ""
end

return M
