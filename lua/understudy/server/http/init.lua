--- http: the control API on a Unix socket, for the commands of whoever owns the state folder.
--
-- It turns requests into calls of `answer` and what that returns into JSON. What can be asked stands in
-- server/http/control.lua.

local cjson = require "cjson"
local cqueues = require "cqueues"
local http_headers = require "http.headers"
local http_server = require "http.server"
local json = require "understudy.json"
local uerror = require "understudy.error"

local M = {}

--- Connections at the same time.
M.CONNECTIONS_MAX = 64

local REQUEST_WITHIN <const> = 10
local SEND_WITHIN <const> = 30
-- Elements of a long list that are made and sent before others have their turn in the loop.
local ELEMENTS_A_CHUNK <const> = 20
local BODY_MAX <const> = 64 * 1024
-- A socket's path has this much room in the system's structure, its NUL included.
local PATH_MAX <const> = 108

---@class understudy.HttpServer
local Server = {}
Server.__index = Server
Server.__name = "understudy.HttpServer"

-- Sends an object with one field more, a list that is made while it is sent: all at once a long one would keep the loop
-- from its other work for seconds.
local function send_with_list(stream, body, list)
  local text = json.encode(body):sub(1, -2) .. (',"%s":['):format(list.name)
  local count = 0
  for element in list.each do
    text = text .. (count > 0 and "," or "") .. json.encode(element)
    count = count + 1
    if count % ELEMENTS_A_CHUNK == 0 then
      if not stream:write_chunk(text, false, SEND_WITHIN) then
        return
      end
      text = ""
      cqueues.sleep(0)
    end
  end
  stream:write_chunk(text .. "]}\n", true, SEND_WITHIN)
end

local function reply(stream, status, body, list)
  local headers = http_headers.new()
  headers:append(":status", tostring(status))
  headers:append("content-type", "application/json")
  stream:write_headers(headers, false, SEND_WITHIN)
  if list then
    send_with_list(stream, body, list)
  else
    stream:write_body_from_string(json.encode(body) .. "\n", SEND_WITHIN)
  end
end

local function failure(code, message)
  return { error = { code = code, message = message } }
end

-- What came with a request, as a value; false if it is no JSON or too long.
local function read_body(stream, method)
  if method ~= "POST" then
    return nil
  end
  local octets = stream:get_body_chars(BODY_MAX + 1, REQUEST_WITHIN) or ""
  if octets == "" then
    return nil
  end
  local ok, value = pcall(cjson.decode, octets)
  return ok and #octets <= BODY_MAX and type(value) == "table" and value
end

local function handle(answer, log, stream)
  local headers = stream:get_headers(REQUEST_WITHIN)
  if not headers then
    return
  end
  local method, path = headers:get ":method", headers:get ":path"
  local request = read_body(stream, method)
  if request == false then
    return reply(stream, 400, failure("syntax", "the request's body is not understood"))
  end
  local ok, status, body, list = xpcall(answer, debug.traceback, method, path, request)
  if not ok then
    log:error("the request %s %s failed: %s", method, path, status)
    status, body = 500, failure("internal", "the request failed; the log says why")
  end
  reply(stream, status, body, list)
end

--- Serves on a Unix socket.
---@param path string
---@param answer fun(method: string, path: string, body?: table): integer, table, table?  status and body, and what is
---  to be its last field: {name, each}, a list whose elements each() gives while it is sent
---@param log table
---@return understudy.HttpServer? server
---@return understudy.Error? err
function M.serve(path, answer, log)
  if #path >= PATH_MAX then
    return uerror.fail("limit", "%s: the path of a socket has less than %d characters", path, PATH_MAX)
  end
  local server, why = http_server.listen {
    cq = assert(cqueues.running(), "an HTTP server needs an event loop"),
    path = path,
    mode = "rw-------",
    unlink = true, -- what a process that died has left; the lock says that none lives
    tls = false,
    max_concurrent = M.CONNECTIONS_MAX,
    onstream = function(_, stream)
      local ok, trace = xpcall(handle, debug.traceback, answer, log, stream)
      if not ok then
        log:warning("a control connection failed: %s", trace)
      end
      stream:shutdown()
    end,
    onerror = function(_, _, what, err)
      log:debug("a control connection ended: %s: %s", what, tostring(err))
    end,
  }
  local ok = server
  if server then
    ok, why = server:listen()
  end
  if not ok then
    return uerror.fail("io", "%s: %s", path, tostring(why))
  end
  return setmetatable({ server = server, path = path }, Server)
end

--- Takes no more connections.
function Server:close()
  if self.server then
    self.server:pause()
    self.server = nil
    os.remove(self.path)
  end
end

Server.__close = Server.close

return M
