--- client: asks a running daemon through its control socket.

local cjson = require "cjson"
local http_client = require "http.client"
local http_headers = require "http.headers"
local json = require "understudy.json"
local uerror = require "understudy.error"

local M = {}

local CONNECT_WITHIN <const> = 5

-- All of a body, however long it takes as long as it goes on.
local function read_body(stream, timeout)
  local parts = {}
  for i = 1, math.huge do
    local chunk, why = stream:get_next_chunk(timeout)
    if not chunk then
      return not why and table.concat(parts) or nil, why
    end
    parts[i] = chunk
  end
end

local function exchange(connection, method, path, timeout, request)
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
  if request then
    headers:append("content-type", "application/json")
  end
  ok, why = stream:write_headers(headers, not request, timeout)
  if ok and request then
    ok, why = stream:write_body_from_string(cjson.encode(request), timeout)
  end
  if not ok then
    return nil, why
  end
  local answer
  answer, why = stream:get_headers(timeout)
  if not answer then
    return nil, why
  end
  local body
  body, why = read_body(stream, timeout)
  return body and tonumber(answer:get ":status"), body or why
end

--- Asks. An error with code "absent" says that no daemon listens.
---@param socket_path string
---@param method string
---@param path string
---@param timeout number seconds without a sign of it
---@param body? table sent as JSON
---@return table? answer
---@return understudy.Error? err
function M.request(socket_path, method, path, timeout, body)
  local connection, reason = http_client.connect { path = socket_path, tls = false, version = 1.1 }
  local ok = connection
  if connection then
    ok, reason = connection:connect(CONNECT_WITHIN)
  end
  if not ok then
    return uerror.fail("absent", "no understudy listens at %s: %s", socket_path, tostring(reason))
  end
  local status, octets = exchange(connection, method, path, timeout, body)
  connection:close()
  if not status then
    return uerror.fail_temporarily("network", "%s: %s", socket_path, tostring(octets or "no answer"))
  end
  local answer = json.decode(octets)
  if type(answer) ~= "table" then
    return uerror.fail("syntax", "%s: the answer is not understood", socket_path)
  elseif answer.error then
    return nil, uerror.new { code = answer.error.code, message = answer.error.message }
  end
  return answer
end

return M
