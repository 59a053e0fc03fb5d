--- client: asks a running daemon through its control socket.

local cjson = require "cjson"
local http_client = require "http.client"
local http_headers = require "http.headers"
local uerror = require "understudy.error"

local M = {}

local CONNECT_WITHIN <const> = 5

-- JSON has one kind of number; serials and counts are whole.
local function whole_numbers(value)
  if type(value) == "table" then
    for key, element in pairs(value) do
      value[key] = whole_numbers(element)
    end
  elseif math.type(value) == "float" then
    return math.tointeger(value) or value
  end
  return value
end

local function exchange(connection, method, path, deadline)
  local stream, why = connection:new_stream()
  if not stream then
    return nil, why
  end
  local headers = http_headers.new()
  headers:append(":method", method)
  headers:append(":scheme", "http")
  headers:append(":authority", "localhost")
  headers:append(":path", path)
  local ok
  ok, why = stream:write_headers(headers, true, deadline)
  if not ok then
    return nil, why
  end
  local answer
  answer, why = stream:get_headers(deadline)
  if not answer then
    return nil, why
  end
  local body
  body, why = stream:get_body_as_string(deadline)
  return body and tonumber(answer:get ":status"), body or why
end

--- Asks. An error with code "absent" says that no daemon listens.
---@param socket_path string
---@param method string
---@param path string
---@param timeout number seconds
---@return table? answer
---@return understudy.Error? err
function M.request(socket_path, method, path, timeout)
  local connection, reason = http_client.connect { path = socket_path, tls = false, version = 1.1 }
  local ok = connection
  if connection then
    ok, reason = connection:connect(CONNECT_WITHIN)
  end
  if not ok then
    return uerror.fail("absent", "no understudy listens at %s: %s", socket_path, tostring(reason))
  end
  local status, body = exchange(connection, method, path, timeout)
  connection:close()
  if not status then
    return uerror.fail_temporarily("network", "%s: %s", socket_path, tostring(body or "no answer"))
  end
  local parsed, answer = pcall(cjson.decode, body)
  if not parsed or type(answer) ~= "table" then
    return uerror.fail("syntax", "%s: the answer is not understood", socket_path)
  elseif answer.error then
    return nil, uerror.new { code = answer.error.code, message = answer.error.message }
  end
  return whole_numbers(answer)
end

return M
