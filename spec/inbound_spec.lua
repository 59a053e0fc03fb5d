-- A transfer in is the whole zone or an error, whatever comes.
local core = require "understudy.core"
local hmac = require "openssl.hmac"
local support = require "spec.support.dns"
local wire = require "spec.support.wire"

local NOW <const> = 1700000000

local function key(name)
  return support.key { name = name }
end

-- All messages that answer a request, cut as small as the capacity says.
local function messages_of(request, zone, options)
  options = options or {}
  local query = core.query(request.octets)
  if options.key then
    assert(query:verify(options.key, NOW))
  end
  local transfer, messages = assert(query:transfer(zone, options.delta)), {}
  while not transfer.done do
    messages[#messages + 1] = assert(transfer:next(NOW, options.capacity or 400))
  end
  return messages
end

local function request_of(fields)
  fields.kind, fields.now = "transfer", NOW
  return assert(core.request(fields))
end

-- Feeds messages; the zone if it is whole, else nil and what is wrong.
local function take(request, messages, now)
  local inbound <close> = request:inbound()
  for _, octets in ipairs(messages) do
    local whole, err = inbound:take(octets, now or NOW)
    if whole == nil then
      return nil, err.message
    end
  end
  local zone, err = inbound:finish()
  return zone, err and err.message
end

local function with(messages, index, octets)
  local changed = table.move(messages, 1, #messages, 1, {})
  changed[index] = octets
  return changed
end

local function flipped(octets, at)
  return octets:sub(1, at - 1) .. string.char(octets:byte(at) ~ 1) .. octets:sub(at + 1)
end

describe("a transfer in", function()
  local zone = support.numbered_zone(40)

  it("is whole when the closing SOA came, and not before", function()
    local request = request_of { origin = "example.com." }
    local messages = messages_of(request, zone)
    assert.is_true(#messages > 3)
    assert.equal(zone, take(request, messages))
    for count = 0, #messages - 1 do
      local got, problem = take(request, table.move(messages, 1, count, 1, {}))
      assert.is_nil(got)
      assert.equal("the transfer is not whole", problem)
    end
  end)

  it("ends at the closing SOA", function()
    local request = request_of { origin = "example.com." }
    local messages = messages_of(request, zone)
    messages[#messages + 1] = messages[2]
    assert.same({ nil, "records follow the closing SOA" }, { take(request, messages) })
  end)

  it("begins with the SOA", function()
    local request = request_of { origin = "example.com." }
    local messages = messages_of(request, zone)
    assert.same({ nil, "it does not begin with the SOA" }, { take(request, { messages[2] }) })
  end)

  it("does not end at the SOA of another name, and has nothing from outside the zone", function()
    local request = request_of { origin = "example.com." }
    local soa = "example.com. 300 SOA ns.example.com. admin.example.com. 7 3600 600 86400 60"
    local function message(answer)
      return wire.response { id = wire.header(request.octets).id, flags = 0x8400, name = "example.com.", type = "AXFR",
        answer = answer }
    end
    local got = assert(take(request, {
      message { soa, "example.com. 300 NS ns.example.com.", "sub" .. "." .. soa, "other.org. 300 A 192.0.2.9" },
      message { "www.example.com. 300 A 192.0.2.5", soa },
    }))
    assert.equal("192.0.2.5", got:lookup("www", "A")[1])
    assert.truthy(got:lookup("sub", "SOA"))
    assert.equal(4, #got)
    local found = {}
    for i = 1, #got.reading do
      found[got.reading[i].id] = true
    end
    assert.is_true(found["zone.out_of_zone"])
  end)

  it("is of one version", function()
    local request = request_of { origin = "example.com." }
    local messages, other = messages_of(request, zone), messages_of(request, zone:with_serial(8))
    assert.same({ nil, "the closing SOA is not that of the opening" },
      { take(request, with(messages, #messages, other[#other])) })
  end)

  it("answers our request and no other", function()
    local request = request_of { origin = "example.com." }
    local messages = messages_of(request, zone, { capacity = 65535 })
    local octets = messages[1]
    for name, wrong in pairs {
      id = flipped(octets, 2), qr = octets:sub(1, 2) .. "\4" .. octets:sub(4), name = flipped(octets, 15),
      type = flipped(octets, 27), class = flipped(octets, 29), opcode = flipped(octets, 3):gsub("^(..).", "%1\xa4"),
    } do
      local got, problem = take(request, { wrong })
      assert.is_nil(got)
      assert.equal("message 1 is no answer to our request", problem, name)
    end
    local refused = octets:sub(1, 3) .. "\5" .. octets:sub(5)
    assert.same({ nil, "the primary answers REFUSED" }, { take(request, { refused }) })
    assert.same({ nil, "message 1 is malformed" }, { take(request, { octets:sub(1, -2) }) })
    assert.same({ nil, "message 1 has no records" }, { take(request, { octets:sub(1, 6) .. ("\0"):rep(6)
      .. octets:sub(13, 29) }) })
  end)

  it("is no larger than allowed", function()
    local request = request_of { origin = "example.com." }
    local messages = messages_of(request, zone, { capacity = 65535 })
    local inbound = request:inbound { max_records = 43 }
    assert.equal("the zone has more than 43 records", select(2, inbound:take(messages[1], NOW)).message)
    inbound = request:inbound { max_octets = 500 }
    assert.equal("it has more than 500 octets", select(2, inbound:take(messages[1], NOW)).message)
    inbound = request:inbound { max_records = 44 }
    assert.is_true(inbound:take(messages[1], NOW))
  end)

  describe("that is signed", function()
    local request = request_of { origin = "example.com.", key = key() }
    local messages = messages_of(request, zone, { key = key() })

    it("is taken when every octet is as it was signed", function()
      assert.equal(zone, take(request, messages))
      for at = 1, #messages[3] do
        assert.is_nil((take(request, with(messages, 3, flipped(messages[3], at)))), at)
      end
    end)

    it("is refused in another order, with a message left out, replayed or too old", function()
      local swapped = with(with(messages, 3, messages[4]), 4, messages[3])
      assert.matches("signature of message 3 is wrong %(BADSIG%)", select(2, take(request, swapped)))
      local shorter = table.move(messages, 1, #messages, 1, {})
      table.remove(shorter, 3)
      assert.matches("signature of message 3 is wrong %(BADSIG%)", select(2, take(request, shorter)))
      local again = request_of { origin = "example.com.", key = key() }
      assert.is_nil((take(again, messages)))
      assert.matches("%(BADTIME%)", select(2, take(request, messages, NOW + 301)))
      assert.equal(zone, take(request, messages, NOW + 300))
    end)

    -- What a server sends that signs only some of its messages (RFC 8945 §5.3.1).
    local function signed_at(places, of)
      local plain = messages_of(request_of { origin = "example.com." }, of or zone)
      local name, algorithm = "\3key\7example\0", "\11hmac-sha256\0"
      local chain = string.pack(">s2", request.octets:sub(-38, -7)) -- the MAC of the request
      local list = {}
      for i, octets in ipairs(plain) do
        octets = request.octets:sub(1, 2) .. octets:sub(3)
        list[i] = octets
        local timers = string.pack(">I6I2", NOW, 300)
        chain = chain .. octets
        if places[i] or places.last and i == #plain then
          local head = i == 1 and name .. string.pack(">I2I4", 255, 0) .. algorithm or ""
          local variables = head .. timers .. (i == 1 and "\0\0\0\0" or "")
          local mac = hmac.new("secret of this test", "sha256"):final(chain .. variables)
          list[i] = octets:sub(1, 10) .. "\0\1" .. octets:sub(13) .. name .. string.pack(">I2I2I4s2", 250, 255, 0,
            algorithm .. timers .. string.pack(">s2", mac) .. octets:sub(1, 2) .. "\0\0\0\0")
          chain = string.pack(">s2", mac)
        end
      end
      return list
    end

    it("may be signed at its begin, its end and between, and each signature covers what came since", function()
      for _, places in ipairs { { true, last = true }, { true, nil, true, last = true } } do
        local list = signed_at(places)
        assert.is_true(#list > 3)
        assert.equal(zone, take(request, list))
        for at = 13, #list[2] do
          assert.is_nil((take(request, with(list, 2, flipped(list[2], at)))), at)
        end
      end
      assert.equal("the last message is not signed", select(2, take(request, signed_at { true, true })))
      assert.equal("message 1 is not signed", select(2, take(request, signed_at { false, last = true })))
    end)

    it("may have 99 messages in a row without a signature, and no more (RFC 8945 §5.3.1)", function()
      local long = support.numbered_zone(1800)
      local plain = messages_of(request_of { origin = "example.com." }, long)
      assert.is_true(#plain > 102)
      local function signatures(first_gap)
        local places = { true, last = true }
        for at = 2 + first_gap, #plain, 50 do
          places[at] = true
        end
        return places
      end
      assert.equal(long, take(request, signed_at(signatures(99), long)))
      assert.same({ nil, "message 101 is not signed" }, { take(request, signed_at(signatures(100), long)) })
    end)

    it("is refused where it is not signed at its begin or its end, or was not asked to be", function()
      local unsigned = request_of { origin = "example.com." }
      local plain = messages_of(unsigned, zone)
      for i, octets in ipairs(plain) do
        plain[i] = request.octets:sub(1, 2) .. octets:sub(3)
      end
      assert.equal("message 1 is not signed", select(2, take(request, plain)))
      local last = plain[#plain]
      assert.equal("the last message is not signed", select(2, take(request, with(messages, #messages, last))))
      local forged = { unsigned.octets:sub(1, 2) .. messages[1]:sub(3) }
      assert.equal("it is signed, though our request was not", select(2, take(unsigned, forged)))
    end)
  end)
end)

describe("changes that come in", function()
  local function numbered(serial, first, last)
    local records = {}
    for i = first, last do
      records[#records + 1] = ("n%d 60 A 192.0.2.%d"):format(i, i)
    end
    return support.parse(support.ZONE):with(table.unpack(records)):with_serial(serial)
  end
  local old, new = numbered(7, 1, 20), numbered(9, 5, 30)

  it("make the new zone of the old", function()
    local request = request_of { zone = old }
    local messages = messages_of(request, new, { delta = old:diff(new) })
    assert.is_true(#messages > 1)
    assert.equal(new, take(request, messages))
  end)

  it("are none when the primary is no newer", function()
    for _, serial in ipairs { 7, 6, 5 } do
      local request = request_of { zone = old }
      local octets = core.query(request.octets):soa(old:with_serial(serial), NOW)
      assert.equal(old, take(request, { octets }))
    end
  end)

  it("may come as a whole zone", function()
    local request = request_of { zone = old }
    local inbound = request:inbound()
    for _, octets in ipairs(messages_of(request, new)) do
      assert(inbound:take(octets, NOW) ~= nil)
    end
    assert.is_false(inbound.incremental)
    assert.equal(new, inbound:finish())
  end)

  it("are refused when they do not fit", function()
    for _, other in ipairs { numbered(7, 1, 18), old:with "www A 192.0.2.9" } do
      local request = request_of { zone = old }
      local got, problem = take(request, messages_of(request, new, { delta = other:diff(new) }))
      assert.is_nil(got)
      assert.equal("the changes do not fit the zone that we have", problem)
    end
    local request = request_of { zone = old }
    local messages = messages_of(request, new, { delta = old:with_serial(6):diff(new) })
    assert.equal("a step starts from serial 6, not from 7", select(2, take(request, messages)))
  end)

  it("are not whole without their closing SOA", function()
    local request = request_of { zone = old }
    local messages = messages_of(request, new, { delta = old:diff(new) })
    for count = 0, #messages - 1 do
      assert.is_nil((take(request, table.move(messages, 1, count, 1, {}))))
    end
  end)
end)
