--- chains: loops, and chains inside and outside the zone.
local assert = require "luassert"

-- `count` names, each an ALIAS to the next.
local function chain(count, target)
  local lines = {}
  for i = 1, count do
    lines[i] = ("n%d ALIAS %s"):format(i, i < count and "n" .. i + 1 or target)
  end
  return table.concat(lines, "\n")
end

return function(statement)
  statement("A-18", "a loop refuses the zone and is named", function(world)
    world:refused("a ALIAS a", "a.example.com. a.example.com.")
    world:refused("a ALIAS b\nb CNAME c\nc ALIAS a\nd ALIAS b",
      "a.example.com. b.example.com. c.example.com. a.example.com.")
    world:refused(chain(8, "n1"), "n1.example.com. n2.example.com. n3.example.com. n4.example.com. " ..
      "n5.example.com. n6.example.com. n7.example.com. n8.example.com. n1.example.com.")
    local message = world:refused(chain(40, "n1"), "n1.example.com.")
    local _, named = message:match("^[^\n]*"):gsub("n%d+%.example%.com%.", "")
    assert.is_true(named >= 8)
    world:refused("p POOL q\np POOL v4.example.net.\nq ALIAS p", "p.example.com. q.example.com. p.example.com.")
  end)

  statement("A-19", "a chain inside has at most 16 records", function(world)
    local found = world:published(chain(16, "v4.example.net."))
    assert.equal(16, #found)
    world:refused(chain(17, "v4.example.net."), "n1.example.com.")
  end)

  statement("A-20", "a CNAME that leads outside is followed there", function(world)
    world:expect("x ALIAS y\ny CNAME v4.example.net.", "x 300 A 198.51.99.4\ny 3600 CNAME v4.example.net.")
  end)

  statement("A-21", "outside, 16 CNAMEs are followed, and no loop is", function(world)
    world:expect("x ALIAS l1.example.net.", "x 300 A 198.51.99.1\nx 300 A 198.51.99.2\nx 300 AAAA 2001:db9::1")
    world:refused("x ALIAS l0.example.net.", "x.example.com.")
    world:refused("x ALIAS loop.example.net.", "x.example.com.")
  end)

  statement("A-22", "a name that a name server leaves open is asked for", function(world)
    world:expect("x ALIAS across.example.net.", "x 90 A 198.51.99.9\nx 90 AAAA 2001:db9::9",
      { servers = { world.nsd, world.knot } })
    local script = {}
    for i = 1, 3 do
      script[("s%d.faults.net."):format(i)] =
        { answer = { ("s%d.faults.net. %d CNAME s%d.faults.net."):format(i, i * 100, i + 1) } }
    end
    script["s4.faults.net."] = { answer = { "s4.faults.net. 900 A 198.51.99.1" } }
    world.faults:play(script)
    world:expect("x ALIAS s1.faults.net.", "x 100 A 198.51.99.1", { servers = { world.faults } })
  end)

  statement("A-23", "each family has what it has", function(world)
    world.faults:play {
      ["h.faults.net. A"] = { answer = { "h.faults.net. 300 A 198.51.99.1" } },
      ["h.faults.net. AAAA"] = { answer = { "h.faults.net. 70 AAAA 2001:db9::1" } },
    }
    world:expect("x ALIAS h.faults.net.", "x 300 A 198.51.99.1\nx 70 AAAA 2001:db9::1", { servers = { world.faults } })
  end)

  statement("A-24", "a family that the target has not is not published", function(world)
    world:expect("x ALIAS v4.example.net.\ny ALIAS v6.example.net.", "x 300 A 198.51.99.4\ny 300 AAAA 2001:db9::6")
  end)

  statement("A-25", "both families must be answered, and one must have addresses", function(world)
    local address = { answer = { "h.faults.net. 300 A 198.51.99.1" } }
    world.faults:play { ["h.faults.net. A"] = address, ["h.faults.net. AAAA"] = { rcode = "SERVFAIL" } }
    world:refused("x ALIAS h.faults.net.", "x.example.com.", { servers = { world.faults } })
    world.faults:play { ["h.faults.net. A"] = address, ["h.faults.net. AAAA"] = {} }
    world:expect("x ALIAS h.faults.net.", "x 300 A 198.51.99.1", { servers = { world.faults } })
    world:refused("x ALIAS text.example.net.", "x.example.com.")
  end)

  statement("A-26", "a name has at most 100 addresses of a family", function(world)
    local found = world:published "x ALIAS hundred.example.net."
    assert.equal(100, #found)
    world:refused("x ALIAS hundred.example.net.\nx ALIAS v4.example.net.", "x.example.com.")
    world:refused("x ALIAS hundred.example.net.\nx A 198.51.99.4", "x.example.com.")
  end)
end
