-- The digest of a zone (RFC 8976): computed, checked, published, and found right by others.
local core = require "understudy.core"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local simulation = require "spec.sync.simulation"

local NAME <const> = "example.com."

-- Appendix A of RFC 8976.
local SIMPLE <const> = [[
example.      86400  IN  SOA     ns1 admin 2018031900 1800 900 604800 86400
              86400  IN  NS      ns1
              86400  IN  NS      ns2
              86400  IN  ZONEMD  2018031900 1 1 (
  c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c )
ns1           3600   IN  A       203.0.113.63
ns2           3600   IN  AAAA    2001:db8::63
]]

local COMPLEX <const> = [[
example.      86400  IN  SOA     ns1 admin 2018031900 1800 900 604800 86400
              86400  IN  NS      ns1
              86400  IN  NS      ns2
              86400  IN  ZONEMD  2018031900 1 1 (
  a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe )
ns1           3600   IN  A       203.0.113.63
NS2           3600   IN  AAAA    2001:db8::63
occluded.sub  7200   IN  TXT     "I'm occluded but must be digested"
sub           7200   IN  NS      ns1
duplicate     300    IN  TXT     "I must be digested just once"
duplicate     300    IN  TXT     "I must be digested just once"
foo.test.     555    IN  TXT     "out-of-zone data must be excluded"
UPPERCASE     3600   IN  TXT     "canonicalize uppercase owner names"
*             777    IN  PTR     dont-forget-about-wildcards
mail          3600   IN  MX      20 MAIL1
mail          3600   IN  MX      10 Mail2.Example.
sortme        3600   IN  AAAA    2001:db8::5:61
sortme        3600   IN  AAAA    2001:db8::3:62
sortme        3600   IN  AAAA    2001:db8::4:63
sortme        3600   IN  AAAA    2001:db8::1:65
sortme        3600   IN  AAAA    2001:db8::2:64
non-apex      900    IN  ZONEMD  2018031900 1 1 (
  616c6c6f77656420 6275742069676e6f 7265642e20616c6c 6f77656420627574 2069676e6f726564 2e20616c6c6f7765 )
]]

-- Without its record of an unknown scheme, whose digest of 20 octets neither BIND nor we read.
local MULTIPLE <const> = [[
example.      86400  IN  SOA     ns1 admin 2018031900 1800 900 604800 86400
example.      86400  IN  NS      ns1.example.
example.      86400  IN  NS      ns2.example.
example.      86400  IN  ZONEMD  2018031900 1 1 (
  62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637493daaf401c92c279dd10f0edb1c56f8080211f8480ee306 )
example.      86400  IN  ZONEMD  2018031900 1 2 (
  08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a
  4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27 )
example.      86400  IN  ZONEMD  2018031900 1 240 ( e2d523f654b9422a 96c5a8f44607bbee )
ns1.example.  3600   IN  A       203.0.113.63
ns2.example.  86400  IN  TXT     "This example has multiple digests"
NS2.EXAMPLE.  3600   IN  AAAA    2001:db8::63
]]

local function parse(text)
  return assert(core.parse { text = text, origin = "example." })
end

-- What ldns makes of a zone, which must have a digest.
local function ldns(zone)
  local path = os.tmpname()
  assert(zone:write(path))
  local pipe <close> = assert(io.popen(("ldns-verify-zone -Z %s 2>&1"):format(path)))
  local said = pipe:read "a"
  os.remove(path)
  return said
end

describe("zone:digest", function()
  it("is what the examples of the RFC have", function()
    for _, text in ipairs { SIMPLE, COMPLEX, MULTIPLE } do
      local zone = parse(text)
      assert.equal("right", zone:check_digest())
      assert.truthy(text:find(zone:digest(), 1, true))
    end
    local multiple = parse(MULTIPLE)
    assert.equal("08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a"
      .. "4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27", multiple:digest "sha512")
    assert.is_false(pcall(multiple.digest, multiple, "sha1"))
  end)

  it("covers every octet but its own", function()
    local zone = parse(COMPLEX)
    local wrong = {
      zone:with_serial(2018031901),
      zone:with "new 60 A 192.0.2.1",
      zone:with "non-apex 900 ZONEMD 1 1 2 00112233445566778899aabb",
      zone:without "occluded.sub",
      zone:without("sortme", "AAAA", "2001:db8::3:62"),
      zone:edit(function(draft)
        draft:remove("ns1", "A"):add "ns1 3601 A 203.0.113.63"
      end),
    }
    for i, other in ipairs(wrong) do
      assert.equal("wrong", other:check_digest(), i)
      assert.are_not.equal(zone:digest(), other:digest())
    end
    assert.equal(zone:digest(), zone:without("@", "ZONEMD"):digest())
    assert.equal("absent", zone:without("@", "ZONEMD"):check_digest())
  end)

  it("is believed of one record that is right, and of none that is doubled or unknown", function()
    local multiple = parse(MULTIPLE)
    local wrong384 = "@ ZONEMD 2018031900 1 1 " .. ("00"):rep(48)
    assert.equal("right", multiple:with(wrong384):check_digest()) -- that of SHA-512 still counts
    local right = parse(SIMPLE)
    assert.equal("wrong", right:with(wrong384):check_digest())
    local unknown = right:edit(function(draft)
      draft:remove("@", "ZONEMD"):add "@ 86400 ZONEMD 2018031900 1 240 00112233445566778899aabb"
    end)
    assert.equal("unsupported", unknown:check_digest())
    local stale = right:edit(function(draft)
      draft:remove("@", "ZONEMD"):add("@ 86400 ZONEMD 2018031899 1 1 " .. right:digest())
    end)
    assert.equal("wrong", stale:check_digest())
  end)
end)

