--- targets: which names can be targets, and where their addresses come from.
local assert = require "luassert"

-- No lookup may be made: the only name server is one that was not told anything.
local function without_lookups(world, test)
  world.faults:play {}
  test { servers = { world.faults } }
  assert.same({}, world.faults:questions())
end

return function(statement)
  statement("A-12", "a target outside is the public name of a host", function(world)
    without_lookups(world, function(options)
      for _, target in ipairs {
        ".", "com.", "192.0.2.1.", "localhost.", "a.localhost.", "a.local.", "a.invalid.", "a.test.", "a.EXAMPLE.",
        "a.onion.", "a.alt.", "a.internal.", "a.b.home.arpa.",
      } do
        world:refused("x ALIAS " .. target, "x.example.com.", options)
      end
      world:refused("x ALIAS y\ny CNAME localhost.", "x.example.com.", options)
    end)
  end)

  statement("A-13", "the addresses of a target inside come from the zone", function(world)
    without_lookups(world, function(options)
      world:expect("x ALIAS y\ny A 198.51.99.1\ny AAAA 2001:db9::1", [[
        x 3600 A 198.51.99.1
        x 3600 AAAA 2001:db9::1
        y 3600 A 198.51.99.1
        y 3600 AAAA 2001:db9::1]], options)
      world:expect("x ALIAS @\n@ A 198.51.99.1", "x 3600 A 198.51.99.1\n@ 3600 A 198.51.99.1", options)
    end)
  end)

  statement("A-13", "wildcards answer for targets as in a name server", function(world)
    without_lookups(world, function(options)
      local wildcard = "*.w A 198.51.99.1\nb.w TXT t\nc.d.w TXT t\n"
      local rest = '*.w 3600 A 198.51.99.1\nb.w 3600 TXT "t"\nc.d.w 3600 TXT "t"\n'
      world:expect(wildcard .. "x ALIAS a.w", rest .. "x 3600 A 198.51.99.1", options)
      world:expect(wildcard .. "x ALIAS a.b2.w", rest .. "x 3600 A 198.51.99.1", options)
      for _, target in ipairs { "b.w", "d.w", "e.d.w", "a.b.w", "w" } do
        world:refused(wildcard .. "x ALIAS " .. target, "x.example.com.", options)
      end
    end)
  end)

  statement("A-14", "what the target becomes is what counts", function(world)
    local found = world:published([[
x ALIAS y
y ALIAS v4.example.net.
y A 198.51.99.1
x2 ALIAS c
c CNAME y
x3 ALIAS p
p POOL v4.example.net.
p POOL y
x4 ALIAS u
u URL https://example.org/]], { redirect = { "198.51.99.80" } })
    local text = "\n" .. table.concat(found, "\n") .. "\n"
    for _, line in ipairs {
      "x 300 A 198.51.99.1", "x 300 A 198.51.99.4", "x2 300 A 198.51.99.1", "x2 300 A 198.51.99.4",
      "x3 300 A 198.51.99.1", "x3 300 A 198.51.99.4", "x4 3600 A 198.51.99.80",
    } do
      assert.truthy(text:find("\n" .. line .. "\n", 1, true), line .. "\nis not in" .. text)
    end
  end)

  statement("A-15", "a target in a delegation or below a DNAME is looked up", function(world)
    local records = "sub 3600 NS ns1.example.net.\n"
    world:expect("sub NS ns1.example.net.\nx ALIAS host.sub\ny ALIAS sub",
      records .. "x 300 A 198.51.99.21\ny 300 A 198.51.99.20")
    world.faults:play {
      ["h.d.example.com."] = { answer = { "h.d.example.com. 60 CNAME h.d.net." } },
      ["h.d.net. A"] = { answer = { "h.d.net. 60 A 198.51.99.30" } },
      ["h.d.net. AAAA"] = {},
    }
    world:expect("d DNAME d.net.\nx ALIAS h.d", "d 3600 DNAME d.net.\nx 60 A 198.51.99.30",
      { servers = { world.faults } })
  end)

  statement("A-16", "a target inside without addresses is unresolved", function(world)
    without_lookups(world, function(options)
      world:refused("x ALIAS none", "x.example.com.", options)
      world:refused("x ALIAS y\ny TXT t", "x.example.com.", options)
      options.alias = { on_unresolved = "omit" }
      world:expect("x ALIAS none\nx MX 1 y", "x 3600 MX 1 y.example.com.", options)
    end)
  end)

  statement("A-17", "a wildcard is no target of itself", function(world)
    without_lookups(world, function(options)
      world:refused("*.w ALIAS a.w", "*.w.example.com.", options)
      world:expect("*.w ALIAS a.w\na.w A 198.51.99.1",
        "*.w 3600 A 198.51.99.1\na.w 3600 A 198.51.99.1", options)
    end)
  end)
end
