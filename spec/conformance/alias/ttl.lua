--- ttl: the TTL of what is published.
local assert = require "luassert"

-- A target with one address; the function says what is published when it is seen with a TTL at a time.
local function target(world)
  local options = { servers = { world.faults }, answers = world:memory() }
  return function(now, ttl)
    world.faults:play { ["h.faults.net."] = { answer = { ("h.faults.net. %d A 198.51.99.1"):format(ttl) } } }
    options.now = now
    return table.concat(world:published("x ALIAS h.faults.net.", options), "\n")
  end
end

return function(statement)
  statement("A-27", "it is the least on the way", function(world)
    world:expect("x 3600 ALIAS v4.example.net.", "x 300 A 198.51.99.4")
    world:expect("x 200 ALIAS v4.example.net.", "x 200 A 198.51.99.4")
    world:expect("x ALIAS y\ny 150 CNAME v4.example.net.", "x 150 A 198.51.99.4\ny 150 CNAME v4.example.net.")
    world:expect("x ALIAS c2.example.net.", "x 100 A 198.51.99.1\nx 100 A 198.51.99.2\nx 100 AAAA 2001:db9::1")
    world:expect("x ALIAS long.example.net.\nx ALIAS v4.example.net.", "x 300 A 198.51.99.4\nx 300 A 198.51.99.7")
    world:expect("x ALIAS v4.example.net.\nx 250 A 198.51.99.5", "x 250 A 198.51.99.4\nx 250 A 198.51.99.5")
  end)

  statement("A-28", "it is not below min_ttl, unless the owner says so", function(world)
    world:expect("x ALIAS short.example.net.", "x 60 A 198.51.99.5")
    world:expect("x ALIAS short.example.net.", "x 90 A 198.51.99.5", { alias = { min_ttl = 90 } })
    world:expect("x 30 ALIAS short.example.net.", "x 30 A 198.51.99.5")
    world:expect("x ALIAS short.example.net.\nx 20 A 198.51.99.6", "x 20 A 198.51.99.5\nx 20 A 198.51.99.6")
  end)

  statement("A-29", "it is the highest that was seen with these addresses", function(world)
    local at = target(world)
    assert.equal("x 200 A 198.51.99.1", at(1000, 200))
    assert.equal("x 300 A 198.51.99.1", at(2000, 300))
    assert.equal("x 300 A 198.51.99.1", at(3000, 150))
  end)

  statement("A-29", "until it was seen to be lower for long", function(world)
    local at = target(world)
    at(1000, 300)
    for i = 1, 7 do
      assert.equal("x 300 A 198.51.99.1", at(2000 + 200 * i, 100))
    end
    assert.equal("x 100 A 198.51.99.1", at(4000, 100))
    at(5000, 300)
    for i = 1, 20 do -- a cache that counts down shows more than half now and then
      assert.equal("x 300 A 198.51.99.1", at(6000 + 1000 * i, i % 5 == 0 and 200 or 100))
    end
  end)

  statement("A-30", "it can be that of the record", function(world)
    local options = { alias = { ttl = "record" } }
    world:expect("x 3600 ALIAS v4.example.net.", "x 3600 A 198.51.99.4", options)
    world:expect("x 10 ALIAS v4.example.net.", "x 10 A 198.51.99.4", options)
    world:expect("x 900 ALIAS v4.example.net.\nx 250 A 198.51.99.5", "x 250 A 198.51.99.4\nx 250 A 198.51.99.5",
      options)
  end)
end
