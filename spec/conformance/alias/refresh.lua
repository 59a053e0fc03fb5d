--- refresh: when a target is looked up again, and what is done with one that never resolved.
local assert = require "luassert"

local function reaction(ttl, ...)
  local answer = {}
  for i, address in ipairs { ... } do
    answer[i] = ("h.faults.net. %d A %s"):format(ttl, address)
  end
  return { answer = answer }
end

local NOTHING <const> = { authority = { "faults.net. 200 SOA ns.faults.net. h.faults.net. 1 2 3 4 200" } }
local BAD <const> = { rcode = "SERVFAIL" }

-- Runs at these times and says at which of them A was asked for.
local function asked_at(world, options, a, times)
  local asked = {}
  for _, now in ipairs(times) do
    world.faults:play { ["h.faults.net. A"] = a, ["h.faults.net. AAAA"] = reaction(86400) }
    options.now = now
    world:run("x ALIAS h.faults.net.", options)
    for _, line in ipairs(world.faults:questions()) do
      if line:find(" h.faults.net. A ", 1, true) then
        asked[#asked + 1] = now
      end
    end
  end
  return asked
end

local function new(world, alias)
  return { servers = { world.faults }, answers = world:memory(), alias = alias }
end

return function(statement)
  statement("A-62", "after the TTL, within bounds, up to a tenth later", function(world)
    local address = reaction(300, "198.51.99.1")
    assert.same({ 1000, 1331 }, asked_at(world, new(world), address, { 1000, 1299, 1331 }))
    address = reaction(5, "198.51.99.1")
    assert.same({ 1000, 1067 }, asked_at(world, new(world), address, { 1000, 1059, 1067 }))
    address = reaction(9000, "198.51.99.1")
    assert.same({ 1000, 1111 }, asked_at(world, new(world, { max_ttl = 100 }), address, { 1000, 1099, 1111 }))
  end)

  statement("A-63", "after a failure soon, then later and later", function(world)
    local options = new(world, { tries = 1 })
    asked_at(world, options, reaction(60, "198.51.99.1"), { 1000 })
    assert.same({ 2000, 2006, 2017, 2040 }, asked_at(world, options, BAD, { 2000, 2004, 2006, 2014, 2017, 2034, 2040 }))
    local times = {}
    for i = 1, 10 do
      times[i] = 3000 + 400 * i
    end
    assert.same(times, asked_at(world, options, BAD, times))
    assert.same({ 9001 }, asked_at(world, options, BAD, { 9001, 9260 }))
  end)

  statement("A-64", "after an empty answer by the negative TTL", function(world)
    local options = new(world)
    asked_at(world, options, reaction(60, "198.51.99.1"), { 1000 })
    assert.same({ 2000, 2221 }, asked_at(world, options, NOTHING, { 2000, 2199, 2221 }))
  end)

  statement("A-65", "rotation and counting down change nothing", function(world)
    local options = new(world)
    local function published(now, a)
      world.faults:play { ["h.faults.net. A"] = a, ["h.faults.net. AAAA"] = reaction(86400) }
      options.now = now
      return (select(3, world:published("x ALIAS h.faults.net.", options)))
    end
    local first = published(1000, reaction(300, "198.51.99.1", "198.51.99.2"))
    assert.equal(first, published(2000, reaction(300, "198.51.99.2", "198.51.99.1")))
    assert.equal(first, published(3000, reaction(120, "198.51.99.1", "198.51.99.2")))
    assert.equal(first, published(4000, reaction(300, "198.51.99.2", "198.51.99.1")))
  end)

  statement("A-66", "a target that never resolved refuses the zone", function(world)
    world:refused("x ALIAS none.example.net.\ny A 198.51.99.1", "x.example.com.")
  end)

  statement("A-67", "or is left out", function(world)
    local body = "x ALIAS none.example.net.\nx ALIAS v4.example.net.\nx MX 1 y\ny ALIAS none.example.net."
    local messages = world:expect(body,
      "x 300 A 198.51.99.4\nx 3600 MX 1 y.example.com.", { alias = { on_unresolved = "omit" } })
    assert.matches("x.example.com.", messages, 1, true)
    assert.matches("y.example.com.", messages, 1, true)
  end)
end
