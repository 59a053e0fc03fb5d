--- Starts a name server of our own that does what real ones don't: it answers late, from elsewhere, with the wrong id,
--- truncated, or nonsense. It ends with its object or with the Lua process, however that ends.
---
---   local server <close> = scripted.start()
---   server:play { ["host.faults.net."] = { answer = { "host.faults.net. 300 A 198.51.99.1" } } }
---
--- A script has, by "name TYPE" or by "name", a reaction or a list of them, which are sent one after the other. What it
--- does not have is REFUSED. Fields of a reaction, all optional:
---   rcode     "NOERROR", "NXDOMAIN", "SERVFAIL" …
---   answer, authority  records, "owner TTL TYPE data"
---   delay     seconds before it
---   only      "udp" or "tcp"
---   silent    nothing is sent
---   truncated the TC flag is set
---   wrong_id  with another id
---   question  with another name in the question
---   forged    "port" or "address": from another one than was asked
---   lame      neither authoritative nor recursive
---   garbage   these octets in place of a message
---   cut       by TCP: half of it, then the end
local process = require "spec.support.process"

local M = {}

---@class spec.Scripted
---@field port integer
---@field server string "127.0.0.1:5301"
---@field folder string
local Scripted = {}
Scripted.__index = Scripted

-- The server ends when its input does.
local SCRIPT <const> = [[%s spec/support/scripted_server.lua '%s' >'%s/port' 2>'%s/errors'; rm -rf '%s']]

local function show(value)
  if type(value) ~= "table" then
    return ("%q"):format(value)
  end
  local parts = {}
  for key, field in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(show(key), show(field))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function read_file(path)
  local file <close> = io.open(path)
  return file and file:read "a" or ""
end

--- Replaces the script. What was asked before is forgotten.
---@param script table
function Scripted:play(script)
  local path = self.folder .. "/script"
  local file <close> = assert(io.open(path .. ".new", "w"))
  assert(file:write("return " .. show(script)))
  file:close()
  os.remove(self.folder .. "/questions")
  assert(os.rename(path .. ".new", path))
end

--- The questions since then, "udp host.faults.net. A id=4711 rd=1 cd=0 edns=1232 port=40000".
---@return string[]
function Scripted:questions()
  local list = {}
  for line in read_file(self.folder .. "/questions"):gmatch "[^\n]+" do
    list[#list + 1] = line
  end
  return list
end

--- Ends the server and returns when it is gone.
function Scripted:stop()
  if self.process then
    self.process:close()
    self.process = nil
  end
end

Scripted.__close = Scripted.stop
Scripted.__gc = Scripted.stop

--- Starts a server and returns once it answers.
---@return spec.Scripted
function M.start()
  local nsd = require "spec.support.nsd"
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir -m 700 " .. folder))
  local self = setmetatable({ folder = folder }, Scripted)
  self:play {}
  local interpreter = os.getenv "LUA_HOST" or arg[-1]
  self.process = process.guard(SCRIPT:format(interpreter, folder, folder, folder, folder))
  local ok, err = pcall(nsd.await, "the scripted server", function()
    self.port = math.tointeger(read_file(folder .. "/port"):match "^(%d+)\n")
    return self.port
  end)
  if not ok then
    error(err .. "\n" .. read_file(folder .. "/errors"), 2)
  end
  self.server = "127.0.0.1:" .. self.port
  return self
end

return M
