local cqueues = require "cqueues"

local dns = require "understudy.server.dns"
local lfs = require "lfs"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

describe("a TCP connection", function()
  local entry = { zone = support.parse(support.ZONE) }
  local soa = wire.question { name = "example.com.", type = "SOA" }

  it("carries several queries, however they are cut", function()
    support.with_server(entry, function(server)
      local raw <close> = support.connect_raw(server)
      local together = ""
      for id = 1, 5 do
        local type = id % 2 == 0 and "AXFR" or "SOA"
        together = together .. string.pack(">s2", wire.question { name = "example.com.", type = type, id = id })
      end
      for i = 1, #together // 2 do
        raw:write(together:sub(i, i))
        cqueues.sleep(0)
      end
      raw:write(together:sub(#together // 2 + 1))
      raw:shutdown "w" -- what was asked before is still answered
      for id = 1, 5 do
        local reply = raw:read((string.unpack(">I2", raw:read(2))))
        local header = wire.header(reply)
        assert.equal(id, header.id)
        assert.equal(id % 2 == 0 and #entry.zone + 1 or 1, header.answers)
      end
      assert.is_nil(raw:read(1))
    end)
  end)

  it("is closed after nonsense", function()
    support.with_server(entry, function(server)
      local response = wire.question { name = "a.", type = "A", response = true }
      for _, octets in ipairs { "", "x", ("x"):rep(11), response } do
        local connection <close> = support.connect(server)
        assert(connection:write(octets, support.PATIENCE))
        local reply, err = connection:read(support.PATIENCE)
        assert.is_nil(reply)
        assert.is_nil(err)
      end
      assert.equal("NOERROR", support.ask_tcp(server, { name = "example.com.", type = "SOA" }).rcode)
    end)
  end)

  it("is closed when no whole query comes in time, however slowly its octets trickle in", function()
    support.with_server(entry, function(server)
      local raw <close> = support.connect_raw(server)
      local start = cqueues.monotime()
      raw:write "\1"
      local closed
      repeat
        raw:write "\1"
        closed = raw:xread(1, "b", 0.05) == nil and raw:eof "r"
        raw:clearerr()
      until closed or cqueues.monotime() - start > support.PATIENCE
      assert.is_true(closed)
      local took = cqueues.monotime() - start
      assert.is_true(took > 0.2 and took < 2, took)
    end, { limits = { idle = 0.3 } })
  end)

  it("is dropped when its peer does not read, and others are served meanwhile", function()
    local large = { zone = support.numbered_zone(200000) }
    support.with_server(large, function(server, log)
      local stuck = {}
      for i = 1, 8 do
        stuck[i] = support.connect(server)
        assert(stuck[i]:write(wire.question { name = "example.com.", type = "AXFR" }, support.PATIENCE))
      end
      local output = support.dig(server, "+noall +answer example.com. AXFR")
      assert.equal(200004, select(2, output:gsub("[^\n]+", "")))
      nsd.await("stuck peers to be dropped", function()
        return #log.lines == 9
      end)
      assert.equal(0, server:connected())
      for _, connection in ipairs(stuck) do
        connection:close()
      end
    end, { limits = { stall = 1 } })
  end)

  it("is dropped when its transfer takes too long", function()
    support.with_server({ zone = support.numbered_zone(200000) }, function(server, log)
      local connection <close> = support.connect(server)
      assert(connection:write(wire.question { name = "example.com.", type = "AXFR" }, support.PATIENCE))
      local messages = 0
      while connection:read(support.PATIENCE) do
        messages = messages + 1
        cqueues.sleep(0.01)
      end
      assert.is_true(messages > 1)
      assert.same({ "warning: example.com. transfer of serial 7 to 127.0.0.1 failed: it took too long" }, log.lines)
    end, { limits = { transfer = 0.2 } })
  end)

  it("is one of a limited number for each peer: the one that idles longest gives way", function()
    support.with_server(entry, function(server)
      local function ask(connection)
        assert(connection:write(soa, support.PATIENCE))
        return connection:read(support.PATIENCE)
      end
      local open <close> = setmetatable({}, { __close = function(list)
        for _, connection in ipairs(list) do
          connection:close()
        end
      end })
      for i = 1, 3 do
        open[i] = support.connect(server)
        assert.truthy(ask(open[i]))
      end
      assert.truthy(ask(open[1]))
      open[4] = support.connect(server)
      assert.truthy(ask(open[4]))
      assert.equal(3, server:connected())
      assert.is_nil(open[2]:read(support.PATIENCE))
      assert.truthy(ask(open[1]))
      assert.truthy(ask(open[3]))
    end, { limits = { per_peer = 3 } })
  end)

  it("can idle fifty times while an honest client transfers", function()
    support.with_server(entry, function(server)
      local idle = {}
      for i = 1, 50 do
        idle[i] = support.connect(server)
      end
      local output = support.dig(server, "+noall +answer example.com. AXFR")
      assert.equal(support.records(entry.zone:text()), support.records(output))
      for _, connection in ipairs(idle) do
        connection:close()
      end
    end, { limits = { per_peer = 60 } })
  end)

  it("leaves nothing behind when it is reset", function()
    local function descriptors()
      local count = 0
      for _ in lfs.dir "/proc/self/fd" do
        count = count + 1
      end
      return count
    end
    support.with_server(entry, function(server)
      local before = descriptors()
      for i = 1, 2000 do
        local connection <close> = support.connect(server)
        local framed = string.pack(">s2", soa)
        connection.socket:write(framed:sub(1, i % #framed))
      end
      nsd.await("all connections to be gone", function()
        return server:connected() == 0
      end)
      assert.equal(before, descriptors())
      assert.equal("NOERROR", support.ask_tcp(server, { name = "example.com.", type = "SOA" }).rcode)
    end, { limits = { per_peer = 1000, connections = 1000 } })
  end)
end)

describe("the server", function()
  local entry = { zone = support.parse(support.ZONE), transfer = support.grant() }

  it("ends with all its connections and coroutines when it is closed", function()
    loop.run(function(queue)
      local server = assert(dns.serve {
        listen = "127.0.0.1:0",
        queue = queue,
        log = support.new_log(),
        zones = function()
          return entry
        end,
      })
      local connection <close> = support.connect(server)
      assert(connection:write(wire.question { name = "example.com.", type = "SOA" }, support.PATIENCE))
      assert.truthy(connection:read(support.PATIENCE))
      server:close()
      server:close()
      assert.is_nil(connection:read(support.PATIENCE))
      local again <close> = assert(dns.serve {
        listen = "127.0.0.1:" .. server.port,
        queue = queue,
        log = support.new_log(),
        zones = function()
          return entry
        end,
      })
      assert.equal("NOERROR", support.ask_tcp(again, { name = "example.com.", type = "SOA" }).rcode)
      assert.equal(server.port, again.port)
    end) -- which waits for all coroutines
  end)

  it("says where it cannot listen", function()
    loop.run(function(queue)
      local function serve(listen)
        return dns.serve {
          listen = listen,
          queue = queue,
          log = support.new_log(),
          zones = function() end,
        }
      end
      local server <close> = assert(serve "127.0.0.1:0")
      local none, err = serve { "127.0.0.1:0", "127.0.0.1:" .. server.port }
      assert.is_nil(none)
      assert.equal("network", err.code)
      assert.truthy(tostring(err):find(tostring(server.port), 1, true))
      none, err = serve "localhost"
      assert.is_nil(none)
      assert.equal("syntax", err.code)
    end)
  end)

  it("outlives a fault in what it calls", function()
    local log = support.new_log()
    loop.run(function(queue)
      local server <close> = assert(dns.serve {
        listen = "127.0.0.1:0",
        queue = queue,
        log = log,
        zones = function(name)
          assert(name ~= "bad.", "a fault")
          return {
            zone = entry.zone,
            transfer = support.grant(),
            notify = support.grant(),
            on_notify = function()
              error "another fault"
            end,
          }
        end,
      })
      local client <close> = assert(udp.open("127.0.0.1", 0))
      for _, question in ipairs {
        { name = "bad.", type = "SOA", id = 1 },
        { name = "example.com.", type = "SOA", opcode = "notify", id = 2 },
        { name = "example.com.", type = "SOA", id = 3 },
      } do
        client:send(wire.question(question), "127.0.0.1", server.port)
      end
      assert.equal(2, wire.header(assert(client:receive(support.PATIENCE))).id)
      assert.equal(3, wire.header(assert(client:receive(support.PATIENCE))).id)
    end)
    assert.equal(2, #log.lines)
  end)
end)
