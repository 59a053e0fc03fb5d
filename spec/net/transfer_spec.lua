-- A transfer through a wire that cuts, corrupts, doubles, reorders, stalls and trickles is the whole zone or an error.
local cqueues = require "cqueues"

local support = require "spec.support.dns"
local tcp = require "understudy.net.tcp"
local transfer = require "understudy.net.transfer"
local udp = require "understudy.net.udp"
local wire = require "spec.support.wire"

local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }
local ROUNDS <const> = 25 -- of each fault
local SOA <const> = "example.com. 300 SOA ns.example.com. admin.example.com. 7 3600 600 86400 60"

-- What a fault makes of the octets of one reading; nil ends the connection.
local faults = {
  none = function(octets)
    return octets
  end,
  cut = function(octets, random)
    return octets:sub(1, random(0, #octets - 1)), true
  end,
  corrupt = function(octets, random)
    local at = random(1, #octets)
    return octets:sub(1, at - 1) .. string.char(octets:byte(at) ~ (1 << random(0, 7))) .. octets:sub(at + 1)
  end,
  double = function(octets)
    return octets .. octets
  end,
  drop = function()
    return ""
  end,
  reorder = function(octets, random)
    local at = random(1, #octets)
    return octets:sub(at) .. octets:sub(1, at - 1)
  end,
}

-- Carries one connection to the server, with a fault in one of the readings of what the server sends.
local function carry(client, server, fault, random)
  local upstream <close> = assert(tcp.connect("127.0.0.1", server.port, support.PATIENCE))
  local asked = assert(client:read(support.PATIENCE))
  assert(upstream:write(asked, support.PATIENCE))
  local when, count = random(1, 12), 0
  while true do
    local octets = upstream.socket:xread(-4096, "b", 0.2)
    if not octets or octets == "" then
      return
    end
    count = count + 1
    local ended
    if count == when then
      octets, ended = fault(octets, random)
    end
    client.socket:xwrite(octets, "bn", support.PATIENCE)
    if ended then
      return
    end
  end
end

-- A proxy in front of the server; returns its port and what ends it.
local function start_proxy(queue, server, fault, random)
  local listener = assert(tcp.listen("127.0.0.1", 0))
  queue:wrap(function()
    for client in function() return (listener:accept()) end do
      queue:wrap(function()
        local _ <close> = client
        carry(client, server, fault, random)
      end)
    end
  end)
  return listener
end

local function seeded(seed)
  local state = seed
  return function(low, high)
    state = (state * 6364136223846793005 + 1442695040888963407)
    return low + ((state >> 33) % (high - low + 1))
  end
end

describe("a transfer over a bad wire", function()
  local zone = support.numbered_zone(600)
  local newer = zone:with("new A 192.0.2.1"):with_serial(8)

  for name, fault in pairs(faults) do
    it("is the whole zone or an error: " .. name, function()
      support.with_server({ zone = newer, keys = { support.key(KEY) },
        delta = function(serial) return serial == 7 and zone:diff(newer) or nil end }, function(server)
        local random, whole = seeded(42), 0
        local listener <close> = start_proxy(cqueues.running(), server, fault, random)
        for round = 1, ROUNDS do
          local primary = { address = "127.0.0.1", port = listener.port, text = "proxy", key = support.key(KEY) }
          local got, err = transfer.fetch(primary, "example.com.", round % 2 == 0 and zone or nil)
          if got then
            assert.equal(newer, got)
            whole = whole + 1
          else
            assert.is_string(err.message)
          end
        end
        assert.equal(name == "none", whole == ROUNDS, ("%d of %d came"):format(whole, ROUNDS))
        listener:close()
      end)
    end)
  end

  it("is found dead when nothing comes any more", function()
    support.with_server({ zone = zone }, function()
      local listener <close> = assert(tcp.listen("127.0.0.1", 0))
      cqueues.running():wrap(function()
        local client <close> = listener:accept()
        client:read(support.PATIENCE)
        client.socket:xwrite("\0", "bn", 1) -- half a length, and nothing more
        client:read(support.PATIENCE)
      end)
      local primary = { address = "127.0.0.1", port = listener.port, text = "proxy" }
      local begin = cqueues.monotime()
      local got, err = transfer.fetch(primary, "example.com.", nil, { idle = 0.3 })
      assert.is_nil(got)
      assert.equal("timeout", err.code)
      assert.is_true(cqueues.monotime() - begin < 3)
    end)
  end)

  -- Starts what sends messages that never end: one each 50 ms, as long as it is read.
  local function endless()
    local listener = assert(tcp.listen("127.0.0.1", 0))
    cqueues.running():wrap(function()
      local client <close> = listener:accept()
      local query = wire.header(assert(client:read(support.PATIENCE)))
      local answer = { SOA }
      while client:write(wire.response { id = query.id, flags = 0x8400, name = "example.com.", type = "AXFR",
        answer = answer }, 1) do
        answer = { "www.example.com. 300 A 192.0.2.5" }
        cqueues.sleep(0.05)
      end
    end)
    return listener
  end

  it("is given up when it takes longer than a whole one may, though something comes again and again", function()
    support.with_server({ zone = zone }, function()
      local listener <close> = endless()
      local primary = { address = "127.0.0.1", port = listener.port, text = "endless" }
      local begin = cqueues.monotime()
      local got, err = transfer.fetch(primary, "example.com.", nil, { idle = 5, total = 0.5 })
      assert.is_nil(got)
      assert.equal("timeout", err.code)
      local took = cqueues.monotime() - begin
      assert.is_true(took >= 0.5 and took < 4, took)
    end)
  end)

  it("is given up when it has more records or octets than it may", function()
    for limit, problem in pairs { max_records = "more than 20 records", max_octets = "more than 20 octets" } do
      support.with_server({ zone = zone }, function()
        local listener <close> = endless()
        local primary = { address = "127.0.0.1", port = listener.port, text = "endless" }
        local got, err = transfer.fetch(primary, "example.com.", nil, { [limit] = 20 })
        assert.is_nil(got)
        assert.equal("limit", err.code)
        assert.matches(problem, err.message)
      end)
    end
  end)
end)

describe("a SOA by UDP", function()
  it("is the first answer to the question that is rightly signed, whatever else comes before it", function()
    support.with_server({ zone = support.parse(support.ZONE), keys = { support.key(KEY) } }, function(server)
      local between <close> = assert(udp.open("127.0.0.1", 0))
      local stranger <close> = assert(udp.open("127.0.0.1", 0))
      cqueues.running():wrap(function()
        local query, _, port = between:receive(support.PATIENCE)
        local id = wire.header(query).id
        local right = assert(udp.exchange(query, "127.0.0.1", server.port, support.PATIENCE, function(octets)
          return octets
        end))
        local function forge(fields)
          fields.flags, fields.name = fields.flags or 0x8400, fields.name or "example.com."
          fields.id, fields.type = fields.id or id, "SOA"
          fields.answer = { (SOA:gsub(" 7 ", " 99 ")) }
          return wire.response(fields)
        end
        stranger:send(right, "127.0.0.1", port)
        for _, octets in ipairs {
          "", "nonsense", forge {}, forge { id = id ~ 1 }, forge { name = "example.org." }, forge { flags = 0x0400 },
          right:sub(1, -2), right:sub(1, -9) .. string.char(right:byte(-8) ~ 1) .. right:sub(-7), right,
        } do
          between:send(octets, "127.0.0.1", port)
        end
      end)
      local primary = { address = "127.0.0.1", port = between.port, text = "between", key = support.key(KEY) }
      assert.equal(7, transfer.serial(primary, "example.com."))
    end)
  end)
end)
