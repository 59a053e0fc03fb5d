-- What is known of providers is well formed, and never lets in more than is sure.
local address = require "understudy.net.address"
local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"
local key = require "understudy.policy.key"
local nsd = require "spec.support.nsd"
local policy = require "understudy.policy"
local preset = require "understudy.preset"

local function target(text)
  return policy.parse(([[return policy { source = source.file "%%s.zone", zones = { "example.com" },
    targets = { target.secondary %s } }]]):format(text), "policy.lua")
end

describe("a preset", function()
  it("has addresses that are addresses, and NOTIFY goes to no range", function()
    local seen, last = {}, ""
    for _, provider in ipairs(preset.all()) do
      assert.is_nil(seen[provider.id])
      assert.is_true(last < provider.id, provider.id .. " is out of order")
      seen[provider.id], last = true, provider.id
      local transfer = {}
      for i, entry in ipairs(preset.transfer(provider)) do
        transfer[i] = entry.address
        assert.is_true(not entry.until_ or entry.until_:find "^%d%d%d%d%-%d%d%-%d%d$" ~= nil)
      end
      assert(address.acl(transfer))
      for _, text in ipairs(provider.notify) do
        assert.truthy(address.octets(text), text)
      end
      for _, list in pairs(provider.hosts or {}) do
        for _, text in ipairs(list) do
          assert.truthy(address.octets(text), text)
        end
      end
      assert.truthy(provider.verified_on:find "^20%d%d", provider.id)
      assert.is_true(#provider.source > 0 and not provider.source:find "%.$", provider.id)
      assert.truthy(not provider.url or provider.url:find "^https://%S+$", provider.id)
      assert.is_true(provider.primary_family == nil or provider.primary_family == "v4", provider.id)
      for _, algorithm in ipairs(provider.algorithms or {}) do
        assert.equal("optional", provider.tsig)
        assert(core.key { name = "k.", algorithm = algorithm, secret = "c2VjcmV0c2VjcmV0c2VjcmV0" }, algorithm)
      end
      assert.truthy(({ confirmed = true, agreed = true, reported = true, unknown = true })[provider.confidence])
      assert.truthy(({ none = true, optional = true, unknown = true })[provider.tsig])
      assert.equal(provider.confidence == "unknown", #provider.transfer == 0, provider.id)
      assert.equal(provider.confidence == "unknown", #provider.notify == 0, provider.id)
      assert.is_true(provider.notify_confidence == nil or provider.notify_confidence == "reported")
    end
  end)

  it("completes a target of its name", function()
    local made = assert(target '"he" {}').zones[1].targets[1]
    assert.same({ "216.218.133.2", "2001:470:600::2" }, made.transfer)
    assert.equal("216.218.130.2:53", made.notify[1].text)
    assert.equal("216.218.130.2:53", made.serve.text)
    made = assert(target '"cloudflare" { serve = "192.0.2.1" }').zones[1].targets[1]
    assert.equal(4, #made.notify)
    assert.equal("192.0.2.1:53", made.serve.text)
  end)

  it("leaves what is written as it is", function()
    local made = assert(target '"he" { transfer = "192.0.2.1", notify = "192.0.2.2:5300" }').zones[1].targets[1]
    assert.same({ "192.0.2.1" }, made.transfer)
    assert.equal("192.0.2.2:5300", made.serve.text)
    local _, err = target '"ns1" { notify = "192.0.2.2:5300" }' -- a server of one's own of that name
    assert.matches("the option 'transfer' is missing", err.message)
  end)

  it("asks where it is not sure", function()
    local _, err = target '"buddyns" {}'
    assert.matches("policy.lua:2: .*what is known of BuddyNS is not confirmed: give transfer and notify", err.message)
    _, err = target '"cloudflare" {}'
    assert.matches("give serve, the address of one of them", err.message)
    assert(target '"buddyns" { transfer = "192.0.2.1", notify = "192.0.2.1" }')
    for _, provider in ipairs(preset.all()) do
      local complete, problem = preset.complete(provider.id, { serve = "192.0.2.1" }, 0)
      local sure = (provider.confidence == "confirmed" or provider.confidence == "agreed")
        and not provider.notify_confidence
      assert.same({ sure, sure, sure }, { problem == nil, complete.transfer ~= nil, preset.is_sure(provider) })
    end
    _, err = target '"ns1" { serve = "192.0.2.1" }' -- it documents where transfers come from, and no more
    assert.matches("where NS1 %(IBM%) takes NOTIFY is not confirmed: give transfer and notify", err.message)
  end)

  it("has its name servers looked for in the zone", function()
    local check = require "understudy.check"
    local function findings(text, ns)
      local setting = assert(policy.parse(text, "policy.lua")).zones[1]
      local zone = assert(core.parse { origin = "example.com", text =
        ("$TTL 3600\n@ SOA ns h 1 14400 3600 1209600 300\n@ NS ns.example.net.\n@ NS %s\n"):format(ns) })
      return check.own(zone, setting.checks)
    end
    local both = [[local he, linode = target.secondary "he" {}, target.secondary "linode" { serve = "192.0.2.9" }
      return policy { source = source.file "%s.zone", targets = { he, linode }, zones = { "example.com" } }]]
    local found = findings(both, "NS4.HE.net.")
    assert.same({ "preset.ns", "warning", "example.com." }, { found[1].id, found[1].severity, found[1].owner })
    assert.matches("^No NS of example%.com%. is of Linode %(Akamai Cloud%) %(ns1%.linode%.com%., ", found[1].message)
    assert.equal("hidden", found[1].options[2].id)
    assert.matches("he.net.*linode", findings(both, "ns.example.org.")[1].message)
    local off = both:gsub("zones =",
      'checks = { adjust { rule = "preset.ns", severity = "off", reason = "hidden" } }, %0')
    assert.equal(0, #findings(off, "ns.example.org."))
    local own = both:gsub('"linode" {', '"linode" { transfer = "192.0.2.1", notify = "192.0.2.1",')
    assert.equal(0, #findings(own, "ns5.he.net."))
  end)

  it("lets in nobody whose day is over", function()
    local before = os.time { year = 2026, month = 11, day = 30, hour = 12 }
    local after = os.time { year = 2026, month = 12, day = 1, hour = 12 }
    assert.equal(7, #preset.complete("cloudflare", { serve = "192.0.2.1" }, before).transfer)
    assert.equal(3, #preset.complete("cloudflare", { serve = "192.0.2.1" }, after).transfer)
  end)

  it("warns of addresses past their date that are let in, and of what nobody has looked up for long", function()
    local before = os.time { year = 2026, month = 11, day = 30, hour = 12 }
    local after = os.time { year = 2026, month = 12, day = 1, hour = 12 }
    local provider = preset.get "cloudflare"
    local running = { name = "cloudflare", provider = provider,
      transfer = preset.complete("cloudflare", { serve = "192.0.2.1" }, before).transfer }
    assert.same({}, preset.notices(running, before))
    local told = preset.notices(running, after)
    assert.equal(4, #told) -- as the daemon was started before that day
    assert.equal("target cloudflare: the policy that is in use lets in 198.41.144.240/28, which Cloudflare Secondary "
      .. "DNS does not use since 2026-12-01: understudy reload takes it out", told[1])
    local written = { name = "cloudflare", transfer = { "198.41.144.240/28", "192.0.2.0/24" } }
    assert.matches("the policy lets in 198.*: take it out$", preset.notices(written, after)[1])
    assert.same({}, preset.notices({ name = "mine", transfer = { "198.41.144.240/28" } }, after))
    local linode = { name = "linode", provider = preset.get "linode", transfer = {} }
    assert.matches("what is known of Linode .* is of 2022%-11%-08", preset.notices(linode, after)[1])
    assert.same({}, preset.notices(linode, os.time { year = 2024, month = 1, day = 1 }))
  end)
end)

describe("understudy preset", function()
  it("lists and shows what is known", function()
    local list = cjson.decode(command.run("preset", "list", "--json").out)
    assert.equal(#preset.all(), #list)
    local result = command.run("preset", "show", "he", "--zone", "example.org", "--primary", "203.0.113.5:5300")
    for _, line in ipairs {
      'target.secondary "he" {}', "zone                    example.org", "server 203.0.113.5", "216.218.133.2",
      "ns2.he.net.", "as of 2026", "port                    5300", "TSIG key                none, or the one of the",
    } do
      assert.truthy(result.out:find(line, 1, true), line)
    end
    assert.is_nil(result.out:find("stands for", 1, true))
    result = command.run("preset", "show", "cloudflare")
    assert.truthy(result.out:find(
      "192.0.2.10 stands for the address of this server: give --primary; example.com stands for the zone", 1, true))
    assert.truthy(result.out:find("198.41.144.240/28 (until 2026-12-01)", 1, true))
    result = command.run("preset", "show", "ultradns")
    assert.truthy(result.out:find('"ultradns" { transfer = { … }, notify = { … }, serve = "…" }', 1, true), result.out)
    assert.truthy(result.out:find("no address is known", 1, true))
    for _, provider in ipairs(preset.all()) do
      assert.equal(0, command.run("preset", "show", provider.id).status)
    end
    result = command.run("preset", "show", "hee")
    assert.equal(2, result.status)
    assert.equal("understudy: unknown provider 'hee', did you mean 'he'?\n", result.err)
  end)

  it("prints word for word what to enter, the key in it", function()
    local folder, remove = command.folder {}
    local path = folder .. "/cf.key"
    command.run("key", "new", "cf", "--out", path)
    local fields = key.fields(assert(key.slurp(path)), path)
    local result = command.run("preset", "show", "cloudflare", "--key", path, "--zone", "a.example", "--zone",
      "b.example", "--primary", "[2001:db8::1]:5300")
    for _, line in ipairs {
      ('target.secondary "cloudflare" { serve = "…", key = key "%s" }'):format(path),
      "zone                    a.example\n  zone                    b.example\n", "server 2001:db8::1\n",
      "TSIG key name           cf\n", "TSIG algorithm          hmac-sha256\n",
      "TSIG secret             " .. fields.secret .. "\n",
    } do
      assert.truthy(result.out:find(line, 1, true), line .. "\n" .. result.out)
    end
    result = command.run("preset", "show", "self-hosted", "--key", path, "--for", "nsd", "--zone", "a.example")
    assert.truthy(result.out:find(('secret: "%s"'):format(fields.secret), 1, true))
    assert.truthy(result.out:find(("key = key %q"):format(path), 1, true))
    for _, case in ipairs {
      { { "easydns", "--primary", "2001:db8::1" }, "reaches primaries by IPv4 only" },
      { { "he", "--for", "nsd" }, "are for 'understudy preset show self-hosted'" },
      { { "he", "--key", folder .. "/none" }, "none: " },
    } do
      result = command.run("preset", "show", table.unpack(case[1]))
      assert.equal(2, result.status)
      assert.truthy(result.err:find(case[2], 1, true), result.err)
    end
    remove()
  end)

  it("prints configuration with a fresh key for one's own secondary", function()
    local keys = {}
    for i = 1, 2 do
      local result = command.run("preset", "show", "self-hosted", "--zone", "example.org", "--primary", "203.0.113.5")
      assert.equal(0, result.status)
      local secret, seen = result.out:match 'secret "([^"]+)"', 0
      for _ in result.out:gmatch(secret:gsub("%p", "%%%0")) do
        seen = seen + 1
      end
      assert.equal(5, seen) -- in our file and in those of four servers
      keys[i] = secret
    end
    assert.are_not.equal(keys[1], keys[2])
  end)

  it("compares host names with what they have now", function()
    local outside <close> = nsd.start { zones = { ["net."] = table.concat({
      "$ORIGIN net.", "$TTL 60", "@ SOA ns h 1 3600 600 86400 60", "@ NS ns", "ns A 192.0.2.1",
      "slave.dns.he A 216.218.133.2", "slave.dns.he AAAA 2001:470:600:0::2", "ns1.he A 192.0.2.77", "",
    }, "\n") } }
    local result = command.run("preset", "check", "he", "--json", "--resolver", outside.server)
    assert.equal(1, result.status)
    local checked = cjson.decode(result.out)
    assert.same({ "ns1.he.net.", "differs", "192.0.2.77" },
      { checked[1].host, checked[1].state, checked[1].found })
    assert.same({ "slave.dns.he.net.", "same" }, { checked[2].host, checked[2].state })
    result = command.run("preset", "check", "linode", "afraid", "--resolver", outside.server)
    assert.equal(0, result.status)
    assert.matches("linode +%- +old +of 2022%-11%-08; compare", result.out)
    assert.matches("afraid +%- +no names +of 2026; compare", result.out)
  end)
end)
