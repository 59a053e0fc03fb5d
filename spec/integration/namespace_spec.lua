-- Real secondaries in a network namespace of their own, whose link is narrow, lossy or cut. The spec runs itself again
-- within the namespace. Where the system lacks something, that is a pending test that says so.
local core = require "understudy.core"
local cqueues = require "cqueues"
local deltas = require "understudy.sync.deltas"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local INSIDE <const> = "UNDERSTUDY_NAMESPACE"
local KINDS <const> = { "nsd", "knot", "bind" }

-- Whether a shell line succeeds, and what it prints.
local function sh(line)
  local pipe <close> = assert(io.popen(("PATH=$PATH:/usr/sbin:/sbin; { %s; } 2>&1"):format(line)))
  local output = pipe:read "a"
  return pipe:close() == true, output
end

if not os.getenv(INSIDE) then
  describe("a secondary behind a bad link", function()
    it("ends with what was published", function()
      local ok, why = sh "unshare --user --map-root-user --net ip link set lo up"
      if not ok then
        pending("no network namespaces here: " .. why)
        return
      end
      local inner = ("unshare --user --map-root-user --net env %s=1 sh -c '%s'"):format(INSIDE,
        "ip link set lo up mtu 1500 && lua5.4 spec/run.lua spec/integration/namespace_spec.lua")
      local output
      ok, output = sh(inner)
      assert(ok, output)
      io.stderr:write(output:match "\nPending.*" or "")
    end)
  end)
  return
end

local function version(serial)
  return support.changing_zone(1000, serial)
end

-- Runs a test with a secondary that has version 1. `publish` makes the next one; `follow` tells of it until it is
-- served.
local function with_secondary(kind, test)
  local entry = { history = deltas.new(), zone = version(1) }
  entry.delta = function(serial)
    return entry.history:find(serial)
  end
  support.with_server(entry, function(server)
    local peer <close> = peers.start(kind, { secondary = { "example.com." }, primary = "127.0.0.1:" .. server.port })
    peer:await_serial("example.com.", 1)
    local function notify()
      local request = assert(core.request { kind = "notify", zone = entry.zone })
      local socket <close> = assert(udp.open("127.0.0.1", 0))
      socket:send(request.octets, peer.address, peer.port)
    end
    test {
      notify = notify,
      publish = function()
        local older = entry.zone
        entry.zone = version(older.serial + 1)
        entry.history:add(older, entry.zone)
      end,
      follow = function()
        local deadline = cqueues.monotime() + 40
        repeat
          notify()
          cqueues.sleep(0.3)
        until peer:serial "example.com." == entry.zone.serial or cqueues.monotime() > deadline
        local served = assert(peer:transfer "example.com.")
        assert.equal(support.records(entry.zone:text()), support.records(table.concat(served, "\n")))
      end,
    }
  end)
end

describe("inside the namespace", function()
  it("a peer that vanishes amid its transfer is given up, and one that idles too", function()
    support.with_server({ zone = support.numbered_zone(200000) }, function(server, log)
      local transferring, idling = support.connect(server), support.connect(server)
      assert(transferring:write(wire.question { name = "example.com.", type = "AXFR" }, support.PATIENCE))
      assert(transferring:read(support.PATIENCE))
      assert.equal(2, server:connected())
      assert(sh "ip link set lo down")
      nsd.await("the server to give up", function()
        return server:connected() == 0
      end, 5)
      assert(sh "ip link set lo up")
      assert.same({ "warning: example.com. transfer of serial 7 to 127.0.0.1 failed: timed out" }, log.lines)
      transferring:close()
      idling:close()
    end, { limits = { idle = 1, stall = 1 } })
  end)

  for _, kind in ipairs(KINDS) do
    it("a link is cut for a while: " .. kind, function()
      with_secondary(kind, function(it)
        assert(sh "ip link set lo down")
        it.publish()
        it.notify()
        cqueues.sleep(1)
        assert(sh "ip link set lo up")
        it.follow()
      end)
    end)

    it("a link is narrow, and drops what waits for long: " .. kind, function()
      local ok, why = sh "tc qdisc add dev lo root tbf rate 512kbit burst 3000 limit 6000"
      if not ok then
        pending("no tbf in this kernel: " .. why)
        return
      end
      sh "tc qdisc del dev lo root"
      with_secondary(kind, function(it)
        assert(sh "tc qdisc add dev lo root tbf rate 512kbit burst 3000 limit 6000")
        it.publish()
        it.follow()
        assert(sh "tc qdisc del dev lo root")
      end)
      sh "tc qdisc del dev lo root"
    end)

    it("a link loses packets at random: " .. kind, function()
      local ok, why = sh("nft add table ip faults && nft add chain ip faults input "
        .. "'{ type filter hook input priority 0; }' && nft add rule ip faults input numgen random mod 100 '<' 10 drop")
      if not ok then
        pending("nft can't drop packets at random here: " .. why)
        return
      end
      with_secondary(kind, function(it)
        it.publish()
        it.follow()
      end)
      assert(sh "nft delete table ip faults")
    end)
  end
end)
