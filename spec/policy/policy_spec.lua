local policy = require "understudy.policy"

local function parse(text)
  return policy.parse(text, "conf/policy.lua")
end

local function refusal(text)
  local made, err = parse(text)
  assert.is_nil(made)
  assert.equal("policy", err.code)
  return tostring(err)
end

local COMPLETE <const> = [[
return policy {
  state    = "state",
  listen   = "127.0.0.1:5300",
  resolver = { "127.0.0.1:5301" },
  source   = source.file "zones/%s.zone",
  targets  = { target.secondary "ns-b" { transfer = "192.0.2.0/24", notify = "127.0.0.1:5302" } },
  zones    = { "Example.com", zone "example.net" { source = source.file "/srv/net.zone" } },
  alias    = { min_ttl = "1m", max_ttl = "1d", confirm = 5, on_dangling = "remove" },
  pool     = "first",
  redirect = { "192.0.2.80", "2001:db8::80" },
  retry    = backoff { first = "2s", factor = 3, max = "5m", jitter = 0 },
  refresh  = "1h30m",
  guard    = { max_removed = "20%" },
}]]

describe("a policy", function()
  it("becomes zones with their source and targets, and settings in seconds", function()
    local made = assert(parse(COMPLETE))
    assert.equal("conf/state", made.state)
    assert.same({ address = "127.0.0.1", port = 5300, text = "127.0.0.1:5300" }, made.listen[1])
    assert.equal(5301, made.resolver[1].port)
    assert.equal("example.com.", made.zones[1].name)
    assert.equal("conf/zones/example.com.zone", made.zones[1].source:path_of "example.com.")
    assert.equal("/srv/net.zone", made.zones[2].source:path_of "example.net.")
    assert.equal("ns-b", made.zones[1].targets[1].name)
    assert.equal(made.zones[1].targets[1], made.zones[2].targets[1])
    assert.same({
      min_ttl = 60, max_ttl = 86400, on_failure = "keep", confirm = 5, on_dangling = "remove",
      on_unresolved = "hold", ttl = "least", companion = "drop", jitter = 0.1, timeout = 2, tries = 3,
      allow = { "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20" },
    }, made.alias)
    assert.equal("first", made.pool)
    assert.same({ "192.0.2.80", "2001:db8::80" }, made.redirect)
    assert.equal(5400, made.refresh)
    assert.equal(0.2, made.guard.max_removed)
    assert.equal(18, made.retry:next(3, nil, { elapsed = 0 }, { random = math.random }))
  end)

  it("takes a redirector by its addresses or by its host", function()
    local function redirector(written)
      return assert(parse(([[
        return policy {
          source = source.file "%%s.zone", zones = { "example.com" }, redirect = %s,
          targets = { target.secondary "b" { transfer = "::1", notify = "::1" } },
        }]]):format(written))).redirect
    end
    assert.same({ "192.0.2.80" }, redirector '"192.0.2.80"')
    assert.equal("r.example.net.", redirector '"R.example.net"')
    assert.matches("redirect: \"192.0.2.800\" is neither an address nor the name of a host",
      refusal 'return policy { redirect = "192.0.2.800" }', 1, true)
  end)

  it("tells targets and sources how they are limited, and shares an account", function()
    local made = assert(parse [[
      local acme = account "acme" { rate = "120/m", daily = 5000 }
      return policy {
        soak = "1h", zones = { "example.com", zone "example.net" { source = source.file "other" } },
        source = source.file { path = "%s.zone", at_once = 3, retry = schedule { "1s", "1m" }, account = acme },
        targets = {
          target.secondary "a" { transfer = "::1", notify = "::1", canary = true, account = acme },
          target.update "b" { server = "::1", account = acme, at_once = 1, breaker = 2, retry = backoff { first = 9 } },
        },
      }]])
    local a, b = table.unpack(made.zones[1].targets)
    assert.equal(3600, made.soak)
    assert.same({ name = "acme", rate = 2, burst = 2, daily = 5000 }, a.account)
    assert.equal(a.account, b.account)
    assert.equal(a.account, made.zones[1].source.account)
    assert.is_nil(made.zones[2].source.account)
    assert.same({ true, 1, 2, 9 }, { a.canary, b.at_once, b.breaker, b.retry.first })
    assert.same({ 3, { 1, 60 } }, { made.zones[1].source.at_once, made.zones[1].source.retry.delays })
    assert.equal(64, made.zones[2].source.at_once)
  end)

  it("refuses limits that make no sense, with their places", function()
    local text = refusal [[
local one, two = account "acme" { rate = "5/w" }, account "acme" { daily = 0 }
return policy {
  source = source.file { path = "%s.zone", canary = true, account = "acme" },
  targets = {
    target.secondary "a" { transfer = "::1", notify = "::1", canary = "yes", account = one },
    target.secondary "b" { transfer = "::1", notify = "::1", at_once = 0, account = two },
    target.secondary "c" { transfer = "::1", notify = "::1", breaker = 1.5, account = "acme" },
  },
  soak = "later",
  zones = { "example.com" },
}]]
    for _, line in ipairs {
      'conf/policy.lua:1: targets[1].account.rate: "5/w" is not a rate such as "10/s" or "2400/h"',
      'conf/policy.lua:1: targets[2].account: two accounts are named "acme"',
      "conf/policy.lua:3: source.canary: unknown option 'canary'",
      'conf/policy.lua:3: source.account: "acme" is not an account: write account "name" { daily = 5000 }',
      'conf/policy.lua:5: targets[1].canary: "yes" is neither true nor false',
      "conf/policy.lua:6: targets[2].at_once: 0 is not between 1 and 1000",
      "conf/policy.lua:7: targets[3].breaker: 1.5 is not a whole number",
      'conf/policy.lua:7: targets[3].account: "acme" is not an account: write account "name" { daily = 5000 }',
      'conf/policy.lua:9: soak: "later" is not a duration',
    } do
      assert.truthy(text:find(line, 1, true), line .. "\nis not in\n" .. text)
    end
  end)

  it("has defaults that are safe", function()
    local made = assert(parse [[
      return policy {
        source = source.file "%s.zone", zones = { "example.com" },
        targets = { target.secondary "b" { transfer = "::1", notify = "::1" } },
      }]])
    assert.equal("127.0.0.1", made.listen[1].address)
    assert.is_nil(made.resolver)
    assert.equal("keep", made.alias.on_dangling)
    assert.equal("hold", made.alias.on_unresolved)
    assert.equal(0.5, made.guard.max_removed)
    assert.equal(53, made.zones[1].targets[1].notify[1].port)
  end)

  it("is refused with all its faults at once, each with its line", function()
    local text = refusal [[
return policy {
  listen = "127.0.0.1:x",
  targts = {},
  source = source.file { path = "%d" },
  targets = {
    target.secondary "a" { transfer = "x", key = key "nope.key" },
    target.secondary "b",
  },
  zones = { "exa mple.com", 5, zone "b.com" { sorce = 1 } },
  alias = { min_ttl = "1x",
    confirm = 0 },
  retry = backoff { first = "0s" },
  pool = "flaten",
}]]
    for _, line in ipairs {
      'conf/policy.lua:2: listen: "127.0.0.1:x" is not an address with a port',
      "conf/policy.lua:3: targts: unknown option 'targts', did you mean 'targets'?",
      "conf/policy.lua:6: targets[1]: the option 'notify' is missing",
      "conf/policy.lua:9: zones[2]: 5 is not a zone: write zone \"name\" { … }",
      "conf/policy.lua:9: zones[3].sorce: unknown option 'sorce', did you mean 'source'?",
      "conf/policy.lua:11: alias.confirm: 0 is not between 1 and 1000",
      'conf/policy.lua:12: retry.first: "0s" is less than 10ms',
      "conf/policy.lua:13: pool: unknown value 'flaten', did you mean 'flatten'?",
    } do
      assert.truthy(text:find(line, 1, true), line .. "\nis not in\n" .. text)
    end
    assert.truthy(text:find("conf/policy.lua:6: targets[1].key: conf/nope.key", 1, true), text)
    assert.truthy(text:find("targets[2]: a target without its options", 1, true), text)
  end)

  for what, case in pairs {
    ["a zone that stands there twice"] = {
      'return policy { zones = { "a.com", "A.com." }, source = source.file "x", targets = {' ..
      'target.secondary "b" { transfer = "::1", notify = "::1" } } }', "stands here twice" },
    ["two targets of one name"] = {
      'local t = target.secondary "b"\nlocal o = { transfer = "::1", notify = "::1" }\n' ..
      'return policy { zones = { "a.com" }, source = source.file "x", targets = { t(o), t(o) } }',
      'two targets named "b"' },
    ["a zone without a source"] = {
      'return policy { zones = { "a.com" } }', "the zone a.com. has no source" },
    ["bounds in the wrong order"] = {
      'return policy { zones = { "a.com" }, alias = { min_ttl = "2m", max_ttl = "1m" } }', "alias: min_ttl is more" },
    ["more resolvers that must agree than there are"] = {
      'return policy { resolver = "::1", zones = { "a.com" }, alias = { agree = 2 } }', "alias.agree: 2 must agree" },
    ["a range that is none"] = {
      'return policy { zones = { "a.com" }, alias = { allow = { "10/8" } } }', 'alias.allow[1]: "10/8" is' },
    ["an assignment to a global"] = { "x = 1", "policy.lua:1: 'x' would be a global: write local x" },
    ["a misspelt constructor"] = { "return polcy {}", "did you mean 'policy'?" },
    ["a misspelt source"] = { 'return policy { source = source.fil "x" }', "did you mean 'file'?" },
    ["the operating system"] = { "\nos.exit()", "policy.lua:2: unknown name 'os'" },
    ["the loading of code"] = { "require 'os'", "unknown name 'require'" },
    ["a change of a library"] = { "string.format = nil", "string.format can't be changed" },
    ["an endless loop"] = { "while true do end", "does not come to an end" },
    ["a syntax error"] = { "return {{\n", "policy.lua:2: " },
    ["something else than a policy"] = { "return {}", "return policy { … }" },
    ["nothing at all"] = { "", "return policy { … }" },
    ["bytecode"] = { string.dump(function() end), "binary" },
  } do
    it("refuses " .. what, function()
      local text = refusal(case[1])
      assert.truthy(text:find(case[2], 1, true), text)
    end)
  end

  for written, address in pairs {
    ["[2001:DB8:0:0:0:0:0:1]:53"] = "2001:db8::1", ["::"] = "::", ["::1"] = "::1", ["1::"] = "1::",
    ["1:0:0:2:0:0:0:3"] = "1:0:0:2::3", ["1:2:3:4:5:6:7:8"] = "1:2:3:4:5:6:7:8",
    ["1:0:3:4:5:6:7:8"] = "1:0:3:4:5:6:7:8", ["192.0.2.1"] = "192.0.2.1",
  } do
    it("takes the address " .. written .. " in the form that the system prints", function()
      local made = assert(parse(('return policy { zones = { "a.com" }, source = source.file "x", targets = {' ..
        'target.secondary "b" { transfer = "::1", notify = %q } } }'):format(written)))
      assert.equal(address, made.zones[1].targets[1].notify[1].address)
      assert.equal(53, made.zones[1].targets[1].notify[1].port)
    end)
  end

  it("can decide on retries by a function", function()
    local made = assert(parse [[
      return policy {
        source = source.file "x", zones = { "example.com" },
        targets = { target.secondary "b" { transfer = "::1", notify = "::1" } },
        retry = function(attempt) if attempt < 3 then return attempt * 10 end return nil, "enough" end,
      }]])
    local context, host = { zone = "example.com.", elapsed = 0 }, { random = math.random }
    assert.equal(20, made.retry:next(2, nil, context, host))
    assert.same({ nil, "enough" }, { made.retry:next(3, nil, context, host) })
  end)
end)

