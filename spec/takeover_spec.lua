-- Two daemons that share a PostgreSQL, as processes of their own; one of them dies, or stands still.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local false_clock = require "spec.support.false_clock"
local nsd = require "spec.support.nsd"
local postgresql = require "spec.support.postgresql"

local ZONES <const> = { "a.example", "b.example", "c.example", "d.example" }
local TAKEN_OVER_WITHIN <const> = 10 -- seconds
local PATIENCE <const> = 30
local STOPS <const> = 2
local SOMEWHERE <const> = 0.05 -- seconds

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
    command.replace(("%s/%s.zone"):format(folder, zone), ZONE:format(serial, serial))
  end
end

-- A daemon with a folder of its own; what it serves can be seen in it.
local function start(zones, store, words)
  local folder, remove = command.folder { ["policy.lua"] = POLICY:format(nsd.free_port(), ("postgresql %q"):format(
    store:gsub("^postgresql ", "")), zones) }
  local daemon = daemons.start(folder, { words = words })
  local running = {}
  function running.stop()
    daemon:stop()
    remove()
  end
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
  function running.signal(name)
    assert(os.execute(("kill -%s %s"):format(name, daemon:read "pid")))
  end
  function running.log()
    return daemon:read "log"
  end
  return running
end

-- Waits until daemons serve a version of all zones.
local function await(serial, ...)
  local wanted = table.concat({ serial, serial, serial, serial }, " ")
  for _, daemon in ipairs { ... } do
    nsd.await("version " .. serial, function()
      return daemon.serials() == wanted
    end, PATIENCE)
  end
end

-- Two daemons at a database, each with two of the zones at version 1; words of the shell for the first.
local function started(server, folder, words)
  local store = server:database()
  edit(folder, 1)
  local first, second = start(folder, store, words), start(folder, store)
  await(1, first, second)
  -- The second gets its share when the first gives it back.
  nsd.await("zones to be shared", function()
    return server:sql("SELECT COUNT(DISTINCT worker) FROM zones", "d1"):match "%d+" == "2"
  end)
  return setmetatable({ first, second }, { __close = function()
    first.stop()
    second.stop()
  end })
end

-- How many publications there are that no worker may have made.
local function count_wrong(server)
  return tonumber((server:sql([[SELECT COUNT(*) FROM publications p JOIN publications q
    ON p.zone = q.zone AND p.id < q.id AND (p.serial >= q.serial OR p.token > q.token)]], "d1")))
end

describe("two daemons that share a database", function()
  it("see what either publishes, and one takes over all zones when the other is killed", function()
    local server <close> = postgresql.start()
    local folder, remove = command.folder {}
    finally(remove)
    local pair <close> = started(server, folder)
    local first, second = pair[1], pair[2]
    edit(folder, 2)
    await(2, first, second)
    first.kill()
    local killed_at = cqueues.monotime()
    edit(folder, 3)
    await(3, second)
    assert.is_true(cqueues.monotime() - killed_at < TAKEN_OVER_WITHIN)
    assert.equal(0, count_wrong(server))
  end)

  it("publish nothing for one another when one stands still for longer than its lease", function()
    local server <close> = postgresql.start()
    local folder, remove = command.folder {}
    finally(remove)
    local pair <close> = started(server, folder)
    local first, second = pair[1], pair[2]
    for round = 1, STOPS do
      local serial = 3 * round
      edit(folder, serial)
      cqueues.sleep(math.random() * SOMEWHERE) -- it is somewhere on its way
      first.signal "STOP"
      edit(folder, serial + 1)
      await(serial + 1, second)
      edit(folder, serial + 2)
      first.signal "CONT"
      await(serial + 2, first, second)
      assert.equal(0, count_wrong(server))
    end
    assert.matches("silent for too long", first.log())
    assert.equal(4, tonumber((server:sql("SELECT COUNT(*) FROM zones WHERE token > 1", "d1"))))
  end)

  it("share the zones too when the clock of one is wrong, for the database's decides", function()
    local folder, remove = command.folder {}
    finally(remove)
    local clock, why = false_clock.new(folder)
    if not clock then
      return pending(why)
    end
    clock:set "+400d"
    local server <close> = postgresql.start()
    local pair <close> = started(server, folder, clock.words)
    local first, second = pair[1], pair[2]
    edit(folder, 2)
    await(2, first, second)
    clock:set "-400d"
    edit(folder, 3)
    await(3, first, second)
    assert.equal(0, count_wrong(server))
    assert.is_nil((first.log() .. second.log()):find("silent for too long", 1, true))
  end)
end)
