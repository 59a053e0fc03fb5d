-- Flattening and the memory of answers, as Lua sees them.
local understudy = require "understudy"
local core = require "understudy.core"

local HEAD <const> = [[
$TTL 3600
@ SOA ns1.example.net. hostmaster 1 7200 3600 1209600 300
@ NS ns1.example.net.
]]

local function parse(body)
  return assert(understudy.parse { text = HEAD .. body, origin = "example.com.", name = "zone" })
end

local function learn(answers, target, v4, v6, now)
  for type, addresses in pairs { A = v4, AAAA = v6 } do
    answers:learn({
      target = target,
      type = type,
      outcome = #addresses > 0 and "addresses" or "nodata",
      ttl = 300,
      addresses = addresses,
    }, now or 1000)
  end
  return answers
end

describe("flatten", function()
  it("gives a zone that a secondary can serve", function()
    local answers = learn(core.answers {}, "host.example.net.", { "192.0.2.2", "192.0.2.1" }, { "2001:db8::1" })
    local flat, report = parse("@ ALIAS host.example.net.\nold URL https://example.net/\n"):flatten {
      answers = answers,
      redirect = { "192.0.2.80", "2001:db8::80" },
    }
    assert(flat, report)
    assert.equal(0, #report)
    assert.equal("192.0.2.1", flat:lookup("@", "A")[1])
    assert.equal("192.0.2.2", flat:lookup("@", "A")[2])
    assert.equal(300, flat:lookup("@", "A").ttl)
    assert.equal("2001:db8::80", flat:lookup("old", "AAAA")[1])
    assert.is_nil(flat:lookup("@", "ALIAS"))
    assert.equal(1, flat.serial)
  end)

  it("points to the line of the record that an address comes from", function()
    local answers = learn(core.answers {}, "host.example.net.", { "192.0.2.1" }, {})
    local flat = assert(parse("www ALIAS host.example.net.\n"):flatten { answers = answers })
    local file, line = flat:lookup("www", "A"):place(1)
    assert.equal("zone", file)
    assert.equal(4, line)
  end)

  it("gives back a zone that needs nothing", function()
    local zone = parse "www A 192.0.2.1\n"
    assert.equal(zone, (zone:flatten {}))
  end)

  it("refuses, and names every reason", function()
    local flat, err = parse("a ALIAS a\nb ALIAS host.example.net.\nu URL https://example.net/\n"):flatten {}
    assert.is_nil(flat)
    assert.equal("refused", err.code)
    assert.equal(3, err.report.errors)
    assert.matches("a.example.com. -> a.example.com. is a loop of ALIAS", err.report:text(), 1, true)
    assert.matches("… and 2 more", tostring(err), 1, true)
  end)

  it("leaves out what is unresolved if it may", function()
    local flat, report = parse("b ALIAS host.example.net.\nb MX 1 c\n"):flatten { on_unresolved = "omit" }
    assert(flat, report)
    assert.equal(1, report.warnings)
    assert.is_nil(flat:lookup("b", "A"))
    assert.equal("1 c.example.com.", flat:lookup("b", "MX")[1])
  end)

  it("follows the pool mode", function()
    local zone = parse "p POOL a.example.net.\np POOL b.example.net.\n"
    assert.equal("a.example.net.", assert(zone:flatten { pool = "first" }):lookup("p", "CNAME")[1])
    local rotated = assert(zone:flatten { pool = "rotate", now = 3600 })
    assert.equal("b.example.net.", rotated:lookup("p", "CNAME")[1])
    local _, err = zone:flatten { pool = "reject" }
    assert.equal("refused", err.code)
  end)

  it("lists the names to resolve", function()
    local zone = parse [[
a ALIAS x.example.net.
b ALIAS c
c CNAME x.example.org.
p POOL y.example.net.
p POOL z.example.org.
]]
    assert.same({ "x.example.net.", "y.example.net.", "x.example.org.", "z.example.org." }, zone:targets())
    assert.same({ "x.example.net.", "x.example.org." }, zone:targets { pool = "first" })
    local url = parse "u URL https://example.net/\n"
    assert.same({}, url:targets { redirect = { "192.0.2.80" } })
    assert.same({ "r.example.net." }, url:targets { redirect = "R.example.net" })
  end)

  it("takes the host of a redirector, the TTL rule and what becomes of companions", function()
    local answers = learn(core.answers {}, "r.example.net.", { "192.0.2.80" }, {})
    local zone = parse "u 600 URL https://example.net/\na 9 ALIAS r.example.net.\na TXT \"ALIAS for r.example.net\"\n"
    local flat = assert(zone:flatten { answers = answers, redirect = "r.example.net" })
    assert.equal(300, flat:lookup("u", "A").ttl)
    assert.is_nil(flat:lookup("a", "TXT"))
    flat = assert(zone:flatten { answers = answers, redirect = "r.example.net", ttl = "record", companion = "keep" })
    assert.equal(600, flat:lookup("u", "A").ttl)
    assert.equal('"ALIAS for r.example.net"', flat:lookup("a", "TXT")[1])
  end)

  it("rejects wrong options by name", function()
    local zone = parse ""
    assert.error_matches(function()
      zone:flatten { pools = "first" }
    end, "did you mean 'pool'")
    assert.error_matches(function()
      zone:flatten { redirect = { "example.net" } }
    end, "'example.net' is no address")
    assert.error_matches(function()
      zone:flatten { redirect = "192.0.2.80" }
    end, "an address must stand in a table")
    assert.error_matches(function()
      zone:flatten { answers = {} }
    end, "understudy.Answers expected")
  end)
end)

describe("answers", function()
  it("learn, and tell whether something changed", function()
    local answers = core.answers { min_ttl = 30 }
    local lookup = {
      target = "Host.example.net",
      type = "A",
      outcome = "addresses",
      ttl = 300,
      addresses = { "192.0.2.9", "192.0.2.1" },
      chain = { "x.example.net." },
    }
    local changed, answer = answers:learn(lookup, 1000.5)
    assert.is_true(changed)
    assert.same({
      target = "host.example.net.",
      type = "A",
      state = "fresh",
      last = "addresses",
      ttl = 300,
      addresses = { "192.0.2.1", "192.0.2.9" },
      chain = { "x.example.net." },
      ttl_seen = 1000.5,
      low_ttls = 0,
      last_success = 1000.5,
      last_lookup = 1000.5,
      next_refresh = 1300.5,
      first_empty = 0.0,
      failures = 0,
      empties = 0,
    }, answer)
    changed = answers:learn(lookup, 1300)
    assert.is_false(changed)
    local failure = { target = "host.example.net.", type = "A", outcome = "failure", error = "SERVFAIL" }
    changed, answer = answers:learn(failure, 1600)
    assert.is_false(changed)
    assert.equal("stale", answer.state)
    assert.equal("SERVFAIL", answer.error)
    assert.same({ "192.0.2.1", "192.0.2.9" }, answer.addresses)
    assert.equal(1, #answers)
  end)

  it("can be stored and restored", function()
    local answers = learn(core.answers {}, "host.example.net.", { "192.0.2.1" }, { "2001:db8::1" })
    local copy = core.answers {}
    for answer in answers:each() do
      assert.is_true(copy:restore(answer))
    end
    assert.equal(2, #copy)
    for answer in copy:each() do
      assert.same(answers:get(answer.target, answer.type), answer)
    end
    assert.is_true(copy:forget("HOST.example.net.", "A"))
    assert.is_false(copy:forget("host.example.net.", "A"))
    assert.is_nil(copy:get("host.example.net.", "A"))
    assert.equal(1, #copy)
  end)

  it("reject nonsense", function()
    local answers = core.answers {}
    local function learning(lookup)
      return function()
        answers:learn(lookup, 0)
      end
    end
    assert.error_matches(learning { type = "A", outcome = "nodata" }, "'target' is missing")
    assert.error_matches(learning { target = "h.", type = "MX", outcome = "nodata" }, "'type' must be one of")
    assert.error_matches(
      learning { target = "h.", type = "A", outcome = "addresses", addresses = { "2001:db8::1" } },
      "'2001:db8::1' is no IPv4 address"
    )
    assert.error_matches(learning { target = "h.", type = "A", outcome = "addresses" }, "do not fit")
    assert.error_matches(function()
      core.answers { on_dangling = "drop" }
    end, "'on_dangling' must be one of")
  end)
end)
