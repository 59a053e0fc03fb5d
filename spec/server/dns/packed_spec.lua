local access = require "understudy.server.dns.access"
local address = require "understudy.net.address"
local nsd = require "spec.support.nsd"
local packed = require "understudy.server.dns.packed"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local wire = require "spec.support.wire"

local function question(id, fields)
  local all = { name = "example.com.", type = "AXFR", id = id }
  for name, value in pairs(fields or {}) do
    all[name] = value
  end
  return wire.question(all)
end

local function ask(server, id, fields)
  return assert(tcp.exchange(question(id, fields), "127.0.0.1", server.port, support.PATIENCE))
end

local function serial(octets)
  return (string.unpack(">I4", octets, -20))
end

local function rcode(server)
  return wire.header(ask(server, 3)).rcode
end

describe("a small transfer that others asked for before", function()
  local zone = support.parse(support.ZONE)

  it("is the same under the id of the query", function()
    support.with_server({ zone = zone }, function(server, log)
      local first, second = ask(server, 1), ask(server, 0xfffe)
      assert.equal(1, wire.header(first).id)
      assert.equal(0xfffe, wire.header(second).id)
      assert.equal(first:sub(3), second:sub(3))
      assert.equal(#zone + 1, wire.header(second).answers)
      local done = "info: example.com. transfer of serial 7 to 127.0.0.1 done"
      assert.same({ done, done }, log.lines)
      assert.equal(2, server:served().transfers)
    end)
  end)

  it("is another one in other words", function()
    support.with_server({ zone = zone }, function(server)
      local plain = ask(server, 1)
      local edns = question(1):sub(1, 11) .. "\1" .. question(1):sub(13) .. "\0\0\41\4\208\0\0\0\0\0\0"
      local reply = assert(tcp.exchange(edns, "127.0.0.1", server.port, support.PATIENCE))
      assert.equal("\0\0\41\4\208\0\0\0\0\0\0", reply:sub(-11))
      assert.equal(plain, ask(server, 1))
      assert.truthy(ask(server, 1, { name = "EXAMPLE.com." }):find("\7EXAMPLE\3com", 1, true))
      assert.equal(plain, ask(server, 1))
    end)
  end)

  it("is that of the version that is served now", function()
    local entry = { zone = zone }
    support.with_server(entry, function(server)
      assert.equal(7, serial(ask(server, 1)))
      entry.zone = zone:with_serial(8)
      assert.equal(8, serial(ask(server, 2)))
      entry.released = zone
      assert.equal(7, serial(ask(server, 3)))
      entry.released = false
      assert.equal("SERVFAIL", rcode(server))
      entry.released = nil
      assert.equal(8, serial(ask(server, 4)))
      entry.zone = nil
      assert.equal("SERVFAIL", rcode(server))
    end)
  end)

  it("is for those who may have it now", function()
    local entry = { zone = zone, transfer = support.grant() }
    local elsewhere = assert(address.acl { "192.0.2.1" })
    support.with_server(entry, function(server)
      for _, grants in ipairs {
        { { from = elsewhere } },
        { { from = support.LOCAL, keys = { support.key() } } },
        { { from = support.LOCAL, tls = true } },
        {},
      } do
        entry.transfer = support.grant()
        assert.equal("NOERROR", rcode(server))
        assert.equal("NOERROR", rcode(server))
        entry.transfer = grants
        assert.equal("REFUSED", rcode(server))
      end
      entry.transfer = nil
      assert.equal("REFUSED", rcode(server))
    end)
  end)

  it("is signed for those who sign", function()
    local entry = { zone = zone, transfer = access.of_targets {
      { transfer = { "127.0.0.0/8" }, keys = { support.key() } },
    } }
    support.with_server(entry, function(server)
      for _ = 1, 3 do
        local output = support.dig(server, support.tsig("hmac-sha256") .. " example.com. AXFR")
        assert.equal(support.records(zone:text()), support.records(output:gsub("[^\n]*TSIG[^\n]*", "")))
        assert.is_nil(output:find("Couldn't verify", 1, true))
      end
    end)
  end)

  it("leaves other connections alone when its peer asks again and again and does not read", function()
    local large = support.parse(support.ZONE
      .. ("example.com. 300 IN TYPE65280 \\# 15000 %s\n"):format(("ab"):rep(15000)))
    support.with_server({ zone = large }, function(server, log)
      local stuck <close> = support.connect_raw(server)
      stuck:setmode("bn", "bn")
      stuck:write(string.pack(">s2", question(1)):rep(2000))
      stuck:flush()
      assert.equal(#large + 1, wire.header(ask(server, 2)).answers)
      nsd.await("the stuck peer to be dropped", function()
        return log.lines[#log.lines] == "warning: example.com. transfer of serial 7 to 127.0.0.1 failed: timed out"
      end)
      assert.equal("NOERROR", rcode(server))
    end, { limits = { stall = 1 } })
  end)
end)

describe("the memory of small transfers", function()
  local function message(i)
    return ("%d"):format(i):rep(500)
  end

  it("tells queries apart by all but their id", function()
    local memory = packed.new()
    memory:add("\0\1one", { transfer = message(1) })
    assert.equal(message(1), memory:find("\2\3one").transfer)
    assert.is_nil(memory:find "\0\1two")
  end)

  it("has an end", function()
    local memory = packed.new()
    collectgarbage()
    local before = collectgarbage "count"
    for i = 1, 20000 do
      memory:add(("\0\0%d"):format(i), { transfer = message(i) })
      assert.truthy(memory:find(("\1\1%d"):format(i)))
    end
    collectgarbage()
    assert.is_true(collectgarbage "count" - before < 2000)
    assert.is_nil(memory:find "\0\0001")
  end)
end)
