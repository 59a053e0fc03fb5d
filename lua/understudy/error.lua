--- error: the one error object for what the world does wrong.
--
-- Functions return `nil, err` when a file, a peer or a person's data is at fault; err prints as
-- `file:line:column: message`. A caller's mistake throws instead.

local core = require "understudy.core"

local M = {}

---@class understudy.Error
---@field code string        "syntax", "io", "limit", "refused", "network", "timeout", "absent", "policy", "busy"…
---@field message string     a sentence for a person
---@field file? string
---@field line? integer
---@field column? integer
---@field temporary? boolean trying again later can help
---@field retry_after? number seconds that the peer asked us to wait
---@field rate? {remaining: number, reset: number} requests still allowed, and seconds until all are again
---@field cause? any         what led to it
---@field report? any        findings, if it is about a zone

--- Makes an error object.
---@param fields table the fields of understudy.Error
---@return understudy.Error
function M.new(fields)
  return core.error(fields)
end

--- Makes `nil, err`, to be returned as it is.
---@param code string
---@param format string
---@return nil, understudy.Error
function M.fail(code, format, ...)
  return nil, core.error { code = code, message = format:format(...) }
end

--- Makes `nil, err` for a fault that may go away by itself.
---@param code string
---@param format string
---@return nil, understudy.Error
function M.fail_temporarily(code, format, ...)
  return nil, core.error { code = code, message = format:format(...), temporary = true }
end

--- Whether the value is an error object.
---@param value any
---@return boolean
function M.is(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__name == "understudy.Error"
end

--- Makes an error object of whatever a call returned or threw.
---@param value any
---@return understudy.Error
function M.from(value)
  if M.is(value) then
    return value
  end
  return core.error { code = "internal", message = tostring(value) }
end

return M
