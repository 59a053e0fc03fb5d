--- module: Lua modules of operators, which a policy names. A policy that is read again reads them again.

local M = {}

local loaded = {} -- a set of those that policies have loaded

--- Loads a module.
---@param name string
---@return any? what it returned; nil if it can't be loaded
---@return string? why
function M.load(name)
  if loaded[name] then
    package.loaded[name] = nil
  end
  loaded[name] = true
  local ok, found = pcall(require, name)
  if not ok then
    return nil, (tostring(found):match "^[^\n]*")
  end
  return found
end

return M
