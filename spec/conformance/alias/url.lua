--- url: what a URL becomes.
local assert = require "luassert"

local URL <const> = "u 600 URL https://example.org/\n"
local BOTH <const> = { redirect = { "198.51.99.80", "2001:db9::80" } }
local HOST <const> = { redirect = { "second.example.net" } }

return function(statement)
  statement("U-1", "the type is 65403, the address quoted or without blanks", function(world)
    for _, data in ipairs {
      "URL https://example.org/a?b=c", 'URL "https://example.org/"', "TYPE65403 \\# 8 687474703a2f2f61",
    } do
      world:expect("u 600 " .. data, "u 600 A 198.51.99.80\nu 600 AAAA 2001:db9::80", BOTH)
    end
  end)

  statement("U-2", "it becomes the addresses of the redirector", function(world)
    world:expect(URL, "u 600 A 198.51.99.80\nu 600 AAAA 2001:db9::80", BOTH)
    world:expect(URL, "u 600 A 198.51.99.80", { redirect = { "198.51.99.80" } })
    world:expect("u 5 URL https://example.org/", "u 5 A 198.51.99.80", { redirect = { "198.51.99.80" } })
  end)

  statement("U-3", "or those of its host", function(world)
    world:expect(URL, "u 200 A 198.51.99.3\nu 200 AAAA 2001:db9::1", HOST)
    world:expect("u 100 URL https://example.org/", "u 100 A 198.51.99.3\nu 100 AAAA 2001:db9::1", HOST)
    world:refused(URL, "u.example.com.", { redirect = { "none.example.net" } })
    world:refused(URL, "u.example.com.", { redirect = { "localhost" } })
    world:refused(URL, "u.example.com. u.example.com.", { redirect = { "u.example.com" } })
    world:expect(URL .. "r A 198.51.99.1", "u 600 A 198.51.99.1\nr 3600 A 198.51.99.1",
      { redirect = { "r.example.com" } })
  end)

  statement("U-3", "which are remembered like those of an ALIAS", function(world)
    local options = { redirect = { "h.faults.net" }, servers = { world.faults }, answers = world:memory() }
    world.faults:play { ["h.faults.net."] = { answer = { "h.faults.net. 300 A 198.51.99.1" } } }
    options.now = 1000
    world:expect(URL, "u 300 A 198.51.99.1", options)
    world.faults:play { ["h.faults.net."] = { rcode = "SERVFAIL" } }
    options.now = 9000
    local messages = world:expect(URL, "u 300 A 198.51.99.1", options)
    assert.matches("u.example.com.", messages, 1, true)
  end)

  statement("U-4", "without a redirector the zone is refused", function(world)
    world:refused(URL, "u.example.com.")
  end)

  statement("U-5", "no other record says where the name leads", function(world)
    for _, other in ipairs {
      "A 198.51.99.1", "AAAA 2001:db9::1", "ALIAS v4.example.net.", "CNAME x", "POOL v4.example.net.",
      "URL https://example.net/",
    } do
      world:refused(URL .. "x A 198.51.99.1\nu 600 " .. other, "u.example.com.", BOTH)
    end
  end)

  statement("U-6", "all other types may stand beside it", function(world)
    world:expect(URL .. 'u MX 1 u\nu TXT "t"',
      'u 600 A 198.51.99.80\nu 600 AAAA 2001:db9::80\nu 3600 MX 1 u.example.com.\nu 3600 TXT "t"', BOTH)
  end)

  statement("U-7", "it is a full http or https address", function(world)
    for _, data in ipairs { "example.org", "ftp://example.org/", "https://", "https:///path", '"https://a b/"' } do
      world:refused("u URL " .. data, "u.example.com.", BOTH)
    end
  end)

  statement("U-8", "the owner may be a wildcard with * as its first label", function(world)
    world:expect("*.w 600 URL https://example.org/", "*.w 600 A 198.51.99.80\n*.w 600 AAAA 2001:db9::80", BOTH)
    world:refused("a.*.w URL https://example.org/", "a.*.w.example.com.", BOTH)
  end)

  statement("U-9", "it may stand at the apex, and not in a delegation", function(world)
    world:expect("@ 600 URL https://example.org/", "@ 600 A 198.51.99.80\n@ 600 AAAA 2001:db9::80", BOTH)
    world:refused("sub NS ns1.example.net.\nsub URL https://example.org/", "sub.example.com.", BOTH)
    world:refused("sub NS ns1.example.net.\nx.sub URL https://example.org/", "sub.example.com.", BOTH)
  end)

  statement("U-10", "an ALIAS or CNAME to it has the addresses of the redirector", function(world)
    world:expect(URL .. "a ALIAS u\nb ALIAS c\nc CNAME u", [[
      u 600 A 198.51.99.80
      u 600 AAAA 2001:db9::80
      a 600 A 198.51.99.80
      a 600 AAAA 2001:db9::80
      b 600 A 198.51.99.80
      b 600 AAAA 2001:db9::80
      c 3600 CNAME u.example.com.]], BOTH)
    world:expect(URL .. "a ALIAS u", [[
      u 200 A 198.51.99.3
      u 200 AAAA 2001:db9::1
      a 200 A 198.51.99.3
      a 200 AAAA 2001:db9::1]], HOST)
  end)
end
