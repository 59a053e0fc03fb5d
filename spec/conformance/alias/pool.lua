--- pool: what a POOL becomes.
local assert = require "luassert"

local POOL <const> = "p 600 POOL v4.example.net.\np 600 POOL second.example.net.\n"
local FIRST <const>, SECOND <const> = "p 600 CNAME v4.example.net.", "p 600 CNAME second.example.net."

local MODES <const> = { "flatten", "first", "rotate", "reject" }

return function(statement)
  statement("P-1", "the type is 65402, the members are those of all records, each once", function(world)
    local member = "TYPE65402 \\# 16 027634076578616d706c65036e657400"
    world:expect("p 600 POOL second.example.net.\np 600 " .. member .. "\np 600 POOL V4.example.net.", FIRST,
      { pool = "first" })
    world:expect("p 600 POOL v4.example.net.\np 600 POOL v4.EXAMPLE.net.", FIRST, { pool = "reject" })
  end)

  statement("P-2", "flatten: the addresses of all members", function(world)
    local all = "p 200 A 198.51.99.3\np 200 A 198.51.99.4\np 200 AAAA 2001:db9::1"
    world:expect(POOL, all, { pool = "flatten" })
    world:expect(POOL, all)
    world:refused(POOL .. "p POOL none.example.net.", "p.example.com.")
    world:refused("p POOL p\np POOL v4.example.net.", "p.example.com.")
    world:refused("p POOL localhost.\np POOL v4.example.net.", "p.example.com.")
  end)

  statement("P-3", "first: a CNAME to the first in canonical order", function(world)
    world:expect(POOL, FIRST, { pool = "first" })
  end)

  statement("P-4", "rotate: each for a period of the TTL", function(world)
    for now, wanted in pairs { [0] = FIRST, [599] = FIRST, [600] = SECOND, [1199] = SECOND, [1200] = FIRST } do
      world:expect(POOL, wanted, { pool = "rotate", now = now })
    end
    local short = POOL:gsub("600", "5")
    for now, wanted in pairs { [59] = FIRST, [60] = SECOND, [119] = SECOND } do
      world:expect(short, (wanted:gsub("600", "5")), { pool = "rotate", now = now })
    end
    world:expect(short, (SECOND:gsub("600", "5")), { pool = "rotate", now = 7, alias = { min_ttl = 5 } })
  end)

  statement("P-5", "reject: the zone is refused", function(world)
    world:refused(POOL, "p.example.com.", { pool = "reject" })
  end)

  statement("P-6", "a single member is a CNAME where one can stand", function(world)
    for _, mode in ipairs(MODES) do
      world:expect("p 600 POOL v4.example.net.", FIRST, { pool = mode })
      world:expect("@ 600 POOL v4.example.net.\nq POOL v4.example.net.\nq MX 1 q",
        "@ 300 A 198.51.99.4\nq 300 A 198.51.99.4\nq 3600 MX 1 q.example.com.", { pool = mode })
    end
  end)

  statement("P-7", "members of a CNAME are not looked up", function(world)
    world.faults:play {}
    world:expect(POOL, FIRST, { pool = "first", servers = { world.faults } })
    world:expect(POOL, SECOND, { pool = "rotate", now = 600, servers = { world.faults } })
    assert.same({}, world.faults:questions())
  end)

  statement("P-8", "a CNAME stands neither at the apex nor beside data", function(world)
    for _, mode in ipairs { "first", "rotate" } do
      world:refused(POOL:gsub("p ", "@ "), "example.com.", { pool = mode })
      world:refused(POOL .. "p MX 1 p", "p.example.com.", { pool = mode })
    end
  end)

  statement("P-9", "not with CNAME, ALIAS or URL", function(world)
    for _, mode in ipairs(MODES) do
      for _, other in ipairs { "CNAME x", "ALIAS v4.example.net.", "URL https://example.org/" } do
        world:refused("p POOL v4.example.net.\nx A 198.51.99.1\np " .. other, "p.example.com.",
          { pool = mode, redirect = { "198.51.99.80" } })
      end
    end
  end)

  statement("P-10", "flattened it has room for other types", function(world)
    world:expect(POOL .. "p MX 1 p\np A 198.51.99.99", [[
      p 200 A 198.51.99.3
      p 200 A 198.51.99.4
      p 200 A 198.51.99.99
      p 200 AAAA 2001:db9::1
      p 3600 MX 1 p.example.com.]])
  end)

  statement("P-11", "an ALIAS to a POOL has the addresses of its members", function(world)
    local all = "a 200 A 198.51.99.3\na 200 A 198.51.99.4\na 200 AAAA 2001:db9::1\n"
    world:expect(POOL .. "a ALIAS p", all .. FIRST, { pool = "rotate", now = 0 })
    world:expect(POOL .. "a ALIAS p", "a 300 A 198.51.99.4\n" .. FIRST, { pool = "first" })
  end)

  statement("P-12", "it stands where an ALIAS may", function(world)
    world:expect(POOL:gsub("p ", "*.w "), "*.w 200 A 198.51.99.3\n*.w 200 A 198.51.99.4\n*.w 200 AAAA 2001:db9::1")
    world:refused("sub NS ns1.example.net.\nx.sub POOL v4.example.net.", "example.com.")
    world:refused("d DNAME d.example.net.\nx.d POOL v4.example.net.", "d.example.com.")
  end)
end
