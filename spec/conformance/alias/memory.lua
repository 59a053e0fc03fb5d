--- memory: what is remembered of a target, and what is published while it changes. The clock is that of the test.
local assert = require "luassert"

local A <const> = "h.faults.net. 300 A 198.51.99.1"
local AAAA <const> = "h.faults.net. 300 AAAA 2001:db9::1"
local NODATA <const> = { authority = { "faults.net. 300 SOA ns.faults.net. h.faults.net. 1 2 3 4 300" } }
local NXDOMAIN <const> = { rcode = "NXDOMAIN", authority = NODATA.authority }
local BAD <const> = { rcode = "SERVFAIL" }
local BOTH <const> = "x 300 A 198.51.99.1\nx 300 AAAA 2001:db9::1"

-- A target over time: `at` sets the clock and what the name server says from then on.
local Story = {}
Story.__index = Story

local function story(world, alias)
  local options = { servers = { world.faults }, answers = world:memory(), alias = alias }
  return setmetatable({ world = world, options = options }, Story)
end

function Story:at(now, a, aaaa)
  self.world.faults:play { ["h.faults.net. A"] = a, ["h.faults.net. AAAA"] = aaaa }
  self.options.now = now
  return self
end

function Story:publishes(wanted)
  return self.world:expect("x ALIAS h.faults.net.\nx MX 1 x", wanted .. "\nx 3600 MX 1 x.example.com.", self.options)
end

function Story:refuses()
  return self.world:refused("x ALIAS h.faults.net.\nx MX 1 x", "x.example.com.", self.options)
end

function Story:asks()
  return self.world:asked "h.faults.net."
end

local function begin(world, alias)
  local told = story(world, alias):at(1000, { answer = { A } }, { answer = { AAAA } })
  told:publishes(BOTH)
  return told
end

return function(statement)
  statement("A-50", "what is not yet due is not looked up again", function(world)
    local told = begin(world)
    told:at(1200, { answer = { A } }, { answer = { AAAA } }):publishes(BOTH)
    assert.equal(0, told:asks())
  end)

  statement("A-51", "addresses replace those that are remembered", function(world)
    begin(world):at(2000, { answer = { "h.faults.net. 200 A 198.51.99.7" } }, { answer = { AAAA } })
      :publishes "x 200 A 198.51.99.7\nx 300 AAAA 2001:db9::1"
  end)

  statement("A-52", "a failure keeps them, with a warning that says why", function(world)
    local told = begin(world)
    for i, reaction in ipairs { BAD, { rcode = "REFUSED" }, { answer = { "h.faults.net. 1 CNAME h.faults.net." } } } do
      local messages = told:at(2000 + 1000 * i, reaction, reaction):publishes(BOTH)
      for _, word in ipairs { "x.example.com.", "h.faults.net.", "1970-01-01T00:16:40Z" } do
        assert.truthy(messages:find(word, 1, true), word .. " is not in " .. messages)
      end
    end
    told.options.alias = { timeout = 0.1, tries = 1 }
    told:at(90000000, { silent = true }, { silent = true }):publishes(BOTH)
  end)

  statement("A-53", "an empty answer keeps them", function(world)
    local told = begin(world, { on_dangling = "remove" })
    told:at(2000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(2001, NXDOMAIN, NXDOMAIN):publishes(BOTH)
  end)

  statement("A-54", "it takes enough empty answers, and enough time", function(world)
    local told = begin(world, { on_dangling = "remove" })
    for now = 2000, 4000, 1000 do
      told:at(now, NXDOMAIN, NXDOMAIN):publishes(now < 4000 and BOTH or "")
    end
    told = begin(world, { on_dangling = "remove", confirm = 1 })
    told:at(2000, NXDOMAIN, NXDOMAIN):publishes ""
    -- Three answers in less than twice 300 s are too soon.
    told = begin(world, { on_dangling = "remove", min_ttl = 1 })
    local soon = { rcode = "NXDOMAIN", authority = { "faults.net. 5 SOA ns.faults.net. h.faults.net. 1 2 3 4 5" } }
    for now = 2000, 2500, 100 do
      told:at(now, soon, soon):publishes(BOTH)
    end
    told:at(2600, soon, soon):publishes ""
  end)

  statement("A-55", "failures between empty answers do not count, addresses begin anew", function(world)
    local told = begin(world, { on_dangling = "remove" })
    told:at(2000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(3000, BAD, BAD):publishes(BOTH)
    told:at(4000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(5000, BAD, BAD):publishes(BOTH)
    told:at(6000, NXDOMAIN, NXDOMAIN):publishes ""
    told = begin(world, { on_dangling = "remove" })
    told:at(2000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(3000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(4000, { answer = { A } }, { answer = { AAAA } }):publishes(BOTH)
    told:at(5000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(6000, NXDOMAIN, NXDOMAIN):publishes(BOTH)
    told:at(7000, NXDOMAIN, NXDOMAIN):publishes ""
  end)

  statement("A-56", "a dangling target keeps its addresses", function(world)
    local told = begin(world)
    for now = 2000, 9000, 1000 do
      local messages = told:at(now, NXDOMAIN, NODATA):publishes(BOTH)
      assert.matches("x.example.com.", messages, 1, true)
    end
  end)

  statement("A-57", "or loses them, and the owner keeps the rest", function(world)
    local told = begin(world, { on_dangling = "remove", confirm = 1 })
    local messages = told:at(2000, NXDOMAIN, NXDOMAIN):publishes ""
    assert.matches("x.example.com.", messages, 1, true)
  end)

  statement("A-58", "one that has addresses again is fresh at once", function(world)
    local told = begin(world, { on_dangling = "remove", confirm = 1 })
    told:at(2000, NXDOMAIN, NXDOMAIN):publishes ""
    told:at(3000, { answer = { A } }, { answer = { AAAA } }):publishes(BOTH)
    told:at(4000, BAD, BAD):publishes(BOTH)
  end)

  statement("A-59", "a family that never was there is accepted as missing at once", function(world)
    story(world):at(1000, { answer = { A } }, NODATA):publishes "x 300 A 198.51.99.1"
  end)

  statement("A-60", "a family that the target gives up is removed once confirmed", function(world)
    for _, policy in ipairs { "keep", "remove" } do
      local told = begin(world, { on_dangling = policy })
      for now = 2000, 4000, 1000 do
        told:at(now, { answer = { A } }, NODATA):publishes(now < 4000 and BOTH or "x 300 A 198.51.99.1")
      end
    end
  end)

  statement("A-61", "what is older than max_stale is unresolved", function(world)
    local told = begin(world, { max_stale = 3600 })
    told:at(4000, BAD, BAD):publishes(BOTH)
    told:at(4700, BAD, BAD):refuses()
    told:at(9000, { answer = { A } }, { answer = { AAAA } }):publishes(BOTH)
    told = begin(world)
    told:at(90000000, BAD, BAD):publishes(BOTH)
  end)
end
