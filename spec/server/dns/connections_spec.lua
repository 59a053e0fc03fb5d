local cqueues = require "cqueues"

local nsd = require "spec.support.nsd"
local support = require "spec.support.dns"
local wire = require "spec.support.wire"

local SOA <const> = wire.question { name = "example.com.", type = "SOA" }
local AXFR <const> = wire.question { name = "example.com.", type = "AXFR" }

describe("a server full of connections", function()
  it("serves an honest client while two thousand idle", function()
    support.with_server({ zone = support.parse(support.ZONE) }, function(server)
      local idle = {}
      for i = 1, 2000 do
        idle[i] = support.connect(server)
        if i % 2 == 0 then
          idle[i].socket:write "\0" -- half of a length
        end
        if i % 400 == 0 then
          assert.equal("NOERROR", support.ask_tcp(server, { name = "example.com.", type = "SOA" }).rcode)
          local output = support.dig(server, "+noall +answer example.com. AXFR")
          assert.equal(support.records(support.ZONE), support.records(output))
        end
      end
      assert.is_true(server:connected() <= 110)
      for _, connection in ipairs(idle) do
        connection:close()
      end
    end, { limits = { per_peer = 100 } })
  end)

  it("does not end a transfer for a newcomer", function()
    support.with_server({ zone = support.numbered_zone(200000) }, function(server)
      local busy, count = {}, 0
      for i = 1, 3 do
        busy[i] = support.connect(server)
        assert(busy[i]:write(AXFR, support.PATIENCE))
        local first = assert(busy[i]:read(support.PATIENCE))
        count = wire.header(first).answers
      end
      local extra <close> = support.connect(server)
      assert.is_nil(extra:read(support.PATIENCE))
      while count < 200004 do
        count = count + wire.header(assert(busy[1]:read(support.PATIENCE))).answers
      end
      for _, connection in ipairs(busy) do
        connection:close()
      end
    end, { limits = { connections = 3 } })
  end)

  it("answers so many queries over one connection", function()
    support.with_server({ zone = support.parse(support.ZONE) }, function(server)
      local connection <close> = support.connect(server)
      for _ = 1, 5 do
        assert(connection:write(SOA, support.PATIENCE))
        assert.truthy(connection:read(support.PATIENCE))
      end
      assert.is_nil(connection:read(support.PATIENCE))
    end, { limits = { queries = 5 } })
  end)

  it("sends to one that reads an octet at a time, and to others meanwhile", function()
    support.with_server({ zone = support.numbered_zone(20000) }, function(server, log)
      local raw <close> = support.connect_raw(server)
      raw:write(string.pack(">s2", AXFR))
      for _ = 1, 20 do
        assert(raw:xread(1, "b", support.PATIENCE))
        cqueues.sleep(0.01)
        assert.equal("NOERROR", support.ask_udp(server, { name = "example.com.", type = "SOA" }).rcode)
      end
      local memory = collectgarbage "count"
      for _ = 1, 3 do
        local output = support.dig(server, "+noall +answer example.com. AXFR")
        assert.equal(20004, select(2, output:gsub("[^\n]+", "")))
      end
      collectgarbage()
      assert.is_true(collectgarbage "count" - memory < 4096)
      nsd.await("the slow one to be dropped", function()
        return #log.lines == 4
      end)
    end, { limits = { stall = 0.5 } })
  end)
end)
