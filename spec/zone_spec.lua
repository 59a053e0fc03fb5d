-- Zones as Lua values: reading them, looking into them, printing and writing them.
local command = require "spec.support.command"
local understudy = require "understudy"

local TEXT <const> = [[
$TTL 300
@        3600 SOA ns1 hostmaster 2024010101 14400 3600 1209600 300
@             NS  ns1
@             NS  ns2.example.net.
ns1           A   192.0.2.1
ns1           AAAA 2001:db8::1
www           A   192.0.2.10
www           A   192.0.2.9
mail.www      TXT "two words" "a \"quote\""
shop     60   ALIAS shops.example.net.
]]

local function parse(text, options)
  options = options or {}
  options.text = text
  options.origin = options.origin or "example.com"
  return assert(understudy.parse(options))
end

local function collect(zone, filter)
  local found = {}
  for rrset in zone:rrsets(filter) do
    found[#found + 1] = rrset.owner .. " " .. rrset.type
  end
  return found
end

local function slurp(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

describe("parse", function()
  it("makes a zone of text", function()
    local zone = parse(TEXT)
    assert.equal("example.com.", zone.origin)
    assert.equal(2024010101, zone.serial)
    assert.equal(9, #zone)
    assert.equal(7, zone.rrset_count)
    assert.equal(5, zone.name_count)
    assert.matches("^%x+$", zone.hash)
    assert.equal(64, #zone.hash)
    assert.is_true(zone.memory > 0)
    assert.equal("example.com.  serial 2024010101  9 records in 5 names", tostring(zone))
  end)

  it("takes the origin from the SOA", function()
    local zone = assert(understudy.parse { text = "example.org. 60 IN SOA a. b. 7 2 3 4 5\n" })
    assert.equal("example.org.", zone.origin)
    assert.equal("example.org.  serial 7  1 record in 1 name", tostring(zone))
  end)

  it("keeps the findings of reading", function()
    local zone = parse(TEXT .. "www A 192.0.2.9\n", { name = "my.zone" })
    assert.equal(1, #zone.reading)
    assert.equal("rr.duplicate", zone.reading[1].id)
    assert.equal("my.zone", zone.reading[1].records[1].file)
    assert.equal(1, #zone:with_serial(1).reading)
    assert.equal(0, #parse(TEXT).reading)
  end)

  it("returns an error with every finding", function()
    local zone, err = understudy.parse { text = "a A 192.0.2.256\nb A x\n", origin = "example.com", name = "my.zone" }
    assert.is_nil(zone)
    assert.equal("syntax", err.code)
    assert.equal("my.zone", err.file)
    assert.equal(1, err.line)
    assert.matches("^my%.zone:1:%d+: .* … and 1 more$", tostring(err))
    assert.equal(2, err.report.errors)
    assert.matches("my%.zone:2:", err.report:text())
  end)

  it("says which zone has no name", function()
    local zone, err = understudy.parse { text = "www.example.com. 60 IN A 192.0.2.1\n" }
    assert.is_nil(zone)
    assert.equal("absent", err.code)
    assert.equal("zone.soa.missing", err.report[1].id)
  end)

  it("says why a file cannot be read", function()
    local zone, err = understudy.parse { file = "/nonexistent/my.zone" }
    assert.is_nil(zone)
    assert.equal("io", err.code)
    assert.equal("/nonexistent/my.zone: No such file or directory", tostring(err))
  end)

  it("keeps to the limits that it is given", function()
    local zone, err = understudy.parse { text = TEXT, origin = "example.com", max_records = 3 }
    assert.is_nil(zone)
    assert.equal("limit", err.code)
  end)

  it("throws when it is called wrongly", function()
    assert.error_matches(function()
      understudy.parse { text = TEXT, orgin = "example.com" }
    end, "unknown option 'orgin', did you mean 'origin'%?")
    assert.error_matches(function()
      understudy.parse { origin = "example.com" }
    end, "one of the options 'text' and 'file'")
    assert.error_matches(function()
      understudy.parse { text = TEXT, max_records = 1.5 }
    end, "option 'max_records' must be a whole number")
    assert.error_matches(function()
      understudy.parse { text = TEXT, max_records = "1" }
    end, "option 'max_records' must be a number, got a string")
    assert.error_matches(function()
      understudy.parse { text = TEXT, origin = "a..b" }
    end, "option 'origin': not a domain name: 'a..b'")
    assert.error_matches(function()
      understudy.parse(TEXT)
    end, "table expected")
  end)
end)

describe("a zone", function()
  it("finds RRsets by absolute and by relative names", function()
    local zone = parse(TEXT)
    for _, owner in ipairs { "www", "WWW", "www.example.com.", "Www.Example.COM." } do
      local rrset = zone:lookup(owner, "a")
      assert.equal("www.example.com.", rrset.owner)
      assert.equal("A", rrset.type)
      assert.equal(300, rrset.ttl)
    end
    assert.equal(2, #zone:lookup("@", "NS"))
    assert.is_nil(zone:lookup("www", "AAAA"))
    assert.is_nil(zone:lookup("www.example.org.", "A"))
    assert.error_matches(function()
      zone:lookup("www", "AA")
    end, "unknown record type 'AA'")
    assert.error_matches(function()
      zone:lookup("w..w", "A")
    end, "not a domain name")
  end)

  it("goes through its RRsets in canonical order", function()
    local zone = parse(TEXT)
    assert.same({
      "example.com. NS",
      "example.com. SOA",
      "ns1.example.com. A",
      "ns1.example.com. AAAA",
      "shop.example.com. ALIAS",
      "www.example.com. A",
      "mail.www.example.com. TXT",
    }, collect(zone))
    assert.same({ "ns1.example.com. A", "www.example.com. A" }, collect(zone, { type = "A" }))
    assert.same({ "www.example.com. A", "mail.www.example.com. TXT" }, collect(zone, { under = "www" }))
    assert.same({ "mail.www.example.com. TXT" }, collect(zone, { under = "www.example.com.", type = "TXT" }))
    assert.same({}, collect(zone, { under = "example.net." }))
    assert.equal(7, #collect(zone, { under = "@" }))
    assert.error_matches(function()
      zone:rrsets { typ = "A" }
    end, "unknown option 'typ', did you mean 'type'%?")
  end)

  it("gives what is at a name when it is indexed with it", function()
    local zone = parse(TEXT)
    assert.equal(tostring(zone:rrsets { under = "ns1" }), tostring(zone["ns1"]))
    assert.equal(tostring(zone:rrsets { under = "ns1" }), tostring(zone.ns1))
    assert.equal("www.example.com.     300  A  192.0.2.9\nwww.example.com.     300  A  192.0.2.10",
      tostring(zone["WWW.Example.com."]))
    assert.equal(3600, zone["@"].SOA.ttl)
    assert.equal("2001:db8::1", zone.ns1.aaaa[1])
    assert.is_nil(zone.ns1.MX)
    assert.is_nil(zone["absent.www"])
    assert.is_nil(zone["example.net."])
    assert.is_nil(zone[1])
    assert.error_matches(function() return zone.wwww end, "Zone has no method 'wwww'")
    assert.error_matches(function() return zone.ns1.NOTYPE end, "RRsets has no method 'NOTYPE'")
    assert.equal(zone.check, parse("check 60 A 192.0.2.1").check) -- methods come first
    assert.equal("192.0.2.1", parse("check 60 A 192.0.2.1")["check.example.com."].A[1])
  end)

  it("gives its RRsets as plain values too", function()
    local zone = parse(TEXT)
    local function each(filter)
      local found = {}
      for owner, type, ttl, number in zone:each(filter) do
        local rrset = zone:rrset(number)
        assert.same({ owner, type, ttl }, { rrset.owner, rrset.type, rrset.ttl })
        found[#found + 1] = owner .. " " .. type
      end
      return found
    end
    for _, filter in ipairs {
      {}, { type = "A" }, { under = "www" }, { under = "www", type = "TXT" }, { type = "MX" },
    } do
      assert.same(collect(zone, filter), each(filter))
    end
    assert.equal(tostring(zone:rrsets { type = "A" }), tostring(zone:each { type = "A" }))
    for _, number in ipairs { 0, 8, -1 } do
      assert.error_matches(function()
        zone:rrset(number)
      end, "the zone has no such RRset")
    end
  end)

  it("gives views that stay what they are when the loop goes on", function()
    local kept, texts = {}, {}
    for rrset in parse(TEXT):rrsets() do -- nothing else keeps the zone
      kept[#kept + 1], texts[#texts + 1] = rrset, tostring(rrset)
    end
    collectgarbage()
    for i, rrset in ipairs(kept) do
      assert.equal(texts[i], tostring(rrset))
    end
  end)

  it("refuses its views and loops once it is closed", function()
    local zone = parse(TEXT)
    local rrset, loop, values = zone:rrset(1), zone:rrsets(), zone:each()
    loop()
    do
      local closing <close> = zone -- luacheck: ignore
    end
    for _, use in ipairs {
      function() return rrset.owner end, function() return rrset[1] end, function() return #rrset end,
      function() return rrset:rdata(1) end, function() return tostring(rrset) end, loop, values,
      function() return tostring(loop) end, function() return zone:rrset(1) end,
    } do
      assert.error_matches(use, "zone is closed")
    end
  end)

  it("refuses other objects in place of its own", function()
    local zone = parse(TEXT)
    local rrset = zone:rrset(1)
    for _, use in ipairs {
      function() return debug.getmetatable(rrset).__index(zone, "owner") end,
      function() return debug.getmetatable(rrset).__index(io.stdout, "owner") end,
      function() return debug.getmetatable(rrset).__index(nil, "owner") end,
      function() return debug.getmetatable(zone:rrsets()).__call(rrset) end,
      function() return debug.getmetatable(zone:rrsets()).__call("a") end,
      function() return rrset.rdata(zone, 1) end,
    } do
      assert.error_matches(use, "expected")
    end
  end)

  it("can be given another serial", function()
    local zone = parse(TEXT)
    local next_one = zone:with_serial(4294967295)
    assert.equal(4294967295, next_one.serial)
    assert.equal(2024010101, zone.serial)
    assert.equal(zone.hash, next_one.hash)
    assert.not_equal(zone, next_one)
    assert.equal(zone, next_one:with_serial(2024010101))
    assert.error_matches(function()
      zone:with_serial(4294967296)
    end, "must be from 0 to 4294967295")
    local none, err = parse("www 60 A 192.0.2.1\n"):with_serial(1)
    assert.is_nil(none)
    assert.equal("absent", err.code)
  end)

  it("is equal to a zone of the same records, however they were written", function()
    local other = parse [[
$ORIGIN COM.
mail.WWW.example 300 TXT two\032words "a \034quote\034"
www.example 300 A 192.0.2.9
            300 A 192.0.2.10
shop.example 1m ALIAS SHOPS.example.net.
ns1.example 5m AAAA 2001:db8:0:0::1
ns1.example 5m A 192.0.2.1
example 5m NS ns2.EXAMPLE.net.
example 5m NS ns1.example
example 1h IN SOA ns1.example hostmaster.example (2024010101 4h 1h 2w 5m)
]]
    -- the case of an ALIAS target is content, that of a NS is not (RFC 4034 §6.2)
    assert.equal(parse((TEXT:gsub("shops", "SHOPS"))).hash, other.hash)
  end)

  it("prints as a zone file that reads the same", function()
    local zone = parse(TEXT)
    local text = zone:text()
    assert.matches("^example%.com%.\t3600\tIN\tSOA\tns1%.example%.com%. ", text)
    assert.matches('mail%.www%.example%.com%.\t300\tIN\tTXT\t"two words" "a \\"quote\\""\n', text)
    assert.matches("shop%.example%.com%.\t60\tIN\tALIAS\tshops%.example%.net%.\n", text)
    local again = assert(understudy.parse { text = text })
    assert.equal(zone, again)
    assert.equal(text, again:text())
  end)

  it("prints what BIND reads as the same zone", function()
    local folder, remove = command.folder {}
    local zone = parse((TEXT:gsub("[^\n]*ALIAS[^\n]*\n", "")))
    assert(zone:write(folder .. "/out.zone"))
    local result = command.shell(
      ("PATH=$PATH:/usr/sbin named-compilezone -i none -o '%s/bind.zone' example.com. '%s/out.zone' 2>&1"):format(
        folder,
        folder
      )
    )
    assert.equal(0, result.status, result.out)
    assert.equal(zone, understudy.parse { file = folder .. "/bind.zone" })
    remove()
  end)

  it("is written as a whole or not at all", function()
    local folder, remove = command.folder { ["out.zone"] = "old" }
    local zone = parse(TEXT)
    assert(os.execute(("chmod 600 '%s/out.zone'"):format(folder)))
    assert.is_true(zone:write(folder .. "/out.zone"))
    assert.equal(zone:text(), slurp(folder .. "/out.zone"))
    assert.equal("out.zone\n", command.shell("ls -A " .. folder).out)
    assert(io.open(folder .. "/like", "w")):close()
    local modes = command.shell(("cd '%s' && stat -c %%a out.zone like"):format(folder)).out
    assert.matches("^(%d+)\n%1\n$", modes)

    local ok, err = zone:write(folder .. "/none/out.zone")
    assert.is_nil(ok)
    assert.equal("io", err.code)
    assert.equal(folder .. "/none/out.zone: No such file or directory", tostring(err))
    ok, err = zone:write(folder) -- a folder cannot be replaced: what was written beside it goes again
    assert.is_nil(ok)
    assert.equal("io", err.code)
    assert.equal("", command.shell(("ls -d '%s'.*"):format(folder)).out)
    remove()
  end)

  it("is checked", function()
    local report = parse(TEXT .. "www CNAME mail\n"):check()
    assert.equal("cname.coexist", report[1].id)
  end)

  it("names what it does not have", function()
    local zone = parse(TEXT)
    assert.error_matches(function()
      return zone:diffs()
    end, "Zone has no method 'diffs', did you mean 'diff'%?")
    assert.error_matches(function()
      return zone.serail
    end, "Zone has no method 'serail', did you mean 'serial'%?")
    assert.error_matches(function()
      return zone.xyzzy
    end, "Zone has no method 'xyzzy'$")
    assert.error_matches(function()
      zone.serial = 5
    end, "")
    assert.equal("understudy.Zone", getmetatable(zone))
  end)

  it("can be closed, and says so", function()
    local rrset, kept
    do
      local zone <close> = parse(TEXT)
      rrset, kept = zone:lookup("www", "A"), zone
    end
    assert.equal("closed zone", tostring(kept))
    assert.error_matches(function()
      return kept.serial
    end, "zone is closed")
    assert.error_matches(function()
      return rrset[1]
    end, "zone is closed")
  end)
end)

describe("an RRset", function()
  it("gives its records as text and as octets, and their places", function()
    local www = parse(TEXT, { name = "my.zone" }):lookup("www", "A")
    assert.equal(2, #www)
    assert.equal("192.0.2.9", www[1])
    assert.equal("192.0.2.10", www[2])
    assert.is_nil(www[0])
    assert.is_nil(www[3])
    local all = {}
    for i, data in ipairs(www) do
      all[i] = data
    end
    assert.same({ "192.0.2.9", "192.0.2.10" }, all)
    assert.equal("\192\0\2\9", www:rdata(1))
    assert.same({ "my.zone", 8 }, { www:place(1) })
    assert.same({ "my.zone", 7 }, { www:place(2) })
    assert.equal("www.example.com.\t300\tIN\tA\t192.0.2.9\nwww.example.com.\t300\tIN\tA\t192.0.2.10", tostring(www))
    assert.error_matches(function()
      www:rdata(3)
    end, "no such record")
    assert.error_matches(function()
      return www.tll
    end, "RRset has no method 'tll', did you mean 'ttl'%?")
  end)

  it("shows the serial of its zone", function()
    local soa = parse(TEXT):with_serial(77):lookup("@", "SOA")
    assert.matches(" 77 14400 ", soa[1])
  end)

  it("is equal to one of the same records", function()
    local one, other = parse(TEXT), parse((TEXT:gsub("192.0.2.9", "192.0.2.8")))
    assert.equal(one:lookup("ns1", "A"), other:lookup("ns1", "A"))
    assert.not_equal(one:lookup("www", "A"), other:lookup("www", "A"))
  end)

  it("keeps its zone alive", function()
    local rrset = parse(TEXT):lookup("www", "A")
    collectgarbage()
    collectgarbage()
    assert.equal("192.0.2.9", rrset[1])
  end)
end)

describe("the library's face", function()
  it("loads names when they are used, and knows no others", function()
    local names = {}
    for name, value in pairs(understudy) do
      assert.not_nil(value, name)
      names[name] = true
    end
    assert.is_true(names.parse and names.diff and names.rules and names.resolver)
    assert.equal(require "understudy.version", understudy.version)
    assert.error_matches(function()
      return understudy.prase
    end, "did you mean 'parse'%?")
  end)
end)

describe("an error", function()
  it("prints as what it knows of its place", function()
    local function text(fields)
      fields.code, fields.message = "syntax", "no"
      return tostring(understudy.error(fields))
    end
    assert.equal("no", text {})
    assert.equal("a.zone: no", text { file = "a.zone" })
    assert.equal("a.zone:7: no", text { file = "a.zone", line = 7 })
    assert.equal("a.zone:7:3: no", text { file = "a.zone", line = 7, column = 3 })
    assert.equal("so: no", "so: " .. understudy.error { code = "x", message = "no" })
    assert.error_matches(function()
      understudy.error { message = "no" }
    end, "needs a code")
  end)
end)
