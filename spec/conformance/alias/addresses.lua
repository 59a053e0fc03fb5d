--- addresses: which addresses are believed, and how many name servers must say that there are none.
local assert = require "luassert"

-- By range its first and last address.
local SPECIAL <const> = {
  { "0.0.0.0", "0.255.255.255" }, { "10.0.0.0", "10.255.255.255" }, { "100.64.0.0", "100.127.255.255" },
  { "127.0.0.0", "127.255.255.255" }, { "169.254.0.0", "169.254.255.255" }, { "172.16.0.0", "172.31.255.255" },
  { "192.0.0.0", "192.0.0.255" }, { "192.0.2.0", "192.0.2.255" }, { "192.88.99.0", "192.88.99.255" },
  { "192.168.0.0", "192.168.255.255" }, { "198.18.0.0", "198.19.255.255" }, { "198.51.100.0", "198.51.100.255" },
  { "203.0.113.0", "203.0.113.255" }, { "224.0.0.0", "239.255.255.255" }, { "240.0.0.0", "255.255.255.255" },
  { "::", "::ffff:ffff" }, { "::ffff:0:0", "::ffff:ffff:ffff" }, { "64:ff9b::", "64:ff9b::ffff:ffff" },
  { "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff" }, { "100::", "100::ffff:ffff:ffff:ffff" },
  { "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff" }, { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
  { "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff" },
  { "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
  { "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
  { "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
}

-- Their neighbours.
local PUBLIC <const> = {
  "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
  "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.1.255",
  "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
  "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
  "2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "2003::", "2000::",
  "3ffe:ffff::", "3fff:1000::",
}

-- A zone with an ALIAS to a target for each list of addresses, which the name server then has.
local function play(world, lists)
  local script, body = {}, {}
  for i, list in ipairs(lists) do
    local target = ("h%d.faults.net."):format(i)
    script[target .. " A"], script[target .. " AAAA"] = { answer = {} }, { answer = {} }
    for _, address in ipairs(list) do
      local type = address:find(":", 1, true) and "AAAA" or "A"
      table.insert(script[target .. " " .. type].answer, ("%s 300 %s %s"):format(target, type, address))
    end
    body[i] = ("x%d ALIAS %s"):format(i, target)
  end
  world.faults:play(script)
  return table.concat(body, "\n")
end

local function options(world, allow)
  return { servers = { world.faults }, alias = { on_unresolved = "omit", allow = allow } }
end

local NEVER <const> = { "9.9.9.9/32" } -- in place of what is allowed by default

return function(statement)
  statement("A-42", "an address that is not globally reachable is no answer", function(world)
    local lists = {}
    for _, range in ipairs(SPECIAL) do
      lists[#lists + 1] = { range[1] }
      lists[#lists + 1] = { range[2] }
    end
    assert.same({}, (world:published(play(world, lists), options(world, NEVER))))
  end)

  statement("A-42", "one such address makes it none", function(world)
    local body = play(world, { { "198.51.99.1", "10.0.0.1", "198.51.99.2" } })
    assert.same({}, (world:published(body, options(world, NEVER))))
  end)

  statement("A-42", "those beside the ranges are", function(world)
    local lists = {}
    for i, address in ipairs(PUBLIC) do
      lists[i] = { address }
    end
    assert.equal(#PUBLIC, #world:published(play(world, lists), options(world, NEVER)))
  end)

  statement("A-42", "it takes nothing away from what is remembered", function(world)
    local told = { servers = { world.faults }, answers = world:memory(), now = 1000 }
    world:expect(play(world, { { "198.51.99.1" } }), "x1 300 A 198.51.99.1", told)
    told.now = 9000
    world:expect(play(world, { { "127.0.0.1" } }), "x1 300 A 198.51.99.1", told)
  end)

  statement("A-43", "what the policy allows is accepted", function(world)
    local body = play(world, { { "10.1.2.3" }, { "10.2.0.0" }, { "fd00::1" }, { "192.168.0.1" } })
    world:expect(body, "x1 300 A 10.1.2.3\nx3 300 AAAA fd00::1", options(world, { "10.1.0.0/16", "fd00::/8" }))
    world:expect(play(world, { { "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1" }, { "10.0.0.1" } }), [[
      x1 300 A 192.0.2.1
      x1 300 A 198.51.100.1
      x1 300 A 203.0.113.1
      x1 300 AAAA 2001:db8::1]], options(world))
  end)

  statement("A-43", "addresses of the zone and of the redirector are the owner's", function(world)
    world:expect("x ALIAS y\ny A 10.0.0.1\nu URL https://example.org/",
      "x 3600 A 10.0.0.1\ny 3600 A 10.0.0.1\nu 3600 A 10.0.0.2", { redirect = { "10.0.0.2" } })
  end)

  statement("A-45", "an empty answer counts when enough name servers give it", function(world)
    local function run(test, reaction, agree)
      world.faults:play { ["v4.example.net. AAAA"] = reaction }
      local told = { servers = { world.nsd, world.faults }, alias = { agree = agree } }
      return test(world, "x ALIAS v4.example.net.", test == world.refused and "x.example.com." or "x 300 A 198.51.99.4",
        told)
    end
    run(world.expect, {}, 2)
    run(world.refused, { rcode = "SERVFAIL" }, 2)
    run(world.refused, { rcode = "NXDOMAIN" }, 2)
    run(world.expect, { rcode = "SERVFAIL" }, 1)
    run(world.refused, { rcode = "SERVFAIL" }, nil) -- of two, two by default
  end)
end
