-- The resolver against a real NSD, which does not recurse, and against servers that fail.
local core = require "understudy.core"
local loop = require "spec.support.loop"
local net_resolver = require "understudy.net.resolver"
local nsd = require "spec.support.nsd"
local socket = require "cqueues.socket"

local MANY <const> = 2000

local function address(i)
  return ("8.0.%d.%d"):format(i // 256, i % 256)
end

local function zone_text()
  local lines = {
    "$TTL 300",
    "@ SOA ns hostmaster 1 7200 3600 1209600 30",
    "@ NS ns",
    "ns A 127.0.0.1",
    "both A 192.0.2.2",
    "both A 192.0.2.1",
    "both AAAA 2001:db8::1",
    "one 100 CNAME two",
    "two CNAME both",
    "across 90 CNAME host.example.org.",
    "nowhere CNAME missing",
    "elsewhere CNAME host.example.com.",
    "loop CNAME pool",
    "pool CNAME loop",
    "odd\\046name A 192.0.2.5",
    "private A 8.0.0.1",
    "private A 10.1.2.3",
  }
  for i = 1, MANY do
    lines[#lines + 1] = ("h%d A %s"):format(i, address(i))
  end
  for i = 1, 90 do
    lines[#lines + 1] = ("large AAAA 2001:db8::%x"):format(i)
  end
  return table.concat(lines, "\n") .. "\n"
end

local OTHER <const> = [[
$TTL 60
@ SOA ns hostmaster 1 7200 3600 1209600 30
@ NS ns
ns A 127.0.0.1
host A 192.0.2.9
]]

describe("the resolver", function()
  local server, resolver

  setup(function()
    server = nsd.start { zones = { ["example.net."] = zone_text(), ["example.org."] = OTHER } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    resolver = assert(net_resolver.new { servers = { server.server } })
  end)

  after_each(function()
    resolver:close()
  end)

  it("finds both families", function()
    local lookup = resolver:lookup("BOTH.example.net", "A")
    table.sort(lookup.addresses)
    assert.same({
      target = "both.example.net.",
      type = "A",
      outcome = "addresses",
      ttl = 300,
      addresses = { "192.0.2.1", "192.0.2.2" },
      chain = {},
    }, lookup)
    assert.same({ "2001:db8::1" }, resolver:lookup("both.example.net.", "AAAA").addresses)
  end)

  it("follows CNAMEs and says so", function()
    local lookup = resolver:lookup("one.example.net.", "AAAA")
    assert.same({ "two.example.net.", "both.example.net." }, lookup.chain)
    assert.same({ "2001:db8::1" }, lookup.addresses)
    assert.equal(100, lookup.ttl)
  end)

  it("goes on where a server without recursion ends", function()
    local lookup = resolver:lookup("across.example.net.", "A")
    assert.same({ "192.0.2.9" }, lookup.addresses)
    assert.same({ "host.example.org." }, lookup.chain)
    assert.equal(60, lookup.ttl)
    lookup = resolver:lookup("elsewhere.example.net.", "A")
    assert.equal("failure", lookup.outcome)
    assert.equal("REFUSED from " .. server.server, lookup.error)
    assert.equal("refused", lookup.failure)
  end)

  it("tells NXDOMAIN, NODATA and failures apart", function()
    local lookup = resolver:lookup("missing.example.net.", "A")
    assert.equal("nxdomain", lookup.outcome)
    assert.equal(30, lookup.ttl)
    lookup = resolver:lookup("h1.example.net.", "AAAA")
    assert.equal("nodata", lookup.outcome)
    assert.equal(30, lookup.ttl)
    lookup = resolver:lookup("nowhere.example.net.", "A")
    assert.equal("nxdomain", lookup.outcome)
    assert.same({ "missing.example.net." }, lookup.chain)
    lookup = resolver:lookup("host.example.com.", "A")
    assert.equal("failure", lookup.outcome)
    lookup = resolver:lookup("loop.example.net.", "A")
    assert.equal("failure", lookup.outcome)
    assert.matches("loop", lookup.error)
  end)

  it("takes large answers by TCP", function()
    assert.equal(90, #resolver:lookup("large.example.net.", "AAAA").addresses)
  end)

  it("refuses private addresses, those that are allowed aside", function()
    local lookup = resolver:lookup("private.example.net.", "A")
    assert.equal("special", lookup.outcome)
    assert.same({}, lookup.addresses)
    assert.equal("its address 10.1.2.3 is private (RFC 1918), and allow does not name it", lookup.error)
    local open <close> = assert(net_resolver.new { servers = { server.server }, allow = { "10.0.0.0/8", "192.0.2.1" } })
    assert.equal(2, #open:lookup("private.example.net.", "A").addresses)
    assert.equal("special", open:lookup("host.example.org.", "A").outcome)
    assert.error_matches(function()
      net_resolver.new { allow = { "10.0.0.0/33" } }
    end, "'10.0.0.0/33' is no range of addresses")
  end)

  it("takes names with escapes", function()
    loop.run(function()
      local lookup = resolver:lookup("odd\\046NAME.example.net", "A")
      assert.equal("odd\\.name.example.net.", lookup.target)
      assert.same({ "192.0.2.5" }, lookup.addresses)
    end)
  end)

  it("gets 2,000 names right at once, each in its own coroutine", function()
    local good = 0
    loop.run(function(queue)
      for i = 1, MANY do
        queue:wrap(function()
          local lookup = resolver:lookup(("h%d.example.net."):format(i), "A")
          good = good + (lookup.addresses[1] == address(i) and 1 or 0)
        end)
      end
    end)
    assert.equal(MANY, good)
  end)

  it("gets lists right from several coroutines", function()
    local good = 0
    loop.run(function(queue)
      for offset = 0, 3 do
        queue:wrap(function()
          local questions = {}
          for i = 1, MANY // 4 do
            questions[i] = { ("h%d.example.net."):format(i + offset * 100), "A" }
          end
          for i, lookup in ipairs(resolver:lookup_all(questions)) do
            good = good + (lookup.addresses[1] == address(i + offset * 100) and 1 or 0)
          end
        end)
      end
    end)
    assert.equal(MANY, good)
  end)

  it("asks once for equal lookups under way", function()
    loop.run(function(queue)
      local seen = {}
      for _ = 1, 5 do
        queue:wrap(function()
          seen[#seen + 1] = resolver:lookup("both.example.net.", "A")
          for i = 2, #seen do
            assert.equal(seen[1], seen[i])
          end
        end)
      end
    end)
  end)

  it("can be driven by hand", function()
    local raw <close> = assert(core.resolver {
      servers = { server.server }, allow = { "2001:db8::/32" },
    })
    assert.equal("r", raw:events())
    assert.is_true(raw:ask("both.example.net.", "AAAA"))
    assert.equal(1, raw.pending)
    local lookup
    nsd.await("the answer", function()
      assert(raw:process())
      lookup = raw:take()
      return lookup
    end)
    assert.same({ "2001:db8::1" }, lookup.addresses)
    assert.equal(0, raw.pending)
    assert.is_nil(raw:timeout())
  end)
end)

describe("a resolver without good servers", function()
  it("fails when nobody listens, and is well again later", function()
    local zones = { ["example.org."] = OTHER }
    local server = nsd.start { zones = zones }
    local resolver <close> = assert(net_resolver.new { servers = { server.server } })
    assert.equal("addresses", resolver:lookup("host.example.org.", "A").outcome)
    server:stop()
    local lookup = resolver:lookup("host.example.org.", "A")
    assert.equal("failure", lookup.outcome)
    assert.equal("connection refused from " .. server.server, lookup.error)
    local again <close> = nsd.start { zones = zones, port = server.port }
    assert.equal("addresses", resolver:lookup("host.example.org.", "A").outcome)
    again:stop()
  end)

  it("gives up on silence", function()
    local silent = socket.listen { host = "127.0.0.1", port = 0, type = socket.SOCK_DGRAM }
    assert(silent:listen())
    local _, _, port = silent:localname()
    local resolver <close> = assert(net_resolver.new {
      servers = { "127.0.0.1:" .. port },
      timeout = 0.1,
      tries = 2,
    })
    loop.run(function()
      local lookup = resolver:lookup("host.example.org.", "A")
      assert.equal("failure", lookup.outcome)
      assert.equal("timeout after 2 tries", lookup.error)
    end)
    silent:close()
  end)

  it("asks the next server", function()
    local server <close> = nsd.start { zones = { ["example.org."] = OTHER }, address = "::1" }
    local free = nsd.free_port()
    local resolver <close> = assert(net_resolver.new {
      servers = { "127.0.0.1:" .. free, server.server },
    })
    assert.same({ "192.0.2.9" }, resolver:lookup("host.example.org.", "A").addresses)
  end)

  it("ends what is under way when it is closed", function()
    local silent = socket.listen { host = "127.0.0.1", port = 0, type = socket.SOCK_DGRAM }
    assert(silent:listen())
    local _, _, port = silent:localname()
    local resolver = assert(net_resolver.new { servers = { "127.0.0.1:" .. port }, timeout = 60 })
    loop.run(function(queue)
      local begun, ended = 0, 0
      for i = 1, 3 do
        queue:wrap(function()
          begun = begun + 1
          local lookup = resolver:lookup(("h%d.example."):format(i), "A")
          assert.equal("the resolver was closed", lookup.error)
          ended = ended + 1
        end)
      end
      nsd.await("all to ask", function()
        return begun == 3
      end)
      resolver:close()
      resolver:close()
      assert.equal("the resolver is closed", resolver:lookup("h.example.", "A").error)
      nsd.await("all to end", function()
        return ended == 3
      end)
    end)
    silent:close()
  end)

  it("refuses what is no address", function()
    local resolver, err = net_resolver.new { servers = { "127.0.0.1", "localhost:53" } }
    assert.is_nil(resolver)
    assert.equal("syntax", err.code)
    assert.matches("localhost:53", tostring(err), 1, true)
    assert.error_matches(function()
      net_resolver.new { server = {} }
    end, "did you mean 'servers'")
  end)
end)
