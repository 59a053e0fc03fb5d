--- zone_name: the names that zones of a policy can have, and what a file of such a zone is called.
--
-- Any name that is printed without escapes: secondaries, shells and configurations read these in different ways. The
-- names of RFC 2317 are among them (0/26.2.0.192.in-addr.arpa). One that begins with - would be taken for an option.

local core = require "understudy.core"
local percent = require "understudy.percent"
local units = require "understudy.units"

local M = {}

--- A zone's name in lower case, with its final dot; nil and what is wrong.
---@param value any
---@return string? name
---@return string? problem
function M.read(value)
  local name = type(value) == "string" and core.name(value, ".")
  if not name or name == "." or name:find("\\", 1, true) or name:find "^%-" then
    return nil, ("%s is not the name of a zone"):format(units.show(value))
  end
  return name
end

--- A zone's name as part of the name of a file, without its final dot and anything that could lead elsewhere.
---@param name string
---@return string
function M.file(name)
  return percent.encode((name:gsub("%.$", "")))
end

return M