describe("the name of a zone", function()
  it("is lower case with a final dot", function()
    assert.equal("xn--bcher-kva.example.", policy.zone_name "XN--Bcher-KVA.example")
    assert.equal("_tcp.example.com.", policy.zone_name "_tcp.example.com.")
  end)

  it("can be any that needs no escapes, as RFC 2317 has them", function()
    for _, name in ipairs { "0/26.2.0.192.in-addr.arpa.", "0-26.2.0.192.in-addr.arpa.", "a.-b.com.", "*.example.",
      "%2f.example.", "it's.example.", "a&b|c`d`{e}~#?!.example.", "/etc/passwd.", ("a."):rep(127) } do
      assert.equal(name, policy.zone_name(name:upper()))
    end
    assert.equal("ab.example.", policy.zone_name "\\097b.example")
  end)

  for _, name in ipairs { "", ".", "@", "a..b", ".a", "a b", "bücher.example", "-a.com", "..", "../etc",
    "../../etc/passwd", "a/../../b", "a/..", "a\0b.com", "a\nb.com", "a\\000b.com", "a\\.b.com", "a\\032b.com",
    'a"b.com', "a;b.com", "$(x).com", "\\..\\..", "\\", "a\\", ("a"):rep(64) .. ".com",
    ("a."):rep(127) .. "com", false, 7, {} } do
    it(("is not %s"):format(type(name) == "string" and ("%q"):format(name) or type(name)), function()
      local found, problem = policy.zone_name(name)
      assert.is_nil(found)
      assert.matches("is not the name of a zone$", problem)
    end)
  end

  it("leads to no other folder as the name of a file", function()
    local file_of = require("understudy.policy.zone_name").file
    assert.equal("example.com", file_of "example.com.")
    assert.equal("0%2F26.2.0.192.in-addr.arpa", file_of "0/26.2.0.192.in-addr.arpa.")
    assert.equal("%252f.example", file_of "%2f.example.")
    assert.equal("%2Fetc%2Fpasswd", file_of "/etc/passwd.")
  end)
end)
