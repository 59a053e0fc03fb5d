-- Edits as a person writes them: zone:with, zone:without, zone:edit and diff:apply.
local understudy = require "understudy"

local TEXT <const> = [[
$ORIGIN example.com.
$TTL 600
@    SOA ns1 hostmaster 2024010101 7200 3600 1209600 300
@    NS  ns1
ns1  A   192.0.2.1
www  A   192.0.2.9
www  TXT "old"
]]

local function parse(text)
  return assert(understudy.parse { text = text or TEXT, name = "my.zone" })
end

local function records(zone, owner, type)
  local rrset = zone:lookup(owner, type)
  return rrset and tostring(rrset)
end

describe("zone:with", function()
  it("adds records to a set", function()
    local zone = parse()
    local edited = zone:with { owner = "www", type = "A", ttl = 300, "192.0.2.1", "192.0.2.2" }
    assert.equal(
      "www.example.com.\t300\tIN\tA\t192.0.2.1\n"
        .. "www.example.com.\t300\tIN\tA\t192.0.2.2\n"
        .. "www.example.com.\t300\tIN\tA\t192.0.2.9",
      records(edited, "www", "A")
    )
    assert.equal(5, #zone)
    assert.equal(7, #edited)
    assert.equal(zone.serial, edited.serial)
  end)

  it("takes records in any form, several at once", function()
    local other = assert(understudy.parse { text = TEXT:gsub("192.0.2.1\n", "192.0.2.77\n") })
    local edited = parse():with(
      "mail 1h MX 10 www\n     TXT two words",
      { owner = "@", type = "CAA", '0 issue "ca.example.net"' },
      other:lookup("ns1", "A")
    )
    assert.equal("mail.example.com.\t3600\tIN\tMX\t10 www.example.com.", records(edited, "mail", "MX"))
    assert.equal('mail.example.com.\t300\tIN\tTXT\t"two" "words"', records(edited, "mail", "TXT"))
    assert.equal('example.com.\t300\tIN\tCAA\t0 issue "ca.example.net"', records(edited, "@", "CAA"))
    assert.equal(2, #edited:lookup("ns1", "A"))
  end)

  it("keeps the TTL of a set unless one is stated", function()
    local edited = parse():with({ owner = "www", type = "A", "192.0.2.1" }, "ns1 1m A 192.0.2.1")
    assert.equal(600, edited:lookup("www", "A").ttl)
    assert.equal(60, edited:lookup("ns1", "A").ttl)
  end)

  it("changes nothing by what is there", function()
    local zone = parse()
    assert.equal(zone, zone:with { owner = "WWW.Example.com.", type = "a", "192.0.2.9" })
    assert.same({ "my.zone", 6 }, { zone:with("new A 192.0.2.1"):lookup("www", "A"):place(1) })
    assert.same({}, { zone:with("new A 192.0.2.1"):lookup("new", "A"):place(1) })
  end)

  it("returns what is wrong with a record in the parser's words", function()
    local cases = {
      [{ owner = "www", type = "A", "192.0.2.256" }] = "^A address 192%.0%.2%.256 is not an IPv4 address$",
      [{ owner = "www", type = "A", "192.0.2.1", "x" }] = "^A address x is not an IPv4 address$",
      [{ owner = "w..w", type = "A", "192.0.2.1" }] = '^the name "w%.%.w" has an empty label$',
      [{ owner = "www", type = "AA", "x" }] = '^"AA" is no known type',
      [{ owner = "www", type = "A", ttl = -1, "192.0.2.1" }] = "^TTL %-1 is not in 0 to 2147483647",
      [{ owner = "www", type = "A", ttl = 1.5, "192.0.2.1" }] = "^TTL 1%.5 is not in 0 to 2147483647",
      [{ owner = "www", type = "A", "192.0.2.1\nx A 192.0.2.2" }] = "^the data of one record is one line$",
      ["www 300 A x"] = "^1:11: A address x is not an IPv4 address$",
      ["a A 192.0.2.1\nb A\nc A x"] = "^2:4: A address is missing at the end of the record … and 1 more$",
    }
    for record, message in pairs(cases) do
      local zone, err = parse():with(record)
      assert.is_nil(zone)
      assert.equal("syntax", err.code)
      assert.matches(message, tostring(err))
      assert.is_true(err.report.errors > 0)
    end
    local zone, err = parse():with { owner = "www.example.org.", type = "A", "192.0.2.1" }
    assert.is_nil(zone)
    assert.equal("refused", err.code)
    assert.equal("www.example.org. is neither example.com. nor below it.", tostring(err))
    assert.equal("zone.out_of_zone", err.report[1].id)
  end)

  it("needs a TTL where nothing tells one", function()
    local bare = assert(understudy.parse { text = "a 60 A 192.0.2.1\n", origin = "example.com" })
    local zone, err = bare:with "b A 192.0.2.1"
    assert.is_nil(zone)
    assert.equal("absent", err.code)
    assert.equal(61, bare:with("b 61 A 192.0.2.1"):lookup("b", "A").ttl)
  end)

  it("throws when it is called wrongly", function()
    local zone = parse()
    for pattern, record in pairs {
      ["unknown option 'typ', did you mean 'type'%?"] = { owner = "a", typ = "A", "192.0.2.1" },
      ["a record is {"] = { owner = "a", type = "A" },
      ["field 'owner' of a record must be a string, got a boolean"] = { owner = true, type = "A", "192.0.2.1" },
      ["data of a record must be a string, got a number"] = { owner = "a", type = "A", 1 },
      ["record expected, got number"] = 5,
      ["RRset expected, got understudy.Zone"] = zone,
    } do
      assert.error_matches(function()
        zone:with(record)
      end, pattern)
    end
    assert.error_matches(function()
      zone:with()
    end, "value expected")
  end)
end)

describe("zone:without", function()
  it("removes a record, a set or a name", function()
    local zone = parse():with "www A 192.0.2.10"
    assert.equal("www.example.com.\t600\tIN\tA\t192.0.2.10", records(zone:without("www", "A", "192.0.2.9"), "www", "A"))
    assert.is_nil(zone:without("www", "A", "192.0.2.9", "192.0.2.10"):lookup("www", "A"))
    local typed = zone:without("www", "A")
    assert.is_nil(typed:lookup("www", "A"))
    assert.equal(1, #typed:lookup("www", "TXT"))
    local named = zone:without "www.example.com."
    assert.is_nil(named:lookup("www", "TXT"))
    assert.equal(2, named.name_count)
  end)

  it("changes nothing by what is not there", function()
    local zone = parse()
    assert.equal(zone, zone:without "nobody")
    assert.equal(zone, zone:without("www", "MX"))
    assert.equal(zone, zone:without("www", "A", "192.0.2.77"))
    assert.equal(zone, zone:without "www.example.org.")
  end)

  it("returns what cannot be read, and throws what is no text", function()
    local zone, err = parse():without("www", "A", "x")
    assert.is_nil(zone)
    assert.equal("A address x is not an IPv4 address", tostring(err))
    zone, err = parse():without("www", "AA")
    assert.is_nil(zone)
    assert.matches("no known type", tostring(err))
    assert.error_matches(function()
      parse():without()
    end, "string expected")
  end)
end)

describe("zone:edit", function()
  it("makes many changes at once, the later ones on top", function()
    local zone = parse()
    local edited = zone:edit(function(draft)
      draft
        :remove("www")
        :add({ owner = "www", type = "A", "192.0.2.2" }, "api CNAME www")
        :set { owner = "ns1", type = "A", ttl = 60, "192.0.2.3", "192.0.2.4" }
      draft:remove("api"):add "api CNAME ns1"
    end)
    assert.equal("www.example.com.\t600\tIN\tA\t192.0.2.2", records(edited, "www", "A"))
    assert.is_nil(edited:lookup("www", "TXT"))
    assert.equal(
      "ns1.example.com.\t60\tIN\tA\t192.0.2.3\nns1.example.com.\t60\tIN\tA\t192.0.2.4",
      records(edited, "ns1", "A")
    )
    assert.equal("api.example.com.\t300\tIN\tCNAME\tns1.example.com.", records(edited, "api", "CNAME"))
    assert.equal(zone, zone:edit(function() end))
  end)

  it("can put a new SOA in the place of the old one", function()
    local edited = parse():edit(function(draft)
      draft:set { owner = "@", type = "SOA", "ns1 hostmaster 2024010102 1 2 3 4" }
    end)
    assert.equal(2024010102, edited.serial)
    assert.equal(600, edited:lookup("@", "SOA").ttl)
  end)

  it("fails as a whole with the first record that cannot be read", function()
    local seen
    local zone, err = parse():edit(function(draft)
      draft:add "a A 192.0.2.1"
      seen = { draft:add "b A x" }
      draft:add "c A 192.0.2.1"
    end)
    assert.is_nil(zone)
    assert.is_nil(seen[1])
    assert.equal("1:5: A address x is not an IPv4 address", tostring(seen[2]))
    assert.equal(tostring(seen[2]), tostring(err))
  end)

  it("ends the draft", function()
    local kept
    parse():edit(function(draft)
      kept = draft
      assert.equal("draft of a zone", tostring(draft))
      assert.error_matches(function()
        return draft:ad "x"
      end, "Draft has no method 'ad', did you mean 'add'%?")
    end)
    assert.equal("finished draft", tostring(kept))
    assert.error_matches(function()
      kept:add "a A 192.0.2.1"
    end, "draft is finished")
    assert.error_matches(function()
      parse():edit(function()
        error "no"
      end)
    end, "no")
  end)
end)

describe("an edited zone", function()
  -- Enough owners that the hash has many blocks.
  local function large()
    local lines = { TEXT }
    for i = 1, 3000 do
      lines[#lines + 1] = ("host%d A 192.0.2.%d"):format(i, i % 256)
    end
    return table.concat(lines, "\n") .. "\n"
  end

  it("is the zone that reading its records makes", function()
    local edited = parse(large()):without("host77"):with("zzz MX 1 www", "host1500 TXT x"):without("host3000", "A")
    local again = assert(understudy.parse { text = edited:text() })
    assert.equal(again, edited)
    assert.equal(again.name_count, edited.name_count)
    assert.equal(0, #again:diff(edited))
  end)

  it("is what a diff, applied, makes of the first", function()
    local zone = parse(large())
    local edited = zone
      :edit(function(draft)
        for i = 1, 3000, 7 do
          draft:set { owner = "host" .. i, type = "A", ttl = 60 + i, "198.51.100.1" }
          draft:remove("host" .. i + 1)
        end
      end)
      :with_serial(2024010102)
    local diff = zone:diff(edited)
    assert.equal(edited, diff:apply(parse(large())))
    assert.equal(zone, edited:diff(zone):apply(diff:apply(zone)))
    local applied, err = diff:apply(edited)
    assert.is_nil(applied)
    assert.equal("refused", err.code)
    assert.equal("the zone is not what the diff starts from", tostring(err))
    assert.error_matches(function()
      diff:apply "example.com"
    end, "understudy.Zone expected")
  end)
end)
