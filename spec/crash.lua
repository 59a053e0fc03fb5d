--- crash: kills the daemon again and again while zones change, and sees that nothing that it acknowledged is lost:
--- lua5.4 spec/crash.lua KILLS [postgresql]. Without "postgresql" the state is in a file.
local client = require "understudy.server.http.client"
local command = require "spec.support.command"
local cqueues = require "cqueues"
local nsd = require "spec.support.nsd"

local kills = math.tointeger(arg[1] or 20)
local server <close> = arg[2] == "postgresql" and require("spec.support.postgresql").start() or nil
local store = server and server:database():gsub("^postgresql ", "")
local ZONES <const> = { "a.example", "b.example", "c.example" }

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  %s
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "a.example", "b.example", "c.example" },
  retry   = backoff { first = "0.05s", max = "0.1s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
version TXT "%d"
]]

local folder, remove = command.folder {
  ["policy.lua"] = POLICY:format(nsd.free_port(), store and ("store = postgresql %q,"):format(store) or ""),
}

local function read(name)
  local file <close> = io.open(folder .. "/" .. name)
  return file and file:read "a" or ""
end

local version = 0

local function edit()
  version = version + 1
  for _, zone in ipairs(ZONES) do
    local file <close> = assert(io.open(folder .. "/new", "wb"))
    file:write(ZONE:format(version))
    file:close()
    assert(os.rename(folder .. "/new", ("%s/%s.zone"):format(folder, zone)))
  end
end

local function start()
  os.remove(folder .. "/out")
  os.execute(("cd %s && %s run --policy policy.lua >out 2>>log & echo $! >%s/pid"):format(command.quoted(folder),
    command.quoted(command.program), folder))
  nsd.await("the daemon to be ready; its log:\n" .. read "log", function()
    return read("out"):find "^ready: "
  end)
end

local function zones()
  local answer = client.request(folder .. "/state/control.sock", "GET", "/v1/status", 10)
  return answer and answer.zones or {}
end

-- By zone: the newest serial and hash that the daemon told of, and every hash by its serial.
local told, contents = {}, {}

local function look()
  for _, zone in ipairs(zones()) do
    if zone.serial then
      local known, before = contents[zone.name] or {}, told[zone.name]
      contents[zone.name] = known
      assert(not known[zone.serial] or known[zone.serial] == zone.hash, "a serial stands for two contents")
      assert(not before or zone.serial >= before, ("%s went back from %s to %s"):format(zone.name, before, zone.serial))
      known[zone.serial], told[zone.name] = zone.hash, zone.serial
    end
  end
end

local slowest = 0
edit()
for _ = 1, kills do
  local began = cqueues.monotime()
  start()
  slowest = math.max(slowest, cqueues.monotime() - began)
  look()
  local until_killed = cqueues.monotime() + math.random() * 1.5
  while cqueues.monotime() < until_killed do
    edit()
    look()
    cqueues.sleep(0.02)
  end
  os.execute("kill -KILL " .. read "pid")
end
start()
nsd.await("the newest version to be published", function()
  look()
  local newest = 0
  for _, zone in ipairs(ZONES) do
    local answer = client.request(folder .. "/state/control.sock", "GET", ("/v1/zones/%s/explain/version"):format(zone),
      10)
    local served = answer and answer.name.served[1]
    newest = newest + (served and served.records[1] == ('"%d"'):format(version) and 1 or 0)
  end
  return newest == #ZONES
end)
os.execute("kill -TERM " .. read "pid")
print(("%d kills, %d versions, serials up to %d, slowest start %.2f s"):format(kills, version,
  told["a.example."], slowest))
remove()
