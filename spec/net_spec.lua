local cqueues = require "cqueues"

local address = require "understudy.net.address"
local loop = require "spec.support.loop"
local tcp = require "understudy.net.tcp"
local udp = require "understudy.net.udp"

local PATIENCE <const> = 10
local HOST <const> = "127.0.0.1"

describe("an address", function()
  it("is read with and without a port", function()
    for text, wanted in pairs {
      ["192.0.2.1"] = { "192.0.2.1", 53 },
      ["192.0.2.1:5300"] = { "192.0.2.1", 5300 },
      ["192.0.2.1:0"] = { "192.0.2.1", 0 },
      ["2001:db8::1"] = { "2001:db8::1", 53 },
      ["[2001:db8::1]"] = { "2001:db8::1", 53 },
      ["[2001:db8::1]:65535"] = { "2001:db8::1", 65535 },
      ["::"] = { "::", 53 },
      ["1:2:3:4:5:6:7:8"] = { "1:2:3:4:5:6:7:8", 53 },
      ["::ffff:192.0.2.1"] = { "::ffff:192.0.2.1", 53 },
    } do
      assert.same(wanted, { address.parse(text, 53) }, text)
    end
    assert.same({ "192.0.2.1" }, { address.parse "192.0.2.1" })
  end)

  it("is refused when it is none", function()
    for _, text in ipairs {
      "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1.1", "192.0.2.1:65536", "192.0.2.1:", "192.0.2.1:x",
      "[192.0.2.1", "[2001:db8::1]:123456", "2001:db8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
      "1:2:3:4::5:6:7:8", "::192.0.2.1:1", "192.0.2.1/24", " 192.0.2.1", "fe80::1%eth0",
    } do
      local none, err = address.parse(text)
      assert.is_nil(none, text)
      assert.equal("syntax", err.code)
    end
  end)

  it("is written as it is read", function()
    assert.equal("192.0.2.1:53", address.format("192.0.2.1", 53))
    assert.equal("[2001:db8::1]:53", address.format("2001:db8::1", 53))
  end)
end)

describe("a list of addresses", function()
  it("matches addresses and networks, to the bit", function()
    local acl = assert(address.acl { "192.0.2.1", "198.51.100.64/26", "10.0.0.0/8", "2001:db8::/33", "::1" })
    for text, wanted in pairs {
      ["192.0.2.1"] = true,
      ["192.0.2.2"] = false,
      ["198.51.100.63"] = false,
      ["198.51.100.64"] = true,
      ["198.51.100.127"] = true,
      ["198.51.100.128"] = false,
      ["10.255.0.1"] = true,
      ["11.0.0.1"] = false,
      ["2001:db8:7fff::1"] = true,
      ["2001:db8:8000::1"] = false,
      ["0:0:0:0:0:0:0:1"] = true,
      ["::2"] = false,
      ["nonsense"] = false,
    } do
      assert.equal(wanted, acl:match(text), text)
    end
  end)

  it("can take in everything of a family, or nobody", function()
    local all = assert(address.acl { "0.0.0.0/0" })
    assert.is_true(all:match "203.0.113.7")
    assert.is_false(all:match "2001:db8::1")
    assert.is_false(assert(address.acl {}):match "127.0.0.1")
  end)

  it("refuses what is neither", function()
    for _, text in ipairs { "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2/24", "example.com", "/8" } do
      local none, err = address.acl { "192.0.2.1", text }
      assert.is_nil(none)
      assert.truthy(tostring(err):find(text, 1, true))
    end
  end)
end)

