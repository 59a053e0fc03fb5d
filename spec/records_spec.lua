-- What the records of a master file and the zone of them must be: one test for each requirement, with where it stands.
local master_file = require "spec.support.master_file"
local understudy = require "understudy"

local findings, parse, reads = master_file.findings, master_file.parse, master_file.reads
local records, refuses, refuses_each = master_file.records, master_file.refuses, master_file.refuses_each
local STRING_255 <const> = ("s"):rep(255)

describe("data", function()
  it("has up to 65535 octets, and no more (RFC 1035 §3.2.1)", function()
    local full = (" " .. STRING_255):rep(255) .. " " .. ("s"):rep(254)
    local zone = assert(parse("a TXT" .. full))
    assert.equal(65535, #zone:lookup("a", "TXT"):rdata(1))
    assert.equal(zone, assert(understudy.parse { text = zone:text() }))
    refuses("a TXT" .. full .. "s")
  end)

  it("has numbers that fit their width (RFC 1035 §3.3)", function()
    reads("a MX 65535 b", "a.example. 60 MX 65535 b.example.")
    reads("a CAA 255 x \"\"", "a.example. 60 CAA 255 x \"\"")
    refuses_each {
      "a MX 65536 b", "a MX 4294967297 b", "a MX -1 b", "a MX 1.0 b", "a MX 0x1 b", "a SRV 65536 1 1 b",
      "a SRV 1 65536 1 b",
      "a SRV 1 1 65536 b", "a CAA 256 x y", "a DS 65536 8 1 " .. ("00"):rep(20), "a DS 1 256 1 " .. ("00"):rep(20),
      "a DS 1 8 256 " .. ("00"):rep(20), "a DNSKEY 65536 3 8 AAAA", "a DNSKEY 256 256 8 AAAA",
      "a DNSKEY 256 3 256 AAAA",
      "a TLSA 256 1 1 00", "a NAPTR 65536 1 \"\" \"\" \"\" .", "a SSHFP 256 1 " .. ("00"):rep(20),
      "a SOA b c 4294967296 1 1 1 1", "a SOA b c 1 4294967296 1 1 1", "a LOC 91 N 0 E 0",
      "a RRSIG A 256 1 1 20200101000000 20200101000000 1 . AAAA",
    }
  end)

  it("has addresses of four decimal octets, or of RFC 4291 without a scope (RFC 1035 §3.4.1)", function()
    reads("a A 0.0.0.0\na A 255.255.255.255", { "a.example. 60 A 0.0.0.0", "a.example. 60 A 255.255.255.255" })
    for text, printed in pairs {
      ["::"] = "::", ["::1"] = "::1", ["2001:DB8::"] = "2001:db8::", ["1:2:3:4:5:6:7:8"] = "1:2:3:4:5:6:7:8",
      ["::ffff:192.0.2.1"] = "::ffff:192.0.2.1", ["1:2:3:4:5:6:192.0.2.1"] = "1:2:3:4:5:6:c000:201",
    } do
      reads("a AAAA " .. text, "a.example. 60 AAAA " .. printed)
    end
    refuses_each {
      "a A 1.2.3", "a A 1.2.3.4.5", "a A 1.2.3.256", "a A 1.2.3.", "a A 0x1.2.3.4", "a A 1", "a A ::1", "a A 1..2.3",
      "a AAAA fe80::1%eth0", "a AAAA 1:2:3:4:5:6:7", "a AAAA 1::2::3", "a AAAA 12345::", "a AAAA 1:2:3:4:5:6:7:8:9",
      "a AAAA 192.0.2.1", "a AAAA :::", "a AAAA 1:2:3:4:5:6:7:", "a AAAA ::1.2.3.256",
    }
  end)

  it("may be given by \\# for every type, its length right (RFC 3597 §5)", function()
    reads("a TYPE65280 \\# 3 ab cd ef", "a.example. 60 TYPE65280 \\# 3 ABCDEF")
    reads("a TYPE65280 \\# 0", "a.example. 60 TYPE65280 \\# 0")
    reads("a TYPE1 \\# 4 c0000201\na A 192.0.2.2", { "a.example. 60 A 192.0.2.1", "a.example. 60 A 192.0.2.2" })
    reads("a TYPE1 192.0.2.1", "a.example. 60 A 192.0.2.1")
    reads("a TYPE65401 \\# 3 016200", "a.example. 60 ALIAS b.")
    reads("a TYPE65401 b.", "a.example. 60 ALIAS b.")
    refuses_each {
      "a TYPE65280 \\# 2 abcdef", "a TYPE65280 \\# 4 abcdef", "a TYPE65280 \\# 1 abc", "a TYPE65280 \\# 2 ab c d e",
      "a TYPE65280 \\# 65536 " .. ("00"):rep(65536), "a TYPE65536 \\# 0", "a TYPE65280 \\# -1", "a TYPE65280 \\#",
      "a TYPE65280 192.0.2.1", "a TYPE65280 \\# 1 xx", "a TYPE65280 # 1 ab",
    }
    assert.equal(65535, #assert(parse("a TYPE65280 \\# 65535 " .. ("0f"):rep(65535))):lookup("a", "TYPE65280"):rdata(1))
  end)

  it("given by \\# is checked as what its type says, without compression (RFC 3597 §4 and §5)", function()
    reads("a MX \\# 5 0001 016200", "a.example. 60 MX 1 b.")
    refuses_each {
      "a A \\# 0", "a A \\# 3 c00002", "a A \\# 5 c000020101", "a MX \\# 4 0001 c000", "a NS \\# 2 c00c",
      "a TXT \\# 2 0261",
      "a AAAA \\# 4 c0000201", "a NS \\# 3 016100ff", "a SOA \\# 2 0000", "a CNAME \\# 0",
    }
  end)

  it("of SVCB has sorted keys, no key twice and none that is missing or pointless (RFC 9460 §2.2, §8)", function()
    reads("a HTTPS 1 . port=53 alpn=h2 mandatory=port,alpn",
      "a.example. 60 HTTPS 1 . mandatory=alpn,port alpn=\"h2\" port=53")
    reads("a SVCB 0 b", "a.example. 60 SVCB 0 b.example.")
    reads("a SVCB 1 . alpn=h2 no-default-alpn", "a.example. 60 SVCB 1 . alpn=\"h2\" no-default-alpn")
    refuses_each {
      "a SVCB 1 . port=1 port=2", "a SVCB 1 . mandatory=port", "a SVCB 1 . mandatory=mandatory",
      "a SVCB 1 . no-default-alpn",
      "a SVCB 1 . mandatory=port,port port=1", "a SVCB 1 . alpn", "a SVCB 1 . port=65536", "a SVCB 1 . ipv4hint=::1",
      "a SVCB 1 . key65536=x", "a SVCB 1 . nonsense=x", "a SVCB 1 . no-default-alpn=x alpn=h2", "a SVCB 1 . key4=abc",
      "a SVCB 1 \\# 4 00010000",
    }
  end)

  it("of ZONEMD has at least 12 octets, 48 for SHA-384, 64 for SHA-512 (RFC 8976 §2.2.4)", function()
    local function zonemd(hash, octets)
      return ("@ ZONEMD 1 1 %d %s"):format(hash, ("ab"):rep(octets))
    end
    for _, good in ipairs { { 1, 48 }, { 2, 64 }, { 240, 12 }, { 240, 99 } } do
      assert.equal(1, #records(zonemd(table.unpack(good))))
    end
    for _, bad in ipairs { { 1, 47 }, { 1, 49 }, { 2, 63 }, { 2, 65 }, { 240, 11 } } do
      refuses(zonemd(table.unpack(bad)))
    end
  end)
end)

describe("zones", function()
  it("have one SOA, at the apex; the same twice is one (RFC 1035 §5.2)", function()
    local soa <const> = "@ SOA ns.example.net. admin %d 3600 600 86400 300\n"
    assert.is_nil(findings("")["zone.soa.missing"])
    assert.is_nil(findings(soa:format(1))["zone.soa.missing"])
    assert.equal("error", findings(soa:format(2))["zone.soa.missing"])
    assert.equal("error", findings("", { head = "$TTL 60\n@ NS ns.example.net.\n" })["zone.soa.missing"])
    assert.equal("error", findings("a SOA b c 1 2 3 4 5")["zone.soa.not_apex"])
  end)

  it("have a CNAME beside no type but RRSIG, NSEC and KEY, and none at the apex (RFC 2181 §10.1)", function()
    local CNAME_RULES <const> = {
      ALIAS = "alias.with_cname", CNAME = "cname.multiple", DNAME = "dname.cname", POOL = "pool.coexist",
      URL = "url.conflict",
    }
    local DATA <const> = {
      A = "192.0.2.1", AAAA = "::1", NS = "b", MX = "1 b", TXT = "x", SRV = "1 1 1 b", PTR = "b",
      DS = "1 8 1 " .. ("00"):rep(20),
      DNAME = "b", CAA = "0 issue x", NAPTR = "1 1 \"\" \"\" \"\" .", HINFO = "a b", LOC = "0 N 0 E 0",
      SSHFP = "1 1 " .. ("00"):rep(20),
      TLSA = "1 1 1 00", RP = "a b", AFSDB = "1 b", X25 = "1234", ISDN = "1", RT = "1 b", NSAP = "0x00",
      PX = "1 a b", KX = "1 b",
      CERT = "1 1 1 AAAA", APL = "1:192.0.2.0/24", IPSECKEY = "1 0 1 . AAAA", DNSKEY = "256 3 8 AAAA",
      DHCID = "AAAA", HIP = "1 00 AAAA",
      CDS = "1 8 1 " .. ("00"):rep(20), CDNSKEY = "256 3 8 AAAA", OPENPGPKEY = "AAAA", CSYNC = "1 1 A",
      SVCB = "1 .", HTTPS = "1 .",
      SPF = "x", NID = "1 1:2:3:4", L32 = "1 1.2.3.4", L64 = "1 1:2:3:4", LP = "1 b", EUI48 = "00-00-00-00-00-00",
      EUI64 = "00-00-00-00-00-00-00-00", URI = "1 1 \"x\"", SMIMEA = "1 1 1 00", TYPE65280 = "\\# 0",
      ALIAS = "b", POOL = "b",
      URL = "https://b/", CNAME = "c", MB = "b", MG = "b", MR = "b", MINFO = "a b", WKS = "192.0.2.1 6 25",
      GPOS = "1 1 1", NULL = "\\# 0",
      SINK = "1 1 1 AAAA", TALINK = "a b", NINFO = "x", RKEY = "0 3 1 AAAA", TA = "1 8 1 " .. ("00"):rep(20),
      DLV = "1 8 1 " .. ("00"):rep(20),
      NSEC3PARAM = "1 0 0 -", ZONEMD = "1 1 1 " .. ("00"):rep(48), RESINFO = "x", AMTRELAY = "1 0 0 .",
      MD = "a", MF = "a",
    }
    local count = 0
    for type, data in pairs(DATA) do
      local found = findings(("c CNAME a\nc %s %s"):format(type, data))
      local rule = CNAME_RULES[type] or "cname.coexist"
      assert.equal("error", found[rule], type)
      count = count + 1
    end
    assert.is_true(count >= 60)
    for type, data in pairs {
      RRSIG = "CNAME 8 2 60 20300101000000 20200101000000 1 example. AAAA", NSEC = "d CNAME", KEY = "256 3 8 AAAA",
      SIG = "CNAME 8 2 60 20300101000000 20200101000000 1 example. AAAA", NXT = "d CNAME",
    } do
      local found = findings(("c CNAME a.example.net.\nc %s %s"):format(type, data))
      assert.is_nil(found["cname.coexist"], type)
    end
    local apex = "@ CNAME a.example.net."
    assert.equal("error", findings(apex)["cname.apex"] or findings(apex)["cname.coexist"])
  end)

  it("have one DNAME at a name, nothing below it, and no CNAME beside it (RFC 6672 §2.4)", function()
    assert.equal("error", findings("d DNAME a.\nd DNAME b.")["dname.multiple"])
    assert.equal("error", findings("d DNAME a.\nx.d A 192.0.2.1")["dname.children"])
    local beside = findings("d DNAME a.\nd CNAME b.")
    assert.equal("error", beside["dname.cname"] or beside["cname.coexist"])
  end)

  it("hold no record from outside, and say so (RFC 1035 §5.2)", function()
    local zone = assert(parse "other.net. A 192.0.2.1\na A 192.0.2.1")
    assert.equal(3, #zone)
    assert.equal("zone.out_of_zone", zone.reading[1].id)
    assert.equal("error", zone.reading[1].severity)
  end)

  it("are found fault with for want of NS and glue, and not refused (RFC 1034 §4.2.1)", function()
    local soa <const> = "$TTL 60\n@ SOA ns.example.net. admin 1 3600 600 86400 300\n"
    assert.is_not_nil(findings("", { head = soa })["zone.ns.missing"])
    assert.is_not_nil(findings("d NS ns.d")["deleg.glue_missing"])
    assert.is_not_nil(findings("d NS c\nc CNAME a.")["ns.cname"])
    assert.is_not_nil(findings("m MX 1 c\nc CNAME a.")["mx.cname"])
    assert.is_not_nil(findings("m NS 192.0.2.1")["target.is_ip"])
  end)

  it("keep what a delegation hides: it is transferred (RFC 5936 §3.5)", function()
    local found, zone = records "d NS ns.example.net.\nx.d A 192.0.2.1"
    assert.same({ "d.example. 60 NS ns.example.net.", "x.d.example. 60 A 192.0.2.1" }, found)
    assert.is_not_nil(findings("d NS ns.example.net.\nx.d A 192.0.2.1")["deleg.occluded"])
    assert.equal(4, #zone)
  end)

  it("may have * anywhere in a name, but no NS, DNAME or DS at a wildcard (RFC 4592 §2.1, §4)", function()
    for _, owner in ipairs { "*", "a.*.b", "*.*.b", "*.b" } do
      reads(owner .. " A 192.0.2.1", owner .. ".example. 60 A 192.0.2.1")
      for id, severity in pairs(findings(owner .. " A 192.0.2.1")) do
        assert.not_equal("error", severity, owner .. id)
      end
    end
    assert.equal("error", findings("*.w NS ns.example.net.")["deleg.wildcard_ns"])
    assert.equal("warning", findings("*.w DNAME example.net.")["dname.wildcard"])
    assert.is_not_nil(findings("*.w DS 1 8 1 " .. ("00"):rep(20))["ds.no_ns"])
  end)

  it("tell file, line, column and reason of a fault, and end after so many (our rule)", function()
    local lines = {}
    for i = 1, 300 do
      lines[i] = ("h%d A 192.0.2.%d"):format(i, 256 + i)
    end
    local zone, err = parse(table.concat(lines, "\n"), { name = "some.zone", max_errors = 25 })
    assert.is_nil(zone)
    assert.equal("some.zone:4:6: ", tostring(err):sub(1, 15))
    assert.is_true(err.report.errors <= 26)
  end)

  it("print as the same octets each time, and read back as the same zone (our rule)", function()
    local zone = assert(parse("b A 192.0.2.2\na TXT \"x\" \\255\nb A 192.0.2.1\n*.a 1 HTTPS 1 . alpn=\"a,b\\\\,c\""))
    local again = assert(understudy.parse { text = zone:text() })
    assert.equal(zone, again)
    assert.equal(zone:text(), again:text())
    local turned = assert(parse("*.a 1 HTTPS 1 . alpn=\"a,b\\\\,c\"\nb A 192.0.2.1\nb A 192.0.2.2\na TXT x \"\\255\""))
    assert.equal(zone:text(), turned:text())
    assert.equal(zone.hash, turned.hash)
  end)
end)
