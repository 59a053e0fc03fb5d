local cqueues = require "cqueues"

local address = require "understudy.net.address"
local core = require "understudy.core"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local ask_tcp, ask_udp, dig, rcode = support.ask_tcp, support.ask_udp, support.dig, support.rcode
local key, tsig, with_server = support.key, support.tsig, support.with_server
local numbered_zone, parse, records = support.numbered_zone, support.parse, support.records
local PATIENCE <const> = support.PATIENCE
local SECRET <const>, OTHER_SECRET <const> = support.SECRET, support.OTHER_SECRET

describe("a transfer", function()
  local zone = parse(support.ZONE)

  for client, command in pairs {
    dig = "dig +nocomments +nocmd +nostats +noidnout @127.0.0.1 -p %d example.com. AXFR",
    kdig = "kdig +nocomments +noheader +nostats @127.0.0.1 -p %d example.com. AXFR",
    drill = "drill -p %d @127.0.0.1 example.com. AXFR",
  } do
    it("gives " .. client .. " the zone, record by record", function()
      with_server({ zone = zone }, function(server, log)
        assert.equal(records(zone:text()), records(loop.command(command, server.port)))
        assert.same({ "info: example.com. transfer of serial 7 to 127.0.0.1 done" }, log.lines)
      end)
    end)
  end

  it("begins and ends with the SOA", function()
    with_server({ zone = zone }, function(server)
      local output = dig(server, "+nocomments +nocmd example.com. AXFR")
      local first, last = output:match "^%s*([^\n]*)\n.*\n([^\n]+)%s*$"
      assert.equal(first, last)
      assert.truthy(first:find("SOA", 1, true))
      assert.equal(#zone + 1, select(2, output:gsub("[^\n]+", "")))
    end)
  end)

  it("keeps to one version while the zone changes", function()
    local entry = { zone = numbered_zone(20000, 1) }
    with_server(entry, function(server)
      local connection <close> = support.connect(server)
      assert(connection:write(wire.question { name = "example.com.", type = "AXFR" }, PATIENCE))
      local count, last = 0, nil
      while count < 20004 do
        last = assert(connection:read(PATIENCE))
        entry.zone = numbered_zone(2, 2 + count)
        count = count + wire.header(last).answers
      end
      assert.equal(20004, count)
      assert.equal(1, string.unpack(">I4", last, -20))
    end)
  end)

  it("carries 200,000 records", function()
    with_server({ zone = numbered_zone(200000) }, function(server)
      local output = loop.command("kdig +noall +answer @127.0.0.1 -p %d example.com. AXFR", server.port)
      local seen, different = {}, 0
      for number in output:gmatch "host%-%d+%.example%.com%.%s+300%s+IN%s+TXT%s+\"record number (%d+)\"" do
        different = different + (seen[number] and 0 or 1)
        seen[number] = true
      end
      assert.equal(200000, different)
      assert.equal(200004, select(2, output:gsub("\n", "")))
    end)
  end)

  it("is not given over UDP", function()
    with_server({ zone = zone }, function(server)
      assert.equal("REFUSED", ask_udp(server, { name = "example.com.", type = "AXFR" }).rcode)
    end)
  end)

  it("is not given to an address that is not allowed", function()
    with_server({ zone = zone, transfer = { { from = address.acl { "192.0.2.0/24" } } } }, function(server, log)
      assert.truthy(dig(server, "example.com. AXFR"):find("Transfer failed", 1, true))
      assert.equal("REFUSED", ask_tcp(server, { name = "example.com.", type = "AXFR" }).rcode)
      assert.same({ "warning: 127.0.0.1: refused query example.com. AXFR: the address is not allowed" }, log.lines)
    end)
  end)

  it("never carries types that cannot leave", function()
    local with_alias = parse(support.ZONE .. "a.example.com. 300 ALIAS target.example.net.\n")
    with_server({ zone = with_alias }, function(server, log)
      assert.equal("SERVFAIL", ask_tcp(server, { name = "example.com.", type = "AXFR" }).rcode)
      assert.truthy(log.lines[1]:find "^error:")
    end)
  end)

  it("answers IXFR with the SOA alone to a client that is current, else with the zone", function()
    with_server({ zone = zone }, function(server)
      local function answers(serial)
        local output = dig(server, ("+noall +answer example.com. IXFR=%d"):format(serial))
        return select(2, output:gsub("[^\n]+", ""))
      end
      assert.equal(1, answers(7))
      assert.equal(1, answers(8))
      assert.equal(1, answers(7 + 2 ^ 31 - 1))
      assert.equal(#zone + 1, answers(6))
      assert.equal(#zone + 1, answers(4294967295))
      local by_udp = dig(server, "+notcp +noall +answer example.com. IXFR=1")
      assert.equal(1, select(2, by_udp:gsub("[^\n]+", "")))
    end)
  end)
end)

describe("TSIG", function()
  local zone = parse(support.ZONE)

  local function signed(test, options)
    local long = key { name = "long.example.", algorithm = "hmac-sha512" }
    local keys = { key(), long }
    with_server({ zone = zone, keys = keys }, test, options)
  end

  it("signs SOA and transfers for dig and kdig", function()
    signed(function(server)
      for _, signature in ipairs {
        tsig "hmac-sha256",
        tsig("hmac-sha512", "LONG.example."),
        tsig("hmac-sha256", "Key.Example."),
      } do
        local output = dig(server, signature .. " +nocmd example.com. AXFR")
        assert.equal(records(zone:text()), records(output:gsub("[^\n]*TSIG[^\n]*", "")))
        assert.falsy(output:find("WARNING", 1, true))
        assert.equal("NOERROR", rcode(dig(server, signature .. " example.com. SOA")))
      end
      local output = loop.command(
        "kdig +noall +answer @127.0.0.1 -p %d %s example.com. AXFR", server.port, tsig "hmac-sha256")
      assert.equal(records(zone:text()), records(output))
    end)
  end)

  it("signs every message of a long transfer", function()
    with_server({ zone = numbered_zone(30000), keys = { key() } }, function(server)
      local output = dig(server, tsig "hmac-sha256" .. " example.com. AXFR")
      assert.equal(30004, select(2, output:gsub("\tIN\t", "")))
      assert.falsy(output:find("fail", 1, true))
    end)
  end)

  for what, case in pairs {
    ["no key"] = { "", "REFUSED" },
    ["an unknown key"] = { tsig("hmac-sha256", "other.example."), "NOTAUTH", "BADKEY" },
    ["the algorithm of another key"] = { tsig "hmac-sha512", "NOTAUTH", "BADKEY" },
    ["a wrong secret"] = { tsig("hmac-sha256", nil, OTHER_SECRET), "NOTAUTH", "BADSIG" },
  } do
    it("refuses " .. what, function()
      signed(function(server, log)
        local output = dig(server, case[1] .. " example.com. SOA")
        assert.equal(case[2], rcode(output))
        assert.truthy(output:find("ANSWER: 0", 1, true))
        assert.truthy(not case[3] or output:find(case[3], 1, true))
        assert.truthy(not case[3] or log.lines[1]:find(case[3], 1, true))
        assert.falsy(dig(server, case[1] .. " example.com. AXFR"):find("192.0.2", 1, true))
      end)
    end)
  end

  it("refuses a wrong time, and says so in a signed answer", function()
    local clock = require("understudy.clock").system()
    for _, shift in ipairs { -400, 400 } do
      clock.now = function()
        return os.time() + shift
      end
      signed(function(server)
        local output = dig(server, tsig "hmac-sha256" .. " example.com. SOA")
        assert.equal("NOTAUTH", rcode(output))
        assert.truthy(output:find("BADTIME", 1, true))
        assert.falsy(output:find("could not be validated", 1, true))
      end, { clock = clock })
    end
  end)

  it("works again, without a restart, once the clock is right", function()
    local clock, shift = require("understudy.clock").system(), 0
    clock.now = function()
      return os.time() + shift
    end
    signed(function(server)
      for _, case in ipairs { { 0, "NOERROR" }, { 400, "NOTAUTH" }, { -400, "NOTAUTH" }, { 0, "NOERROR" } } do
        shift = case[1]
        assert.equal(case[2], rcode(dig(server, tsig "hmac-sha256" .. " example.com. SOA")))
      end
    end, { clock = clock })
  end)

  it("makes a request good for as long as its fudge, however often it is sent", function()
    local clock, shift = require("understudy.clock").system(), 0
    clock.now = function()
      return os.time() + shift
    end
    signed(function(server)
      local request = core.request { origin = "example.com.", key = key() }
      local function ask()
        local octets = assert(tcp.exchange(request.octets, "127.0.0.1", server.port, PATIENCE))
        return assert(request:read(octets, os.time()))
      end
      assert.equal(7, ask().serial)
      assert.equal(7, ask().serial) -- nothing changes by asking
      shift = 301
      assert.equal("BADTIME", ask().tsig_error)
    end, { clock = clock })
  end)

  it("refuses what was forged or cut on the way", function()
    signed(function(server)
      local request = core.request { kind = "transfer", origin = "example.com.", key = key() }
      local whole = request.octets
      for at = 3, #whole do
        local forged = whole:sub(1, at - 1) .. string.char(whole:byte(at) ~ 1) .. whole:sub(at + 1)
        local reply = tcp.exchange(forged, "127.0.0.1", server.port, PATIENCE)
        assert.is_true(not reply or wire.header(reply).answers == 0, at)
        local cut = tcp.exchange(whole:sub(1, at - 1), "127.0.0.1", server.port, PATIENCE)
        assert.is_true(not cut or wire.header(cut).answers == 0, at)
      end
      assert.equal(7, assert(request:read(assert(tcp.exchange(whole, "127.0.0.1", server.port, PATIENCE)),
        os.time())).serial)
    end)
  end)

  it("does not accept the key of another action", function()
    with_server({ zone = zone, keys = { key() }, notify = support.grant {} }, function(server)
      local request = core.request { kind = "notify", zone = zone, key = key() }
      local reply = assert(tcp.exchange(request.octets, "127.0.0.1", server.port, PATIENCE))
      assert.equal("BADKEY", assert(request:read(reply, os.time())).tsig_error)
    end)
  end)

  it("checks the answers to our own requests", function()
    signed(function(server)
      local request = core.request { origin = "example.com.", key = key() }
      local response = assert(udp.exchange(request.octets, "127.0.0.1", server.port, PATIENCE, function(octets)
        return request:read(octets, os.time())
      end))
      assert.equal(7, response.serial)
      assert.equal("ns.example.com.", response.mname)
      assert.is_true(response.authoritative)
      local wrong = core.request { origin = "example.com.", key = key { secret = OTHER_SECRET } }
      local reply = assert(tcp.exchange(wrong.octets, "127.0.0.1", server.port, PATIENCE))
      assert.equal("BADSIG", assert(wrong:read(reply, os.time())).tsig_error)
    end)
  end)
end)

describe("the rest of what is asked", function()
  local entry = { zone = parse(support.ZONE) }

  it("answers SOA over UDP and TCP", function()
    with_server(entry, function(server)
      for _, transport in ipairs { "+notcp", "+tcp", "+noedns" } do
        local output = dig(server, transport .. " eXample.com. SOA")
        assert.equal("NOERROR", rcode(output))
        assert.truthy(output:find("flags: qr aa", 1, true))
        assert.truthy(output:find("ns.example.com. admin.example.com. 7 3600 600 86400 60", 1, true))
      end
    end)
  end)

  it("truncates a SOA that is too long for UDP", function()
    local label = ("x"):rep(60)
    local long = (label .. "."):rep(4)
    local zone = parse(("example.com. 300 IN SOA a%s b%s 7 3600 600 86400 60\n"):format(long, long:gsub("x", "y")))
    with_server({ zone = zone }, function(server)
      local header, octets = ask_udp(server, { name = "example.com.", type = "SOA" })
      assert.is_true(header.truncated)
      assert.equal(0, header.answers)
      assert.is_true(#octets <= 512)
      assert.equal(1, ask_tcp(server, { name = "example.com.", type = "SOA" }).answers)
      assert.truthy(dig(server, "+ignore +bufsize=1232 example.com. SOA"):find("ANSWER: 1", 1, true))
    end)
  end)

  it("refuses everything else", function()
    with_server(entry, function(server)
      for _, ask in ipairs { ask_udp, ask_tcp } do
        assert.equal("NOTAUTH", ask(server, { name = "example.org.", type = "SOA" }).rcode)
        assert.equal("NOTAUTH", ask(server, { name = "www.example.com.", type = "SOA" }).rcode)
        assert.equal("REFUSED", ask(server, { name = "www.example.com.", type = "A" }).rcode)
        assert.equal("REFUSED", ask(server, { name = "example.com.", type = "ANY" }).rcode)
        assert.equal("REFUSED", ask(server, { name = "example.com.", type = "SOA", class = 3 }).rcode)
        assert.equal("NOTIMP", ask(server, { name = "example.com.", type = "SOA", opcode = "update" }).rcode)
      end
      assert.truthy(dig(server, "+edns=1 +noednsnegotiation example.com. SOA"):find("BADVERS", 1, true))
      assert.equal("NOERROR", rcode(dig(server, "+ednsopt=65001:abcd +nsid example.com. SOA")))
    end)
  end)

  it("says SERVFAIL as long as nothing was published", function()
    with_server({ zone = nil }, function(server, log)
      assert.equal("SERVFAIL", ask_udp(server, { name = "example.com.", type = "SOA" }).rcode)
      assert.truthy(log.lines[1]:find("has not been published", 1, true))
    end)
  end)

  it("survives garbage, and drops responses", function()
    with_server(entry, function(server)
      local client <close> = assert(udp.open("127.0.0.1", 0))
      local question = wire.question { name = "example.com.", type = "SOA", id = 77 }
      math.randomseed(3)
      for i = 1, 200 do
        local octets = question:sub(1, i % #question)
        if i % 3 == 0 then
          octets = octets .. string.char(math.random(0, 255)):rep(math.random(0, 1400))
        end
        client:send(octets, "127.0.0.1", server.port)
        cqueues.sleep(0) -- else the kernel drops what the server has no time to take
      end
      local response = wire.question { name = "example.com.", type = "SOA", id = 78, response = true }
      client:send(response, "127.0.0.1", server.port)
      client:send(wire.question { name = "example.com.", type = "SOA", id = 79 }, "127.0.0.1", server.port)
      local header
      repeat
        header = wire.header(assert(client:receive(PATIENCE)))
        assert.not_equal(78, header.id)
      until header.id == 79
      assert.equal("NOERROR", header.rcode)
    end)
  end)

  it("serves on IPv6", function()
    with_server(entry, function(server)
      local output = loop.command("dig +nostats @::1 -p %d example.com. SOA", server.port)
      assert.equal("NOERROR", rcode(output))
      output = loop.command("dig +noall +answer @::1 -p %d example.com. AXFR", server.port)
      assert.equal(records(entry.zone:text()), records(output))
    end, { listen = { "[::1]:0" } })
  end)

  it("answers from the address that was asked", function()
    with_server(entry, function(server)
      local client <close> = assert(udp.open("127.0.0.1", 0))
      client:send(wire.question { name = "example.com.", type = "SOA" }, "127.0.0.9", server.port)
      local _, from = assert(client:receive(PATIENCE))
      assert.equal("127.0.0.9", from)
    end, { listen = "0.0.0.0:0" })
  end)
end)

describe("NOTIFY", function()
  local zone = parse(support.ZONE)

  -- Sends a NOTIFY and gives the answer and what on_notify was told.
  local function notify(entry, options, exchange, listen)
    local told, response, lines = {}, nil, nil
    entry.zone = zone
    entry.on_notify = function(from, serial)
      told[#told + 1] = { from, serial }
    end
    with_server(entry, function(server, log)
      local request = core.request { kind = "notify", zone = zone, key = options.key }
      for _ = 1, options.times or 1 do
        if exchange then
          response = assert(request:read(exchange(request.octets, server), os.time()))
        else
          response = assert(udp.exchange(request.octets, "127.0.0.1", server.port, PATIENCE, function(octets)
            return request:read(octets, os.time())
          end))
        end
      end
      lines = log.lines
    end, { listen = listen })
    return response, told, lines
  end

  it("is passed on when it comes from where it may", function()
    local response, told = notify({ notify = support.grant() }, {})
    assert.equal("NOERROR", response.rcode)
    assert.same({ { "127.0.0.1", 7 } }, told)
  end)

  it("is taken over TCP too", function()
    local response, told = notify({ notify = support.grant() }, {}, function(octets, server)
      return assert(tcp.exchange(octets, "127.0.0.1", server.port, PATIENCE))
    end)
    assert.equal("NOERROR", response.rcode)
    assert.equal(1, #told)
  end)

  it("is taken over IPv6", function()
    local response, told = notify({ notify = support.grant() }, {}, function(octets, server)
      return assert(udp.exchange(octets, "::1", server.port, PATIENCE, function(answer)
        return answer
      end))
    end, "[::1]:0")
    assert.equal("NOERROR", response.rcode)
    assert.same({ { "::1", 7 } }, told)
  end)

  it("is refused from anywhere else, and logged once", function()
    for _, acl in ipairs { {}, { notify = { { from = address.acl { "192.0.2.1" } } } } } do
      local response, told, lines = notify(acl, { times = 5 })
      assert.equal("REFUSED", response.rcode)
      assert.same({}, told)
      assert.equal(1, #lines)
    end
  end)

  it("needs its key", function()
    local keys = { key() }
    local response, told = notify({ notify = support.grant(keys) }, {})
    assert.equal("REFUSED", response.rcode)
    assert.same({}, told)
    response, told = notify({ notify = support.grant(keys) }, { key = key() })
    assert.equal("NOERROR", response.rcode)
    assert.equal(1, #told)
    response, told = notify({ notify = support.grant(keys) }, { key = key { secret = OTHER_SECRET } })
    assert.equal("BADSIG", response.tsig_error)
    assert.same({}, told)
  end)

  it("makes a real NSD fetch the new version, signed", function()
    local secret = { name = "key.example.", algorithm = "hmac-sha256", secret = SECRET }
    local entry = { zone = zone, keys = { key() } }
    with_server(entry, function(server)
      local secondary <close> = nsd.start {
        secondary = { "example.com." },
        primary = "127.0.0.1:" .. server.port,
        key = secret,
      }
      secondary:await_serial("example.com.", 7)
      assert.equal(records(zone:text()), table.concat(secondary:transfer "example.com.", "\n"))
      entry.zone = numbered_zone(20000, 8)
      local request = core.request { kind = "notify", zone = entry.zone, key = key() }
      local response = assert(udp.exchange(request.octets, "127.0.0.1", secondary.port, PATIENCE, function(octets)
        return request:read(octets, os.time())
      end))
      assert.equal("NOERROR", response.rcode)
      secondary:await_serial("example.com.", 8)
      assert.equal(records(entry.zone:text()), table.concat(secondary:transfer "example.com.", "\n"))
    end)
  end)
end)
