-- Real secondaries behind a network that does harm: they end with what was published, and never serve anything else.
local core = require "understudy.core"
local cqueues = require "cqueues"
local deltas = require "understudy.sync.deltas"
local loop = require "spec.support.loop"
local peers = require "spec.support.peers"
local proxy = require "spec.support.proxy"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }
local SEED <const> = tonumber(os.getenv "UNDERSTUDY_SEED") or 7
local VERSIONS <const> = 6
local EACH <const> = 0.7 -- seconds for a version to get through, or not
local NOTIFIES <const> = 5

-- It takes some messages.
local function version(serial)
  return support.changing_zone(1500, serial)
end

-- Tells the secondary of the newest version, without waiting for its answer.
local function notify(zone, at)
  local request = assert(core.request { kind = "notify", zone = zone, key = support.key(KEY) })
  local socket <close> = assert(udp.open("127.0.0.1", 0))
  socket:send(request.octets, "127.0.0.1", at.port)
end

local function text_of(records)
  return support.records(table.concat(records, "\n"))
end

describe("behind a hostile network", function()
  for _, kind in ipairs { "nsd", "knot", "bind" } do
    it(("a secondary ends with what was published: %s, seed %d"):format(kind, SEED), function()
      local entry = { history = deltas.new(), keys = { support.key(KEY) }, zone = version(1) }
      entry.delta = function(serial)
        return entry.history:find(serial)
      end
      local published = { [1] = support.records(entry.zone:text()) }
      support.with_server(entry, function(server)
        local between <close> = proxy.start(cqueues.running(), server.port, { seed = SEED })
        local peer <close> = peers.start(kind, {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. between.port, key = KEY,
        })
        local before <close> = proxy.start(cqueues.running(), peer.port, { seed = SEED })
        for serial = 2, VERSIONS do
          local older = entry.zone
          entry.zone = version(serial)
          entry.history:add(older, entry.zone)
          published[serial] = support.records(entry.zone:text())
          for _ = 1, NOTIFIES do
            notify(entry.zone, before)
            cqueues.sleep(EACH / NOTIFIES)
          end
          local served = peer:transfer "example.com."
          if served then -- an old version is right, one that never was is not
            local found = math.tointeger(table.concat(served, "\n"):match " SOA %S+ %S+ (%d+)")
            assert.equal(published[found], text_of(served))
          end
        end
        assert.is_true(between:total() + before:total() >= 8, "no harm was done")
        between.harm, before.harm = false, false
        local repeats = 0
        repeat
          notify(entry.zone, before)
          cqueues.sleep(0.2)
          repeats = repeats + 1
        until peer:serial "example.com." == VERSIONS or repeats == 150
        assert.equal(published[VERSIONS], text_of(assert(peer:transfer "example.com.")))
      end, { limits = { idle = 1, stall = 2 } })
    end)
  end
end)

describe("the proxy", function()
  it("passes everything on when it does no harm", function()
    local entry = { zone = version(3) }
    support.with_server(entry, function(server)
      local between <close> = proxy.start(cqueues.running(), server.port, { seed = SEED })
      between.harm = false
      assert.equal("NOERROR", support.ask_udp(between, { name = "example.com.", type = "SOA" }).rcode)
      local output = loop.command("dig +noall +answer +onesoa @127.0.0.1 -p %d example.com. AXFR", between.port)
      assert.equal(support.records(entry.zone:text()), support.records(output))
      assert.same({}, between.done)
    end)
  end)
end)
