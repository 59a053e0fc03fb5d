--- Starts a real Knot DNS for specs: a primary that takes dynamic updates, unprivileged, on loopback, on a free port.
--- It ends with its object or with the Lua process, however that ends.
---
---   local knot <close> = require("spec.support.knot").start("example.com.", text)
local nsd = require "spec.support.nsd"
local process = require "spec.support.process"

local M = {}

---@class spec.Knot
---@field port integer
---@field folder string
local Knot = {}
Knot.__index = Knot

local CONFIGURATION <const> = [[
server:
    rundir: "%s"
    listen: 127.0.0.1@%d
log:
  - target: stderr
    any: info
database:
    storage: "%s"
acl:
  - id: everyone
    address: 127.0.0.0/8
    action: [transfer, update]
zone:
  - domain: %s
    storage: "%s"
    file: "main.zone"
    acl: everyone
]]

local function write_file(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function run(format, ...)
  local pipe <close> = assert(io.popen(format:format(...)))
  local output = pipe:read "a"
  return output, (pipe:close()) == true
end

--- The zone as it is served now, by AXFR; nil while it is not.
---@param name string
---@return string?
function Knot:transfer(name)
  local output, ok = run(
    "dig +onesoa +nocomments +nostats +nocmd +time=2 +tries=1 @127.0.0.1 -p %d '%s' AXFR 2>&1",
    self.port,
    name
  )
  return ok and output:find "%sSOA%s" and output or nil
end

--- Runs a script of nsupdate. Returns whether it went through, and what was said.
---@param script string
---@return boolean ok, string output
function Knot:update(script)
  local path = self.folder .. "/update.txt"
  write_file(path, ("server 127.0.0.1 %d\n%s"):format(self.port, script))
  local output, ok = run("nsupdate -v '%s' 2>&1", path)
  return ok, output
end

--- Ends the server and returns when it is gone.
function Knot:stop()
  if self.process then
    self.process:close()
    self.process = nil
  end
end

Knot.__close = Knot.stop
Knot.__gc = Knot.stop

--- Starts a server of one zone and returns once it serves it.
---@param name string
---@param text string the zone
---@return spec.Knot
function M.start(name, text)
  local port = nsd.free_port()
  local folder = run("mktemp -d '%s/knot-XXXXXX'", os.getenv "TMPDIR" or "/tmp"):gsub("%s+$", "")
  write_file(folder .. "/knot.conf", CONFIGURATION:format(folder, port, folder, name, folder))
  write_file(folder .. "/main.zone", text)
  local self = setmetatable({
    port = port,
    folder = folder,
    process = process.serve(folder, "knotd -c knot.conf >knot.out 2>&1"),
  }, Knot)
  local ok, err = pcall(nsd.await, "Knot to serve " .. name, function()
    return self:transfer(name)
  end)
  if not ok then
    local output = run("cat '%s/knot.out'", folder)
    self:stop()
    error(err .. "\n" .. output, 2)
  end
  return self
end

return M