describe("a publication with ZONEMD", function()
  local function check(world, serial)
    local zone = world.sync:publication(NAME).zone
    assert.equal(serial, zone.serial)
    assert.equal("right", zone:check_digest())
    assert.truthy(ldns(zone):find("Zone is verified and complete", 1, true), ldns(zone))
    return zone
  end

  it("is made anew with each version, and without another content there is none", function()
    local world, more = simulation.new { policy = "zonemd = true," }, {}
    for i = 1, 20 do
      more[i] = ("\nh%d TXT \"%d\""):format(i, i)
    end
    local function edit(serial, address)
      world:edit(simulation.zone_text(serial, ("www A %s%s"):format(address, table.concat(more))))
      world:run(5)
    end
    edit(10, "192.0.2.1")
    world:start()
    world:run(5)
    local first = check(world, 10)
    assert.equal(first:lookup("@", "SOA").ttl, first:lookup("@", "ZONEMD").ttl)
    edit(11, "192.0.2.1") -- its serial alone
    check(world, 10)
    edit(12, "192.0.2.2")
    local second = check(world, 12)
    assert.equal(second, world.sync:delta(NAME, 10):apply(first))
  end)

  it("begins when the policy says so and ends so", function()
    local policy, records = "guard = { max_removed_records = 0 },", "www A 192.0.2.1\na A 192.0.2.1\nb A 192.0.2.1"
    local world = simulation.new { policy = policy }
    world:edit(simulation.zone_text(10, records))
    world:start()
    world:run(5)
    assert.equal("absent", world.sync:publication(NAME).zone:check_digest())
    for serial = 11, 12 do
      local wanted = serial == 11
      world.sync.zones[NAME].setting.zonemd = wanted
      world.sync.zones[NAME].outdated = true
      world.sync:mark(NAME, "policy")
      world:run(5)
      assert.same({ "ok", serial }, { world:status().state, world:status().serial })
    end
  end)

  it("keeps the digest of the source only where it still fits", function()
    local zone = assert(core.parse { text = simulation.zone_text(10, "www A 192.0.2.1"), origin = NAME })
    local function with_digest(of)
      return of:with(("@ 600 ZONEMD %d 1 2 %s"):format(of.serial, of:digest "sha512")):text()
    end
    local world = simulation.new()
    world:edit(with_digest(zone))
    world:start()
    world:run(5)
    assert.matches("^10 1 2 ", world.sync:publication(NAME).zone:lookup("@", "ZONEMD")[1])
    world:edit(with_digest(zone:with("www 300 A 192.0.2.2"):with_serial(10))) -- published under 11
    world:run(5)
    local published = check(world, 11)
    assert.matches("^11 1 1 ", published:lookup("@", "ZONEMD")[1])
    world:edit(with_digest(zone:with("www 300 A 192.0.2.2"):with_serial(9)))
    world:run(400)
    assert.equal(11, world:status().serial)
  end)
end)

describe("a secondary that checks ZONEMD", function()
  it("takes our digest, and not one that is wrong: Knot", function()
    loop.run(function()
      local zone = assert(core.parse { text = simulation.zone_text(7, "www A 192.0.2.1"), origin = NAME })
      local right = require("understudy.zonemd").complete(zone, true)
      local peer <close> = peers.start("knot", { zones = { [NAME] = right:text() }, plain = true,
        lines = "    zonemd-verify: on\n" })
      assert.equal(7, peer:serial(NAME))
      local wrong = right:with "extra 300 A 192.0.2.9":with_serial(8)
      local file <close> = assert(io.open(peer.folder .. "/" .. NAME .. "zone", "w"))
      file:write(wrong:text()):close()
      os.execute(("kill -HUP $(cat '%s/pid')"):format(peer.folder))
      nsd.await("Knot to refuse", function()
        return peer:log():find("ZONEMD", 1, true)
      end)
      assert.equal(7, peer:serial(NAME))
    end)
  end)
end)
