-- A daemon that may have few files open: with too few it does not begin, and says what to do; and one whose last are
-- taken by those who connect goes on with what it can, without being busy, and as before when they are gone.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local socket = require "cqueues.socket"

local FEW <const>, SOME <const> = 30, 64
local PEERS <const>, EACH <const> = 9, 10 -- as many connections as one may have
local PATIENCE <const> = 10
local BUSY <const> = 0.5 -- of a second of a processor, each second
local TICKS <const> = 100 -- a second, in /proc

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "a.example" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
version TXT "%d"
]]

local function limited(number)
  return ("sh -c 'ulimit -n %d; exec \"$@\"' -"):format(number)
end

describe("a daemon that may have few files open", function()
  local port, folder, daemon

  local remove

  before_each(function()
    port, daemon = nsd.free_port(), nil
    folder, remove = command.folder { ["policy.lua"] = POLICY:format(port) }
  end)

  after_each(function()
    if daemon then
      daemon:stop()
    end
    remove()
  end)

  local function edit(serial)
    command.replace(folder .. "/a.example.zone", ZONE:format(serial, serial))
  end

  local function soa(words)
    return command.shell(("dig +short +tries=1 +time=2 %s @127.0.0.1 -p %d a.example SOA"):format(words, port)).out
      :match " (%d+) 3600"
  end

  -- Seconds of a processor that it has used.
  local function used()
    local file <close> = assert(io.open(("/proc/%s/stat"):format(daemon:read "pid":match "%d+")))
    local user, system = file:read "a":match "%) %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
    return (user + system) / TICKS
  end

  it("does not begin with too few, and says what to do", function()
    edit(1)
    local run = command.shell(("cd %s; timeout -k 1 5 %s $understudy run --policy policy.lua"):format(folder,
      limited(FEW)))
    assert.equal(2, run.status)
    assert.matches("files can be open here.*raise the limit", run.err)
  end)

  it("goes on when those who connect take the last ones, and is not busy", function()
    edit(1)
    daemon = daemons.start(folder, { words = limited(SOME) })
    assert.equal("1", soa "+tcp")
    local connected = {}
    for peer = 1, PEERS do
      for _ = 1, EACH do
        connected[#connected + 1] = socket.connect { host = "127.0.0.1", port = port,
          bind = { addr = "127.0.0." .. 10 + peer, port = 0 } }
        connected[#connected]:connect(PATIENCE)
      end
    end
    connected[#connected + 1] = socket.connect { path = folder .. "/state/control.sock" }
    connected[#connected]:connect(PATIENCE)
    nsd.await("the last descriptor to be taken", function()
      return daemon:read "log":find("accepting connections: Too many open files", 1, true)
    end)
    edit(2)
    local began, before = cqueues.monotime(), used()
    assert(soa "")
    cqueues.sleep(2)
    assert.is_true((used() - before) / (cqueues.monotime() - began) < BUSY)
    assert(soa "")
    local _, told = daemon:read "log":gsub("accepting connections", "")
    assert.equal(1, told)
    for _, connection in ipairs(connected) do
      connection:close()
    end
    nsd.await("the next version; the log: " .. folder .. "/log", function()
      return soa "+tcp" == "2"
    end, PATIENCE)
    assert(daemon:ask("GET", "/v1/status"))
    assert.equal(0, daemon:stop "TERM")
  end)
end)
