--- lookups: what an answer means, and what is done where a name server gives none.
local assert = require "luassert"

local GOOD <const> = { answer = { "h.faults.net. 300 A 198.51.99.1" } }
local WANTED <const> = "x 300 A 198.51.99.1"

-- A name whose A is answered as the reaction says and that has no AAAA.
local function play(world, reaction)
  world.faults:play { ["h.faults.net. A"] = reaction, ["h.faults.net. AAAA"] = {} }
end

local function published(world, options)
  options.servers = options.servers or { world.faults }
  world:expect("x ALIAS h.faults.net.", WANTED, options)
end

local function failed(world, options)
  options = options or {}
  options.servers = options.servers or { world.faults }
  world:refused("x ALIAS h.faults.net.", "x.example.com.", options)
end

return function(statement)
  statement("A-31", "addresses count at the name and at the end of its chain", function(world)
    play(world, { answer = {
      "h.faults.net. 300 CNAME i.faults.net.",
      "i.faults.net. 300 A 198.51.99.1",
      "h.faults.net. 300 A 198.51.99.66", -- beside a CNAME
      "other.faults.net. 300 A 198.51.99.67",
      "i.faults.net. 300 AAAA 2001:db9::66",
    }, authority = { "i.faults.net. 300 A 198.51.99.68" } })
    published(world, {})
    play(world, { answer = { "other.faults.net. 300 A 198.51.99.67" } })
    failed(world)
  end)

  statement("A-32", "nodata of one family means nothing for the other", function(world)
    play(world, GOOD)
    published(world, {})
    world:expect("x ALIAS v6.example.net.", "x 300 AAAA 2001:db9::6")
  end)

  statement("A-33", "nxdomain is also that of the end of a chain", function(world)
    world:refused("x ALIAS none.example.net.", "x.example.com.")
    world:refused("x ALIAS nowhere.example.net.", "x.example.com.")
    play(world, { rcode = "NXDOMAIN", answer = { "h.faults.net. 300 CNAME none.faults.net." } })
    failed(world)
  end)

  for _, rcode in ipairs { "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "NOTAUTH" } do
    statement("A-34", rcode .. " makes the next server be asked", function(world)
      play(world, { rcode = rcode })
      failed(world)
      world:expect("x ALIAS host.example.org.", "x 400 A 198.51.99.9\nx 400 AAAA 2001:db9::9",
        { servers = { world.nsd, world.faults, world.knot } })
    end)
  end

  statement("A-35", "so do a referral and what cannot be read", function(world)
    for _, reaction in ipairs {
      { lame = true, authority = { "org. 300 NS ns.example.net." } },
      { lame = true, authority = { ". 300 NS ns.example.net." } },
      { garbage = ("\0"):rep(40) },
      { garbage = "x" },
    } do
      reaction.only = "udp"
      world.faults:play { ["host.example.org."] = reaction }
      world:expect("x ALIAS host.example.org.", "x 400 A 198.51.99.9\nx 400 AAAA 2001:db9::9",
        { servers = { world.faults, world.knot }, alias = { timeout = 1, tries = 2 } })
    end
    play(world, { lame = true, authority = { "faults.net. 300 NS ns.faults.net." } })
    failed(world)
  end)

  statement("A-36", "so does silence, and each server is tried as often as is said", function(world)
    world.faults:play { ["host.example.org."] = { silent = true } }
    world:expect("x ALIAS host.example.org.", "x 400 A 198.51.99.9\nx 400 AAAA 2001:db9::9",
      { servers = { world.faults, world.knot }, alias = { timeout = 0.5 } })
    world.faults:play { ["h.faults.net."] = { silent = true } }
    failed(world, { alias = { timeout = 0.1, tries = 2 } })
    assert.equal(4, world:asked "h.faults.net.") -- twice for A, twice for AAAA
  end)

  statement("A-37", "a truncated answer is asked for by TCP, and nothing in it is used", function(world)
    local truncated = { only = "udp", truncated = true, answer = { "h.faults.net. 300 A 198.51.99.66" } }
    play(world, { truncated, { only = "tcp", answer = GOOD.answer } })
    published(world, {})
    play(world, { truncated, { only = "tcp", cut = true, answer = GOOD.answer } })
    failed(world, { alias = { timeout = 0.3, tries = 1 } })
    play(world, { truncated, { only = "tcp", silent = true } })
    failed(world, { alias = { timeout = 0.3, tries = 1 } })
    play(world, { truncated, { only = "tcp", truncated = true, answer = GOOD.answer } })
    failed(world)
  end)

  statement("A-38", "what does not fit the question is dropped, and the answer after it counts", function(world)
    for _, forgery in ipairs {
      { wrong_id = true },
      { question = "i.faults.net." },
      { forged = "port" },
      { forged = "address" },
    } do
      forgery.answer = { "h.faults.net. 300 A 198.51.99.66" }
      play(world, { forgery, { delay = 0.05, answer = GOOD.answer } })
      published(world, {})
      play(world, { forgery })
      failed(world, { alias = { timeout = 0.2, tries = 1 } })
    end
  end)

  statement("A-39", "what comes too late is dropped", function(world)
    play(world, { delay = 0.6, answer = { "h.faults.net. 300 A 198.51.99.66" } })
    failed(world, { alias = { timeout = 0.1, tries = 1 } })
  end)

  statement("A-40", "a failure uses nothing of the answer", function(world)
    play(world, { rcode = "SERVFAIL", answer = GOOD.answer })
    failed(world)
    world:refused("x ALIAS toomany.example.net.", "x.example.com.")
  end)

  statement("A-41", "more than 100 addresses are a failure, thousands of them too", function(world)
    world:refused("x ALIAS toomany.example.net.", "x.example.com.")
    local answer = {}
    for i = 1, 2000 do
      answer[i] = ("h.faults.net. 300 A 198.51.%d.%d"):format(i // 250, i % 250)
    end
    play(world, { { only = "udp", truncated = true }, { only = "tcp", answer = answer } })
    failed(world)
  end)

  statement("A-44", "questions ask for recursion and leave validation to the resolver", function(world)
    play(world, GOOD)
    published(world, {})
    local questions = world.faults:questions()
    assert.equal(2, #questions)
    for _, line in ipairs(questions) do
      assert.matches(" rd=1 cd=0 edns=%d+ ", line)
    end
    play(world, { rcode = "SERVFAIL" }) -- what a validating resolver says of bogus data
    failed(world)
  end)
end
