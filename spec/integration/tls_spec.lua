-- Transfers over TLS (RFC 9103) with real name servers, in both directions, and what must not be taken.
local certificates = require "spec.support.certificates"
local dns = require "understudy.server.dns"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local policy = require "understudy.policy"
local schema = require "understudy.schema"
local source = require "understudy.source.transfer"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local tls = require "understudy.net.tls"
local transfer = require "understudy.net.transfer"
local wire = require "spec.support.wire"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }

describe("a transfer over TLS", function()
  local folder, remove

  setup(function()
    folder, remove = certificates.make()
  end)

  teardown(function()
    remove()
  end)

  local function file(name)
    return folder .. "/" .. name
  end

  -- Our server, which gives transfers over TLS only.
  local function with_server(test, options)
    options = options or {}
    loop.run(function(queue)
      local log, zone = support.new_log(), support.parse(support.ZONE)
      local entry = { zone = zone, transfer = {
        { from = support.LOCAL, keys = options.key and { support.key(KEY) }, tls = true },
      } }
      local server <close> = assert(dns.serve {
        listen = "127.0.0.1:0", listen_tls = { "127.0.0.1:0" }, queue = queue, log = log,
        tls = assert(tls.server { certificate = file((options.certificate or "server") .. ".pem"),
          key = file((options.certificate or "server") .. ".key"), clients = options.clients }),
        limits = options.limits or { idle = 2 },
        zones = function(name)
          return name == "example.com." and entry or nil
        end,
      })
      test(server, server.sockets.tls[1].port, zone, log)
    end)
  end

  local function primary(port, client)
    return { address = "127.0.0.1", port = port, text = "127.0.0.1:" .. port,
      tls = client and { context = assert(tls.client(client)), name = client.name } or nil }
  end

  for _, kind in ipairs { "bind", "nsd" } do
    it("is taken by a real secondary: " .. kind, function()
      with_server(function(_, port, zone, log)
        local peer <close> = peers.start(kind, {
          secondary = { "example.com." }, primary = "127.0.0.1:" .. port, key = KEY,
          tls = { ca = file "ca.pem", name = "primary.test" },
        })
        peer:await_serial("example.com.", 7)
        local served = assert(peer:transfer "example.com.")
        assert.equal(support.records(zone:text()), support.records(table.concat(served, "\n")))
        nsd.await("the log", function()
          return table.concat(log.lines, "\n"):find("transfer of serial 7 to 127.0.0.1 done", 1, true)
        end)
      end, { key = KEY })
    end)
  end

  it("is refused in clear text where TLS is asked for", function()
    with_server(function(server, port)
      assert.equal("NOERROR", support.ask_udp(server, { name = "example.com.", type = "SOA" }).rcode)
      local _, err = transfer.fetch(primary(server.port), "example.com.")
      assert.matches("answers REFUSED", err.message)
      _, err = transfer.fetch(primary(port), "example.com.") -- no TLS to a TLS port
      assert.equal("network", err.code)
    end)
  end)

  it("comes from a server whose name and CA are right, and from no other", function()
    local good <const> = { name = "primary.test", ca = file "ca.pem" }
    with_server(function(_, port, zone)
      assert.equal(zone, transfer.fetch(primary(port, good), "example.com."))
      assert.equal(7, transfer.serial(primary(port, good), "example.com."))
      assert.equal(zone, transfer.fetch(primary(port, { name = "127.0.0.1", ca = file "ca.pem" }), "example.com."))
      for _, bad in ipairs { { name = "other.test", ca = file "ca.pem" },
        { name = "primary.test", ca = file "stranger.pem" }, { name = "primary.test" } } do
        local none, err = transfer.fetch(primary(port, bad), "example.com.")
        assert.is_nil(none)
        assert.matches("TLS with 127%.0%.0%.1 failed", err.message)
      end
    end)
    for _, certificate in ipairs { "other", "expired" } do
      with_server(function(_, port)
        assert.is_nil((transfer.fetch(primary(port, good), "example.com.")))
        assert.is_nil((transfer.serial(primary(port, good), "example.com.")))
      end, { certificate = certificate })
    end
  end)

  it("never falls back to clear text, neither for the SOA nor for the zone", function()
    loop.run(function(queue)
      local clear = 0
      local plain <close> = assert(dns.serve {
        listen = "127.0.0.1:0", queue = queue, log = support.new_log(),
        zones = function()
          clear = clear + 1
          return { zone = support.parse(support.ZONE), transfer = support.grant() }
        end,
      })
      local checked, faults = schema.check(source.options, { from = "127.0.0.1:" .. plain.port,
        tls = { name = "primary.test", ca = file "ca.pem" } })
      assert.same({}, faults)
      local pulled, err = source.new(checked):pull "example.com."
      assert.is_nil(pulled)
      assert.matches("TLS with 127%.0%.0%.1 failed", err.message)
      assert.equal(0, clear)
      assert.equal(7, transfer.serial(primary(plain.port), "example.com.")) -- which would have answered
    end)
  end)

  it("goes to clients with a certificate alone, where that is asked for", function()
    with_server(function(_, port, zone)
      local client = { name = "primary.test", ca = file "ca.pem" }
      assert.is_nil((transfer.fetch(primary(port, client), "example.com.")))
      client.certificate, client.key = file "client.pem", file "client.key"
      assert.equal(zone, transfer.fetch(primary(port, client), "example.com."))
    end, { clients = file "ca.pem" })
  end)

  it("is refused to what is older than TLS 1.3, or speaks no DNS", function()
    with_server(function(_, port)
      local old = loop.command("openssl s_client -connect 127.0.0.1:%d -tls1_2 -alpn dot </dev/null", port)
      assert.matches("alert protocol version", old)
      local other = loop.command("openssl s_client -connect 127.0.0.1:%d -alpn h2 </dev/null", port)
      assert.matches("No ALPN negotiated", other)
      local right = loop.command("openssl s_client -connect 127.0.0.1:%d -alpn dot </dev/null", port)
      assert.matches("ALPN protocol: dot", right)
      assert.matches("TLSv1%.3", right)
    end)
  end)

  -- A connection over TLS of ours, which reads and writes messages.
  local function connect(port)
    local connection = assert(tcp.connect("127.0.0.1", port, support.PATIENCE))
    assert(connection:start_tls(assert(tls.client { name = "primary.test", ca = file "ca.pem" }), support.PATIENCE,
      "primary.test"))
    return connection
  end

  it("answers several queries over one connection, however their octets are cut into records", function()
    with_server(function(_, port, zone)
      local connection <close> = connect(port)
      for id, type in ipairs { "SOA", "AXFR", "SOA" } do
        local framed = string.pack(">s2", wire.question { name = "example.com.", type = type, id = id })
        for i = 1, #framed do
          assert(connection.socket:xwrite(framed:sub(i, i), "bn", support.PATIENCE)) -- a record each
        end
        local header = wire.header(assert(connection:read(support.PATIENCE)))
        assert.same({ id, type == "AXFR" and #zone + 1 or 1 }, { header.id, header.answers })
      end
      assert.is_nil((connection:read(support.PATIENCE))) -- idle for too long
    end)
  end)

  it("shares the limits of connections, in all and a peer, with those in clear text", function()
    local soa <const> = wire.question { name = "example.com.", type = "SOA" }
    local function ask(connection)
      return connection:write(soa, support.PATIENCE) and connection:read(support.PATIENCE) ~= nil
    end
    for _, limits in ipairs { { per_peer = 3, idle = 30 }, { connections = 3, idle = 30 } } do
      with_server(function(server, port)
        local clear, safe = {}, {}
        for i = 1, 2 do
          clear[i] = support.connect(server)
          assert.is_true(ask(clear[i]))
          safe[i] = connect(port)
          assert.is_true(ask(safe[i]))
        end
        assert.equal(3, server:connected())
        assert.is_false(ask(clear[1])) -- which idled for longest
        clear[3] = support.connect(server)
        assert.is_true(ask(clear[3]))
        assert.is_false(ask(safe[1]))
        assert.equal(3, server:connected())
        for _, connection in ipairs { clear[2], clear[3], safe[2] } do
          assert.is_true(ask(connection))
          connection:close()
        end
        nsd.await("all to be gone", function()
          return server:connected() == 0
        end)
        safe[1]:close()
        clear[1]:close()
      end, { limits = limits })
    end
  end)

  it("answers nothing else, and no more than in clear text", function()
    with_server(function(_, port, _, log)
      local connection <close> = connect(port)
      for _, case in ipairs { { "www.example.com.", "A", "REFUSED" }, { "example.org.", "AXFR", "NOTAUTH" } } do
        assert(connection:write(wire.question { name = case[1], type = case[2] }, support.PATIENCE))
        assert.equal(case[3], wire.header(assert(connection:read(support.PATIENCE))).rcode)
      end
      assert.equal(1, #log.lines)
    end)
  end)

  it("is padded where the query is (RFC 9103, RFC 8467)", function()
    with_server(function(server, port)
      local connection <close> = connect(port)
      -- OPT with an empty Padding option (RFC 7830).
      local opt = string.pack(">BI2I2I4I2I2I2", 0, 41, 1232, 0, 4, 12, 0)
      local function padded(type)
        local question = wire.question { name = "example.com.", type = type }
        return question:sub(1, 11) .. "\1" .. question:sub(13) .. opt
      end
      for _, type in ipairs { "SOA", "AXFR", "A" } do
        assert(connection:write(padded(type), support.PATIENCE))
        assert.equal(0, #assert(connection:read(support.PATIENCE)) % 468)
      end
      local clear = assert(tcp.exchange(padded "SOA", "127.0.0.1", server.port, support.PATIENCE))
      assert.is_true(#clear < 468)
    end)
  end)

  it("comes from a real primary", function()
    local port = nsd.free_port()
    local peer <close> = peers.start("bind", {
      zones = { ["example.com."] = support.ZONE }, key = KEY,
      tls = { certificate = file "server.pem", key = file "server.key", port = port },
    })
    local server = primary(port, { name = "primary.test", ca = file "ca.pem" })
    server.key = support.key(KEY)
    local zone = assert(transfer.fetch(server, "example.com."))
    assert.equal(support.parse(support.ZONE), zone)
    assert.equal(7, transfer.serial(server, "example.com."))
    assert.equal(zone, transfer.fetch(server, "example.com.", zone))
    assert.equal(7, peer:serial "example.com.")
  end)

  it("is set up by a policy", function()
    local text <const> = [[return policy {
      tls = { listen = "127.0.0.1:8853", certificate = "%s.pem", key = "server.key", clients = "ca.pem" },
      source = source.transfer { from = "192.0.2.1", tls = { name = "primary.test", ca = "ca.pem" } },
      targets = { target.secondary "b" { transfer = "192.0.2.2", notify = "192.0.2.2", tls = true } },
      zones = { "example.com" },
    }]]
    local made = assert(policy.parse(text:format "server", file "policy.lua"))
    assert.equal(8853, made.tls.listen[1].port)
    assert.is_true(made.zones[1].targets[1].tls)
    local primary_of_it = made.zones[1].source.primaries[1]
    assert.same({ 853, "primary.test" }, { primary_of_it.port, primary_of_it.tls.name })
    local _, err = policy.parse(text:format "other", file "policy.lua")
    assert.matches("policy.lua:2: tls: .*server.key is not the private key of .*other.pem", err.message)
  end)

  it("needs files that fit", function()
    local made, err = tls.server { certificate = file "server.pem", key = file "client.key" }
    assert.is_nil(made)
    assert.equal("refused", err.code)
    made, err = tls.server { certificate = file "server.key", key = file "server.key" }
    assert.is_nil(made)
    assert.matches("holds no certificate", err.message)
    made, err = tls.client { name = "x", ca = file "nothing.pem" }
    assert.is_nil(made)
    assert.equal("absent", err.code)
  end)
end)
