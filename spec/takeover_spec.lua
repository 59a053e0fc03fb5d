-- Two daemons that share a PostgreSQL, as processes of their own; one of them dies.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local postgresql = require "spec.support.postgresql"

local ZONES <const> = { "a.example", "b.example", "c.example", "d.example" }
local TAKEN_OVER_WITHIN <const> = 10 -- seconds

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  store   = %s,
  source  = source.file "%s/%%s.zone",
  targets = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = { "a.example", "b.example", "c.example", "d.example" },
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.example.net. hostmaster.example.net. %d 3600 600 86400 60
@ NS ns1.example.net.
@ NS ns2.example.net.
www A 192.0.2.%d
]]

local function edit(folder, serial)
  for _, zone in ipairs(ZONES) do
    local file <close> = assert(io.open(folder .. "/new", "wb"))
    file:write(ZONE:format(serial, serial))
    file:close()
    assert(os.rename(folder .. "/new", ("%s/%s.zone"):format(folder, zone)))
  end
end

-- A daemon with a folder of its own; what it serves can be seen in it.
local function start(zones, store)
  local folder, remove = command.folder { ["policy.lua"] = POLICY:format(nsd.free_port(), ("postgresql %q"):format(
    store:gsub("^postgresql ", "")), zones) }
  local daemon = daemons.start(folder)
  local running = setmetatable({}, { __close = function()
    daemon:stop()
    remove()
  end })
  function running.serials()
    local answer = daemon:ask("GET", "/v1/status")
    local serials = {}
    for i, zone in ipairs(answer and answer.zones or {}) do
      serials[i] = zone.serial or 0
    end
    return table.concat(serials, " ")
  end
  function running.kill()
    daemon:stop "KILL"
  end
  return running
end

describe("two daemons that share a database", function()
  it("see what either publishes, and one takes over all zones when the other is killed", function()
    local server <close> = postgresql.start()
    local store = server:database()
    local folder, remove = command.folder {}
    finally(remove)
    edit(folder, 1)
    local first <close> = start(folder, store)
    local second <close> = start(folder, store)
    for _, daemon in ipairs { first, second } do
      nsd.await("the first version", function()
        return daemon.serials() == "1 1 1 1"
      end)
    end
    -- The second gets its share when the first gives it back.
    nsd.await("zones to be shared", function()
      local count = server:sql("SELECT COUNT(DISTINCT worker) FROM zones", "d1")
      return tonumber(count) == 2
    end)
    edit(folder, 2)
    for _, daemon in ipairs { first, second } do
      nsd.await("the second version", function()
        return daemon.serials() == "2 2 2 2"
      end)
    end
    first.kill()
    local killed_at = cqueues.monotime()
    edit(folder, 3)
    nsd.await("all zones to be taken over", function()
      return second.serials() == "3 3 3 3"
    end)
    assert.is_true(cqueues.monotime() - killed_at < TAKEN_OVER_WITHIN)
    local rows = server:sql("SELECT COUNT(*) - COUNT(DISTINCT zone || ' ' || serial) FROM publications", "d1")
    assert.equal(0, tonumber(rows))
  end)
end)
