--- Starts real NSD servers for specs: unprivileged, on loopback, on free ports. A server ends with its object or with
--- the Lua process, however that ends.
---
---   local nsd = require "spec.support.nsd"
---   local server <close> = nsd.start { zones = { ["example.com."] = text } }
---   local server <close> = nsd.start { secondary = { "example.com." }, primary = "127.0.0.1:5300", key = key }
---   server:query("www.example.com.", "A")
local cqueues = require "cqueues"
local process = require "spec.support.process"
local socket = require "cqueues.socket"

local M = {}

local PATIENCE <const> = 20 -- seconds that a server has to do what it was told
local PAUSE <const> = 0.02 -- between two looks; other coroutines run in it

---@class spec.Key
---@field name string
---@field algorithm string "hmac-sha256"
---@field secret string base64

---@class spec.NsdOptions
---@field zones? table<string, string> name and text of each zone to serve
---@field secondary? string[] names of zones to transfer from `primary`
---@field primary? string "127.0.0.1:5300"
---@field notify? string[] "127.0.0.1:5300": whom to tell when a zone of `zones` changes
---@field key? spec.Key for transfers and NOTIFY in both directions; nil: unsigned
---@field address? string where to listen, "127.0.0.1" by default
---@field port? integer a free one by default

---@class spec.Nsd
---@field address string
---@field port integer
---@field server string "127.0.0.1:5301"
---@field folder string
local Nsd = {}
Nsd.__index = Nsd

local function read_file(path)
  local file <close> = io.open(path)
  return file and file:read "a" or ""
end

