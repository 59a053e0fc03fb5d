--- place: where an ALIAS may stand, and beside what.
local assert = require "luassert"

return function(statement)
  statement("A-5", "at the apex, below it and at a wildcard", function(world)
    world:expect([[
@ ALIAS v4.example.net.
a.b.c ALIAS v4.example.net.
*.w ALIAS v4.example.net.]], [[
      @ 300 A 198.51.99.4
      a.b.c 300 A 198.51.99.4
      *.w 300 A 198.51.99.4]])
  end)

  statement("A-6", "neither at nor below a delegation", function(world)
    world:refused("sub NS ns1.example.net.\nsub ALIAS v4.example.net.", "sub.example.com.")
    world:refused("sub NS ns1.example.net.\nx.y.sub ALIAS v4.example.net.", "x.y.sub.example.com.")
  end)

  statement("A-7", "not below a DNAME, but beside one", function(world)
    world:refused("d DNAME d.example.net.\nx.d ALIAS v4.example.net.", "x.d.example.com.")
    world:expect("d DNAME d.example.net.\nd ALIAS v4.example.net.",
      "d 3600 DNAME d.example.net.\nd 300 A 198.51.99.4")
  end)

  statement("A-8", "not with CNAME, POOL or URL", function(world)
    local options = { redirect = { "198.51.99.80" } }
    for _, other in ipairs { "CNAME b", "POOL host.example.net.", "URL https://example.org/" } do
      world:refused("a ALIAS host.example.net.\nb A 198.51.99.1\na " .. other, "a.example.com.", options)
    end
  end)

  statement("A-9", "with A and AAAA all are published, with a warning", function(world)
    local messages = world:expect("a ALIAS host.example.net.\na A 198.51.99.77\na AAAA 2001:db9::77", [[
      a 300 A 198.51.99.1
      a 300 A 198.51.99.2
      a 300 A 198.51.99.77
      a 300 AAAA 2001:db9::1
      a 300 AAAA 2001:db9::77]])
    assert.matches("a.example.com.", messages, 1, true)
  end)

  statement("A-10", "of several all are published, each address once, with a warning", function(world)
    local messages = world:expect("a ALIAS host.example.net.\na ALIAS second.example.net.", [[
      a 200 A 198.51.99.1
      a 200 A 198.51.99.2
      a 200 A 198.51.99.3
      a 200 AAAA 2001:db9::1]])
    assert.matches("a.example.com.", messages, 1, true)
  end)

  statement("A-11", "all other types may stand beside it", function(world)
    local beside = {
      'a 3600 TXT "text"', "a 3600 MX 10 mail.example.net.", 'a 3600 CAA 0 issue "ca.example.net"',
      "a 3600 HTTPS 1 . alpn=h2", "a 3600 SRV 1 2 3 host.example.net.",
      "a 3600 LOC 52 0 0.000 N 13 0 0.000 E 0m 1m 1m 1m",
    }
    local found = world:published("a ALIAS v4.example.net.\n" .. table.concat(beside, "\n"))
    assert.equal(#beside + 1, #found)
    world:expect("@ ALIAS v4.example.net.", "@ 300 A 198.51.99.4") -- NS and SOA are beside it
  end)
end
