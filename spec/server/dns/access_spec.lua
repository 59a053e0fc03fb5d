-- Who may transfer which zone: pair by pair of address and key.
local access = require "understudy.server.dns.access"
local answer = require "understudy.server.dns.answer"
local core = require "understudy.core"
local schema = require "understudy.schema"
local secondary = require "understudy.target.secondary"
local support = require "spec.support.dns"
local wire = require "spec.support.wire"

local ZONE <const> = support.parse(support.ZONE)
local A <const>, B <const> = support.key { name = "a.example." }, support.key { name = "b.example." }
local C <const> = support.key { name = "c.example.", secret = support.OTHER_SECRET }

local function target(options)
  options.notify = "192.0.2.1"
  local checked, faults = schema.check(secondary.options, options)
  assert.same({}, faults)
  return secondary.new(checked, { name = "t" })
end

-- The rcode and the reason, for the log, that a transfer of example.com. gets.
local function ask(targets, from, key, tls)
  local request = core.request { kind = "transfer", origin = "example.com.", key = key }
  local entry = { zone = ZONE, transfer = access.of_targets(targets) }
  local reply = answer.answer({ octets = request.octets, from = from, tls = tls, now = os.time() }, function()
    return entry
  end)
  if reply.transfer then
    reply.transfer:close()
    return "NOERROR"
  end
  return wire.header(reply.octets).rcode, reply.refused
end

describe("access to a zone", function()
  it("is bound to the key of the address, and to no other target's", function()
    local targets = {
      target { transfer = "192.0.2.1", key = A },
      target { transfer = { "198.51.100.0/24", "2001:db8::/64" }, key = B },
      target { transfer = "203.0.113.1" },
    }
    for _, case in ipairs {
      { "192.0.2.1", A, "NOERROR" },
      { "192.0.2.1", B, "NOTAUTH", "TSIG BADKEY, key b.example." },
      { "192.0.2.1", nil, "REFUSED", "not signed" },
      { "198.51.100.7", B, "NOERROR" },
      { "2001:db8::7", B, "NOERROR" },
      { "198.51.100.7", A, "NOTAUTH", "TSIG BADKEY, key a.example." },
      { "203.0.113.1", nil, "NOERROR" },
      { "203.0.113.1", A, "NOTAUTH", "TSIG BADKEY, key a.example." }, -- RFC 8945 §5.2: a signature is checked
      { "203.0.113.2", nil, "REFUSED", "the address is not allowed" },
      { "203.0.113.2", A, "REFUSED", "the address is not allowed" },
    } do
      local rcode, why = ask(targets, case[1], case[2])
      assert.same({ case[3], case[4] }, { rcode, why }, case[1])
    end
  end)

  it("shows canaries the newest version, and others what is released", function()
    local targets = {
      target { transfer = "192.0.2.1", key = A }, target { transfer = "192.0.2.1", key = B },
      target { transfer = "203.0.113.1" },
    }
    targets[1].canary = true
    local newest, released = ZONE:with_serial(20), ZONE:with_serial(19)
    local function serial_of(entry, from, key)
      local request = core.request { kind = "soa", origin = "example.com.", key = key, now = os.time() }
      entry.transfer = access.of_targets(targets)
      local reply = answer.answer({ octets = request.octets, from = from, udp = true, now = os.time() }, function()
        return entry
      end)
      local response = assert(request:read(reply.octets, os.time()))
      return response.serial or response.rcode
    end
    for key, cases in pairs { [A] = { 20, 20, 20 }, [B] = { 20, 19, "SERVFAIL" }, [false] = { 20, 19, "SERVFAIL" } } do
      local from = key and "192.0.2.1" or "203.0.113.1"
      assert.equal(cases[1], serial_of({ zone = newest }, from, key or nil))
      assert.equal(cases[2], serial_of({ zone = newest, released = released }, from, key or nil))
      assert.equal(cases[3], serial_of({ zone = newest, released = false }, from, key or nil))
    end
  end)

  it("is of each zone alone", function()
    local one, other = { target { transfer = "192.0.2.1", key = A } }, { target { transfer = "192.0.2.1", key = B } }
    assert.equal("NOERROR", ask(one, "192.0.2.1", A))
    assert.equal("NOTAUTH", ask(other, "192.0.2.1", A))
    assert.equal("REFUSED", ask({}, "192.0.2.1", A))
  end)

  it("needs a signature wherever a target with a key is, within another's range too", function()
    local targets = { target { transfer = "192.0.2.0/24" }, target { transfer = "192.0.2.53", key = A } }
    assert.equal("NOERROR", ask(targets, "192.0.2.1"))
    assert.equal("REFUSED", ask(targets, "192.0.2.53"))
    assert.equal("NOERROR", ask(targets, "192.0.2.53", A))
    assert.equal("NOTAUTH", ask(targets, "192.0.2.1", A))
  end)

  it("is told rightly to more addresses than are remembered, each time that they come", function()
    local targets = { target { transfer = "192.0.2.0/26" }, target { transfer = "192.0.2.32/27", key = A } }
    local grants = access.of_targets(targets)
    for _ = 1, 2 do
      for i = 0, 70 do
        local rcode, why = access.forbids(grants, {}, { from = "192.0.2." .. i })
        if i < 32 then
          assert.is_nil(rcode)
          assert.same({ 1, grants[1], false }, { #why, why[1], why.keys })
        else
          assert.same({ "REFUSED", i < 64 and "not signed" or "the address is not allowed" }, { rcode, why })
        end
      end
    end
    local remembered = 0
    for _ in pairs(grants.known) do
      remembered = remembered + 1
    end
    assert.is_true(remembered <= 16)
  end)

  it("takes any key of a target, so that one can follow another", function()
    local targets = { target { transfer = "192.0.2.1", key = { A, C } } }
    assert.equal("NOERROR", ask(targets, "192.0.2.1", A))
    assert.equal("NOERROR", ask(targets, "192.0.2.1", C))
    assert.equal("NOTAUTH", ask(targets, "192.0.2.1", B))
  end)

  it("needs TLS where the target with that key says so", function()
    local targets = {
      target { transfer = "192.0.2.1", key = A, tls = true }, target { transfer = "192.0.2.1", key = B },
    }
    assert.equal("REFUSED", ask(targets, "192.0.2.1", A))
    assert.equal("NOERROR", ask(targets, "192.0.2.1", A, true))
    assert.equal("NOERROR", ask(targets, "192.0.2.1", B))
  end)

  it("is nobody's while there are no targets, and NOTIFY nobody's without a source that has it", function()
    assert.equal("REFUSED", ask({}, "127.0.0.1"))
    assert.is_nil(access.of_source {})
    local grants = access.of_source { notify = { "192.0.2.1" }, key = A }
    assert.same({ A }, grants[1].keys)
    assert.is_true(grants[1].from:match "192.0.2.1")
  end)
end)