local function write_file(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

--- Runs a command and returns what it printed, and whether it succeeded.
local function run(format, ...)
  local pipe <close> = assert(io.popen(format:format(...)))
  local output = pipe:read "a"
  return output, (pipe:close()) == true
end

--- Looks again and again until `condition` returns something true, and returns that.
---@generic T
---@param what string what is awaited, for the error
---@param condition fun(): T
---@param patience? number seconds
---@return T
function M.await(what, condition, patience)
  local deadline = cqueues.monotime() + (patience or PATIENCE)
  repeat
    local result = condition()
    if result then
      return result
    end
    cqueues.sleep(PAUSE)
  until cqueues.monotime() > deadline
  error("waited in vain for " .. what, 2)
end

--- A port that nobody has on this address now, for UDP and for TCP.
---@param address? string
---@return integer
function M.free_port(address)
  address = address or "127.0.0.1"
  for _ = 1, 100 do
    local stream = socket.listen { host = address, port = 0 }
    assert(stream:listen())
    local _, _, port = stream:localname()
    local datagram = socket.listen { host = address, port = port, type = socket.SOCK_DGRAM }
    local free = pcall(function()
      assert(datagram:listen())
    end)
    datagram:close()
    stream:close()
    if free then
      return port
    end
  end
  error "no free port"
end

--- "192.0.2.1:53" in the form of NSD: "192.0.2.1@53".
local function at_sign(server)
  return (server:gsub(":(%d+)$", "@%1"):gsub("[%[%]]", ""))
end

local function configuration(options, folder, address, port)
  local key = options.key and options.key.name or "NOKEY"
  local lines = {}
  local function add(format, ...)
    lines[#lines + 1] = format:format(...)
  end
  add('server:\n ip-address: "%s@%d"\n username: ""\n chroot: ""\n zonesdir: "%s"', address, port, folder)
  add(' pidfile: "%s/nsd.pid"\n xfrdfile: "%s/xfrd.state"\n xfrdir: "%s"', folder, folder, folder)
  add(' zonelistfile: "%s/zone.list"\n database: ""\n logfile: "%s/nsd.log"', folder, folder)
  add(" verbosity: 2\n server-count: 1\n rrl-ratelimit: 0\n xfrd-reload-timeout: 0")
  add('remote-control:\n control-enable: yes\n control-interface: "%s/control"', folder)
  if options.key then
    add('key:\n name: "%s"\n algorithm: %s\n secret: "%s"', key, options.key.algorithm, options.key.secret)
  end
  for name in pairs(options.zones or {}) do
    add('zone:\n name: "%s"\n zonefile: "%szone"\n provide-xfr: 0.0.0.0/0 %s', name, name, key)
    add(" provide-xfr: ::0/0 %s", key)
    for _, peer in ipairs(options.notify or {}) do
      add(" notify: %s %s", at_sign(peer), key)
    end
  end
  for _, name in ipairs(options.secondary or {}) do
    add('zone:\n name: "%s"\n zonefile: "%szone"', name, name)
    add(" request-xfr: AXFR %s %s", at_sign(assert(options.primary, "a secondary needs a primary")), key)
    add(" allow-notify: 0.0.0.0/0 %s\n provide-xfr: 0.0.0.0/0 NOKEY\n provide-xfr: 0.0.0.0/0 %s", key, key)
    add(" min-refresh-time: 1\n min-retry-time: 1")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function launch(options)
  local address = options.address or "127.0.0.1"
  local port = options.port or M.free_port(address)
  local folder = run("mktemp -d '%s/nsd-XXXXXX'", os.getenv "TMPDIR" or "/tmp"):gsub("%s+$", "")
  write_file(folder .. "/nsd.conf", configuration(options, folder, address, port))
  for name, text in pairs(options.zones or {}) do
    write_file(("%s/%szone"):format(folder, name), text)
  end
  local ip6 = address:find(":", 1, true)
  return setmetatable({
    address = address,
    port = port,
    server = (ip6 and "[%s]:%d" or "%s:%d"):format(address, port),
    folder = folder,
    process = process.serve(folder, "nsd -d -c nsd.conf >>nsd.out 2>&1"),
  }, Nsd)
end

--- Starts a server and returns once it answers, for every zone that it was given.
---@param options spec.NsdOptions
---@return spec.Nsd
function M.start(options)
  local self = launch(options)
  local ok, err = pcall(function()
    M.await("NSD to answer", function()
      return self:query(".", "SOA")
    end)
    for name in pairs(options.zones or {}) do
      local _, status = self:query(name, "SOA")
      assert(status == "NOERROR", name .. " is not served: " .. tostring(status))
    end
  end)
  if not ok then
    err = ("%s\n%s%s"):format(err, read_file(self.folder .. "/nsd.out"), read_file(self.folder .. "/nsd.log"))
    self:stop()
    error(err, 2)
  end
  return self
end

local function records(output)
  local lines = {}
  for line in output:gmatch "[^\n]+" do
    if not line:find "^;" then
      lines[#lines + 1] = line:gsub("%s+", " ")
    end
  end
  table.sort(lines)
  return lines
end

--- Asks with dig. Returns the records of the answer, "www.example.com. 300 IN A 192.0.2.1", sorted, and the rcode as
--- text; nil if nobody answered.
---@param name string
---@param type string
---@return string[]? records, string? status
function Nsd:query(name, type)
  local output, ok = run(
    "dig +norecurse +noall +answer +comments +time=2 +tries=2 @%s -p %d '%s' %s 2>&1",
    self.address,
    self.port,
    name,
    type
  )
  local status = output:match "status: (%u+)"
  if not ok or not status then
    return nil
  end
  return records(output), status
end

--- All records of a zone by AXFR, sorted, the SOA once; nil if the transfer was refused.
---@param name string
---@param key? spec.Key
---@return string[]?
function Nsd:transfer(name, key)
  local signature = key and ("-y '%s:%s:%s'"):format(key.algorithm, key.name, key.secret) or ""
  local output, ok = run(
    "dig +onesoa +nocomments +nostats +nocmd +time=5 @%s -p %d %s '%s' AXFR 2>&1",
    self.address,
    self.port,
    signature,
    name
  )
  local lines = records(output)
  return ok and #lines > 0 and lines or nil
end

--- The serial of a zone as it is served, or nil.
---@param name string
---@return integer?
function Nsd:serial(name)
  local lines = self:query(name, "SOA")
  return lines and lines[1] and math.tointeger(lines[1]:match " SOA %S+ %S+ (%d+)")
end

--- Waits until a zone is served with this serial.
---@param name string
---@param serial integer
function Nsd:await_serial(name, serial)
  M.await(("serial %d of %s"):format(serial, name), function()
    return self:serial(name) == serial
  end)
end

--- Replaces the text of a zone, which needs a new serial, and returns when it is served.
---@param name string
---@param text string
function Nsd:reload(name, text)
  write_file(("%s/%szone"):format(self.folder, name), text)
  local serial = text:match "SOA%s+%S+%s+%S+%s+%(?%s*(%d+)"
  self:control("reload " .. name)
  self:await_serial(name, assert(math.tointeger(serial), "the zone has no SOA"))
end

--- Runs nsd-control and returns what it says.
---@param command string
---@return string
function Nsd:control(command)
  local output, ok = run("PATH=$PATH:/usr/sbin nsd-control -c '%s/nsd.conf' %s 2>&1", self.folder, command)
  assert(ok, output)
  return output
end

--- What the server wrote in its log.
---@return string
function Nsd:log()
  return read_file(self.folder .. "/nsd.log")
end

--- Ends the server and returns when it is gone.
function Nsd:stop()
  if self.process then
    self.process:close()
    self.process = nil
  end
end

Nsd.__close = Nsd.stop
Nsd.__gc = Nsd.stop

M.Server = Nsd

return M