describe("udp.exchange", function()
  -- Runs `serve` as a peer beside `test`.
  local function with_peer(serve, test)
    loop.run(function(queue)
      local peer <close> = assert(udp.open(HOST, 0))
      queue:wrap(function()
        serve(peer)
      end)
      test(peer.port)
    end)
  end

  local function anything(octets)
    return octets
  end

  it("takes the first reply that matches", function()
    with_peer(function(peer)
      local _, from, port = peer:receive(PATIENCE)
      for _, text in ipairs { "", "no", "yes", "too late" } do
        peer:send(text, from, port)
      end
    end, function(port)
      local seen = {}
      local found = assert(udp.exchange("question", HOST, port, PATIENCE, function(octets)
        seen[#seen + 1] = octets
        return octets == "yes" and { "found" } or nil
      end))
      assert.same({ "found" }, found)
      assert.same({ "", "no", "yes" }, seen)
    end)
  end)

  it("ignores what comes from elsewhere", function()
    with_peer(function(peer)
      local _, from, port = peer:receive(PATIENCE)
      local other_port <close> = assert(udp.open(HOST, 0))
      local other_host <close> = assert(udp.open("127.0.0.2", peer.port))
      other_port:send("wrong port", from, port)
      other_host:send("wrong address", from, port)
      peer:send("right", from, port)
    end, function(port)
      assert.equal("right", udp.exchange("question", HOST, port, PATIENCE, anything))
    end)
  end)

  it("uses another port each time", function()
    local ports = {}
    with_peer(function(peer)
      for _ = 1, 20 do
        local octets, from, port = peer:receive(PATIENCE)
        ports[port] = true
        peer:send(octets, from, port)
      end
    end, function(port)
      for _ = 1, 20 do
        assert(udp.exchange("question", HOST, port, PATIENCE, anything))
      end
    end)
    local different = 0
    for _ in pairs(ports) do
      different = different + 1
    end
    assert.is_true(different > 10)
  end)

  it("gives up in time, whatever else comes in", function()
    with_peer(function(peer)
      local _, from, port = peer:receive(PATIENCE)
      for _ = 1, 20 do
        peer:send("no", from, port)
        cqueues.sleep(0.05)
      end
    end, function(port)
      local start = cqueues.monotime()
      local none, err = udp.exchange("question", HOST, port, 0.2, function() end)
      assert.is_nil(none)
      assert.equal("timeout", err.code)
      assert.is_true(err.temporary)
      assert.is_true(cqueues.monotime() - start < 0.9)
    end)
  end)

  it("returns what cannot be sent as an error", function()
    loop.run(function()
      local none, err = udp.exchange(("x"):rep(65535), HOST, 9, PATIENCE, anything)
      assert.is_nil(none)
      assert.equal("network", err.code)
    end)
  end)

  it("works outside a loop", function()
    local none, err = udp.exchange("question", HOST, 9, 0.05, anything)
    assert.is_nil(none)
    assert.equal("timeout", err.code)
  end)
end)

describe("a UDP socket", function()
  it("wakes up who waits when it is closed", function()
    loop.run(function(queue)
      local socket = assert(udp.open("::1", 0))
      local ended = false
      queue:wrap(function()
        assert(socket:receive() == nil)
        ended = true
      end)
      cqueues.sleep(0)
      socket:close()
      socket:close()
      cqueues.sleep(0)
      cqueues.sleep(0)
      assert.is_true(ended)
    end)
  end)

  it("says where it cannot be bound", function()
    local socket <close> = assert(udp.open(HOST, 0))
    local none, err = udp.open(HOST, socket.port)
    assert.is_nil(none)
    assert.equal("network", err.code)
  end)
end)

describe("tcp.exchange", function()
  local function with_listener(serve, test)
    loop.run(function(queue)
      local listener <close> = assert(tcp.listen(HOST, 0))
      queue:wrap(function()
        local connection <close> = listener:accept()
        if connection then
          serve(connection)
        end
      end)
      test(listener.port)
    end)
  end

  it("carries a message there and back, however it is cut", function()
    local long = ("x"):rep(65535)
    with_listener(function(connection)
      local octets = assert(connection:read(PATIENCE))
      local framed = string.pack(">s2", octets)
      for i = 1, 5 do
        connection.socket:write(framed:sub(i, i))
        cqueues.sleep(0)
      end
      connection.socket:write(framed:sub(6))
    end, function(port)
      assert.equal(long, tcp.exchange(long, HOST, port, PATIENCE))
    end)
  end)

  it("fails when the peer closes early", function()
    for _, sent in ipairs { "", "\0", "\0\5half" } do
      with_listener(function(connection)
        connection:read(PATIENCE)
        connection.socket:write(sent)
      end, function(port)
        local none, err = tcp.exchange("question", HOST, port, PATIENCE)
        assert.is_nil(none)
        assert.equal("network", err.code)
      end)
    end
  end)

  it("fails when the peer is silent, or too slow", function()
    with_listener(function(connection)
      connection:read(PATIENCE)
      for _ = 1, 20 do
        connection.socket:write "\1"
        cqueues.sleep(0.05)
      end
    end, function(port)
      local start = cqueues.monotime()
      local none, err = tcp.exchange("question", HOST, port, 0.2)
      assert.is_nil(none)
      assert.equal("timeout", err.code)
      assert.is_true(cqueues.monotime() - start < 0.9)
    end)
  end)

  it("fails when nobody listens", function()
    loop.run(function()
      local listener = assert(tcp.listen(HOST, 0))
      local port = listener.port
      listener:close()
      local none, err = tcp.exchange("question", HOST, port, PATIENCE)
      assert.is_nil(none)
      assert.equal("network", err.code)
      assert.truthy(tostring(err):find("refused", 1, true))
    end)
  end)
end)

describe("a listener", function()
  it("wakes up who waits when it is closed", function()
    loop.run(function(queue)
      local listener = assert(tcp.listen("::1", 0))
      local ended = false
      queue:wrap(function()
        assert(listener:accept() == nil)
        ended = true
      end)
      cqueues.sleep(0)
      listener:close()
      listener:close()
      cqueues.sleep(0)
      cqueues.sleep(0)
      assert.is_true(ended)
    end)
  end)

  it("says where it cannot listen", function()
    local listener <close> = assert(tcp.listen(HOST, 0))
    local none, err = tcp.listen(HOST, listener.port)
    assert.is_nil(none)
    assert.equal("network", err.code)
  end)
end)
