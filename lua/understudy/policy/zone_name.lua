--- zone_name: the names that zones of a policy can have.

local units = require "understudy.units"

local M = {}

--- A zone's name in lower case, with its final dot; nil and what is wrong.
---@param value any
---@return string? name
---@return string? problem
function M.read(value)
  local name = type(value) == "string" and value:lower():gsub("%.$", "") or ""
  for label in (name .. "."):gmatch "([^.]*)%." do
    if #label > 63 or #name > 253 or not label:match "^[%w_][%w_-]*$" then
      return nil, ("%s is not the name of a zone"):format(units.show(value))
    end
  end
  return name .. "."
end

return M
