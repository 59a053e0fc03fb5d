-- The daemon reads catalogs of real primaries (RFC 9432): their zones become its own, and go when they leave the list.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemon = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  zones   = { zone "catalog.example" {
    source  = source.transfer { from = "%s"%s },
    members = { targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } } },
  } },
  retry   = backoff { first = "0.1s", max = "0.2s" },
  refresh = "1s",
}
]]

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

local NAMES <const> = { "a.example.", "b.example.", "c.example.", "d.example.", "e.example." }

local function zone_text(name)
  return ("$ORIGIN %s\n$TTL 60\n@ SOA ns.example.net. h.example.net. 1 3600 600 86400 60\n@ NS ns.example.net.\n"
    .. "@ NS ns.example.org.\nwww A 192.0.2.1\n"):format(name)
end

local function catalog_text(serial, names)
  local lines = { ("$ORIGIN catalog.example.\n$TTL 0\n@ SOA invalid. invalid. %d 1 1 1209600 60\n@ NS invalid.\n"
    .. 'version TXT "2"\n'):format(serial) }
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("id-%s.zones PTR %s\n"):format(name:sub(1, 1), name)
  end
  return table.concat(lines)
end

describe("a catalog of a real primary", function()
  local folder, remove, port

  local function start(peer, key)
    port = nsd.free_port()
    folder, remove = command.folder {
      ["policy.lua"] = POLICY:format(port, peer.server, key and ', key = key "transfer.key"' or ""),
      ["transfer.key"] = ('key "%s" { algorithm %s; secret "%s"; };\n'):format(KEY.name, KEY.algorithm, KEY.secret),
    }
    assert(os.execute("chmod 600 " .. folder .. "/transfer.key"))
    return daemon.start(folder)
  end

  local function rcode(zone)
    return command.shell(("dig +tries=1 +time=2 @127.0.0.1 -p %d %s SOA"):format(port, zone)).out:match "status: (%u+)"
  end

  local function await(zone, wanted)
    nsd.await(("%s to be %s"):format(zone, wanted), function()
      return rcode(zone) == wanted
    end)
  end

  local function status()
    local result = command.run("status", "--json", "--policy", folder .. "/policy.lua")
    local by_name = {}
    for _, zone in ipairs(cjson.decode(result.out).zones) do
      by_name[zone.name] = zone
    end
    return by_name
  end

  after_each(function()
    remove()
  end)

  local all = {}
  for _, name in ipairs(NAMES) do
    all[name] = zone_text(name)
  end

  for _, kind in ipairs(peers.KINDS) do
    it("brings its zones and takes them away, all signed, but not many at once: " .. kind, function()
      local zones = { ["catalog.example."] = catalog_text(1, { NAMES[1], NAMES[2] }) }
      for name, text in pairs(all) do
        zones[name] = text
      end
      local peer <close> = peers.start(kind, { zones = zones, key = KEY })
      local running <close> = start(peer, KEY)
      await("a.example.", "NOERROR")
      await("b.example.", "NOERROR")
      assert.equal("NOTAUTH", rcode "c.example.")
      peer:reload("catalog.example.", catalog_text(2, NAMES))
      await("e.example.", "NOERROR")
      assert.equal("ok", status()["catalog.example."].state)
      assert.equal("catalog.example.", status()["e.example."].catalog)

      peer:reload("catalog.example.", catalog_text(3, { NAMES[1], NAMES[2], NAMES[3], NAMES[4] }))
      await("e.example.", "NOTAUTH")
      peer:reload("catalog.example.", catalog_text(4, { NAMES[1] }))
      local held
      nsd.await("the list to be held", function()
        held = status()["catalog.example."]
        return held.state == "held"
      end)
      assert.equal("3 of 4 members of the catalog would be removed", held.why)
      assert.equal("NOERROR", rcode "d.example.")
      running:stop()
      local again <close> = daemon.start(folder) -- what it held and served before it does now
      assert.is_truthy(again)
      await("d.example.", "NOERROR")
      assert.equal("held", status()["catalog.example."].state)
      local approved = command.run("approve", "--policy", folder .. "/policy.lua", "catalog.example", held.plan)
      assert.equal(0, approved.status, approved.err)
      await("d.example.", "NOTAUTH")
      assert.equal("NOERROR", rcode "a.example.")
    end)
  end

  it("that is broken changes nothing", function()
    local zones = { ["catalog.example."] = catalog_text(1, { NAMES[1] }), [NAMES[1]] = zone_text(NAMES[1]) }
    local peer <close> = peers.start("bind", { zones = zones })
    local _ <close> = start(peer)
    await("a.example.", "NOERROR")
    peer:reload("catalog.example.", catalog_text(2, {}) .. "x.zones PTR b.example.\nx.zones PTR c.example.\n")
    local found
    nsd.await("the catalog to be refused", function()
      found = status()["catalog.example."]
      return found.state == "invalid"
    end)
    assert.truthy(found.why:find("x.zones.catalog.example. lists 2 zones", 1, true), found.why)
    assert.equal("NOERROR", rcode "a.example.")
  end)

  for _, kind in ipairs { "knot", "pdns" } do
    it("that the primary makes by itself is understood: " .. kind, function()
      local peer <close> = peers.start(kind, { zones = all, producer = "catalog.example." })
      local _ <close> = start(peer)
      for _, name in ipairs(NAMES) do
        await(name, "NOERROR")
      end
      assert.same({}, status()["catalog.example."].findings.list)
    end)
  end
end)
