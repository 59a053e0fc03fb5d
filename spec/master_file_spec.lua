-- How a master file is written: one test for each requirement, with where it stands. Fixtures elsewhere show single
-- faults and styles; here is the list that they add up to. What records and zones must be is in records_spec.lua.
local command = require "spec.support.command"
local lfs = require "lfs"
local master_file = require "spec.support.master_file"
local understudy = require "understudy"

local parse, reads, records = master_file.parse, master_file.reads, master_file.records
local refuses, refuses_each = master_file.refuses, master_file.refuses_each
local HEAD <const> = master_file.head
local LABEL_63 <const> = ("a"):rep(63)
local STRING_255 <const> = ("s"):rep(255)

local function write(path, content)
  local file <close> = assert(io.open(path, "wb"))
  file:write(content)
end

describe("names", function()
  it("take \\DDD as one octet, up to 255 and of three digits (RFC 1035 §5.1)", function()
    reads("\\097\\000\\255b 60 TXT \\065\\000\\255", "a\\000\\255b.example. 60 TXT \"A\\000\\255\"")
    refuses_each {
      "\\256 A 192.0.2.1", "\\25 A 192.0.2.1", "\\2x5 A 192.0.2.1", "a TXT \\256", "a TXT \\1",
      "a TXT \"\\99\"",
    }
  end)

  it("take \\X as X, which is data then, and print it so that it is read as the same (RFC 1035 §5.1)", function()
    for _, octet in ipairs { ".", "@", ";", "(", ")", "\"", "$", "\\" } do
      local owner, text = ("x\\%sy"):format(octet), ("\\%s"):format(octet)
      local found, zone = records(("%s TXT %s"):format(owner, text))
      assert.equal(1, #found)
      local printed = (octet:match "[\"\\]" and "\"\\%s\"" or "\"%s\""):format(octet)
      assert.equal(("%s.example. 60 TXT %s"):format(owner, printed), found[1])
      assert.equal(zone, assert(understudy.parse { text = zone:text() }))
    end
    reads("\\@ A 192.0.2.1", "\\@.example. 60 A 192.0.2.1")
    reads("a\\ b A 192.0.2.1", "a\\032b.example. 60 A 192.0.2.1")
    reads("\\*.w A 192.0.2.1", "*.w.example. 60 A 192.0.2.1")
  end)

  it("have labels of 1 to 63 octets, escapes counted as one (RFC 1035 §2.3.4)", function()
    reads(LABEL_63 .. " A 192.0.2.1", LABEL_63 .. ".example. 60 A 192.0.2.1")
    reads(("\\097"):rep(63) .. " A 192.0.2.1", LABEL_63 .. ".example. 60 A 192.0.2.1")
    refuses_each { LABEL_63 .. "a A 192.0.2.1", ("\\097"):rep(64) .. " A 192.0.2.1", "a NS " .. LABEL_63 .. "a" }
  end)

  it("have at most 255 octets, with the origin that is added (RFC 1035 §2.3.4)", function()
    -- three labels of 64 octets, one of `last` and one more, "example." of 9
    local function name(last)
      return (LABEL_63 .. "."):rep(3) .. ("b"):rep(last)
    end
    assert.equal(1, #records(name(53) .. " A 192.0.2.1"))
    assert(parse(name(61) .. ". A 192.0.2.1", { origin = "." }))
    refuses_each { name(54) .. " A 192.0.2.1", "a NS " .. name(54), "a NS " .. name(62) .. "." }
    assert.is_nil((parse(name(62) .. ". A 192.0.2.1", { origin = "." })))
  end)

  it("have no empty label but the root (RFC 1035 §3.1)", function()
    refuses_each {
      "a..b A 192.0.2.1", ".a A 192.0.2.1", "a.. A 192.0.2.1", "x NS a..b", "x NS .a", "x NS ..", "x MX 1 a..",
    }
    reads("x MX 0 .", "x.example. 60 MX 0 .")
  end)

  it("are below the origin when relative; @ is the origin, unless quoted or escaped (RFC 1035 §5.1)", function()
    reads("a CNAME b", "a.example. 60 CNAME b.example.")
    reads("a.example. CNAME b.", "a.example. 60 CNAME b.")
    reads("a CNAME @", "a.example. 60 CNAME example.")
    reads("a CNAME \\@", "a.example. 60 CNAME \\@.example.")
    reads("a CNAME \"@\"", "a.example. 60 CNAME \\@.example.")
    reads("@ A 192.0.2.1", "example. 60 A 192.0.2.1")
    reads("a TXT @", "a.example. 60 TXT \"@\"")
  end)

  it("compare without letter case, and keep one record of equal ones (RFC 1034 §3.1, RFC 2181 §5)", function()
    local found, zone = records "A.B A 192.0.2.1\na.b A 192.0.2.1\na.B A 192.0.2.2"
    assert.same({ "a.b.example. 60 A 192.0.2.1", "a.b.example. 60 A 192.0.2.2" }, found)
    assert.equal("rr.duplicate", zone.reading[1].id)
  end)
end)

describe("lines", function()
  it("repeat the owner stated last, across $ORIGIN too, when they begin with a blank (RFC 1035 §5.1)", function()
    reads("a A 192.0.2.1\n A 192.0.2.2\n\tA 192.0.2.3\n$ORIGIN sub\n A 192.0.2.4", {
      "a.example. 60 A 192.0.2.1", "a.example. 60 A 192.0.2.2", "a.example. 60 A 192.0.2.3",
      "a.example. 60 A 192.0.2.4",
    })
    refuses(" A 192.0.2.1", { head = "$TTL 60\n" })
  end)

  it("go on within parentheses, where nothing is an owner, and these must match (RFC 1035 §5.1)", function()
    reads("a MX(1\nb\n)", "a.example. 60 MX 1 b.example.")
    reads("a ( MX 1\nb )", "a.example. 60 MX 1 b.example.")
    reads("( a MX 1 b )", "a.example. 60 MX 1 b.example.")
    reads("a TXT (1 2\n3)4", "a.example. 60 TXT \"1\" \"2\" \"3\" \"4\"")
    refuses_each { "a MX ( 1 b", "a MX 1 b )", "a MX ( 1 b ) )" }
  end)

  it("end in a comment at ;, outside quotes and not escaped (RFC 1035 §5.1)", function()
    reads("a TXT b;c", "a.example. 60 TXT \"b\"")
    reads("a TXT \"b;c\"", "a.example. 60 TXT \"b;c\"")
    reads("a TXT b\\;c", "a.example. 60 TXT \"b;c\"")
    reads("a TXT ( b ; )\nc )", "a.example. 60 TXT \"b\" \"c\"")
  end)

  it("end in LF or CR LF or nothing, have tabs, and no NUL (our rule)", function()
    reads("a\tA\t192.0.2.1\r\nb A 192.0.2.2", { "a.example. 60 A 192.0.2.1", "b.example. 60 A 192.0.2.2" })
    assert.equal(3, #assert(understudy.parse { text = HEAD .. "a A 192.0.2.1", origin = "example." }))
    refuses "a TXT b\0c"
    refuses "a TXT \"b\0c\""
  end)

  it("are not those of an empty file, nor HTML, JSON or anything else (our rule)", function()
    for _, text in ipairs {
      "", "\n\n", "; a comment\n", "<!DOCTYPE html>\n<html><body>Not found</body></html>\n",
      "{\"error\": \"not found\"}\n",
      "\x7fELF\2\1\1\0\0\0", ("\xff\xfe"):rep(20), "PK\3\4\0\0",
    } do
      local zone, err = understudy.parse { text = text, origin = "example." }
      assert.is_nil(zone, text)
      assert.is_true(#tostring(err) > 10)
      assert.is_true(#text < 20 or err.line == 1 and err.column ~= nil, text)
    end
  end)
end)

describe("strings", function()
  it("keep blanks, ; and ( in quotes, and end there (RFC 1035 §5.1)", function()
    reads("a TXT \"b  c\t;(\" \"\\\"\\\\\"", "a.example. 60 TXT \"b  c\\009;(\" \"\\\"\\\\\"")
    refuses_each { "a TXT \"b", "a TXT b \"", "a TXT \"b\n\"" }
  end)

  it("have at most 255 octets and are never split (RFC 1035 §3.3)", function()
    reads("a TXT " .. STRING_255, ("a.example. 60 TXT %q"):format(STRING_255))
    reads("a TXT \"" .. ("\\115"):rep(255) .. "\"", ("a.example. 60 TXT %q"):format(STRING_255))
    refuses_each {
      "a TXT " .. STRING_255 .. "s", "a TXT \"" .. STRING_255 .. "s\"", "a HINFO " .. STRING_255 .. "s x",
    }
  end)

  it("are one or more in a TXT, the empty one among them (RFC 1035 §3.3.14)", function()
    reads("a TXT \"\"", "a.example. 60 TXT \"\"")
    refuses "a TXT"
  end)

  it("may hold octets over 127 (RFC 1035 §3.3)", function()
    reads("a TXT \"\xc3\xa9\" \xc3", "a.example. 60 TXT \"\\195\\169\" \"\\195\"")
  end)
end)

describe("TTL, class and type", function()
  it("stand in either order, TTL and class each at most once (RFC 1035 §5.1)", function()
    for _, line in ipairs {
      "a 60 IN A 192.0.2.1", "a IN 60 A 192.0.2.1", "a 60 A 192.0.2.1", "a IN A 192.0.2.1", "a in a 192.0.2.1",
    } do
      reads(line, "a.example. 60 A 192.0.2.1")
    end
    refuses_each {
      "a 60 60 A 192.0.2.1", "a IN IN A 192.0.2.1", "a 60 IN 60 A 192.0.2.1", "a IN 60 IN A 192.0.2.1",
      "a 60 IN",
    }
  end)

  it("leave the first column to the owner, whatever it looks like (RFC 1035 §5.1)", function()
    reads("3600 A 192.0.2.1\nIN IN A 192.0.2.1\nA A 192.0.2.1\nCLASS1 IN A 192.0.2.1\n1h 1h A 192.0.2.1", {
      "1h.example. 3600 A 192.0.2.1", "3600.example. 60 A 192.0.2.1", "a.example. 60 A 192.0.2.1",
      "class1.example. 60 A 192.0.2.1", "in.example. 60 A 192.0.2.1",
    })
  end)

  it("are of class IN alone, also by its number (RFC 1035 §5.2, RFC 3597 §5)", function()
    reads("a CLASS1 A 192.0.2.1", "a.example. 60 A 192.0.2.1")
    refuses_each {
      "a CH A 192.0.2.1", "a HS A 192.0.2.1", "a CLASS3 A 192.0.2.1", "a ANY A 192.0.2.1",
      "a CLASS255 A 192.0.2.1", "a CLASS65536 A 192.0.2.1",
    }
  end)

  it("take a TTL left out from $TTL, up to the next one, not from the record before (RFC 2308 §4)", function()
    reads("a 7 A 192.0.2.1\nb A 192.0.2.1\n$TTL 1h\nc A 192.0.2.1\nd A 192.0.2.1", {
      "a.example. 7 A 192.0.2.1", "b.example. 60 A 192.0.2.1", "c.example. 3600 A 192.0.2.1",
      "d.example. 3600 A 192.0.2.1",
    })
  end)

  it("take a TTL left out from the record before, else from the SOA with a warning (RFC 1035 §5.1)", function()
    local head = "@ %sSOA ns.example.net. admin 1 2 3 4 300\n@ NS ns.example.net.\n"
    reads("a 7 A 192.0.2.1\nb A 192.0.2.1", { "a.example. 7 A 192.0.2.1", "b.example. 7 A 192.0.2.1" },
      { head = head:format "99 " })
    local found, zone = records("a A 192.0.2.1", { head = head:format "" })
    assert.same({ "a.example. 300 A 192.0.2.1" }, found)
    assert.equal("ttl.default", zone.reading[1].id)
    assert.equal("warning", zone.reading[1].severity)
  end)

  it("have a TTL from 0 to 2147483647 (RFC 2181 §8)", function()
    reads("a 0 A 192.0.2.1\nb 2147483647 A 192.0.2.1", {
      "a.example. 0 A 192.0.2.1", "b.example. 2147483647 A 192.0.2.1",
    })
    refuses_each {
      "a 2147483648 A 192.0.2.1", "a 4294967295 A 192.0.2.1", "a 4294967296 A 192.0.2.1",
      "a 18446744073709551617 A 192.0.2.1",
      "a -1 A 192.0.2.1", "a 1.5 A 192.0.2.1", "$TTL 2147483648", "$TTL -1", "$TTL abc", "$TTL", "$TTL 1 2",
    }
  end)

  it("know the units w d h m s, in any letter case (BIND)", function()
    reads("a 1w2d3h4m5s A 192.0.2.1\nb 1W1D A 192.0.2.1\nc 2h A 192.0.2.1", {
      "a.example. 788645 A 192.0.2.1", "b.example. 691200 A 192.0.2.1", "c.example. 7200 A 192.0.2.1",
    })
    refuses_each {
      "a 1y A 192.0.2.1", "a h A 192.0.2.1", "a 1h2 A 192.0.2.1", "a 3551w A 192.0.2.1",
      "a 99999999999w A 192.0.2.1",
    }
  end)

  it("make the TTLs of an RRset equal, to the least, with a warning (RFC 2181 §5.2)", function()
    local found, zone = records "a 300 A 192.0.2.1\na 100 A 192.0.2.2\na 200 A 192.0.2.3"
    assert.same({ "a.example. 100 A 192.0.2.1", "a.example. 100 A 192.0.2.2", "a.example. 100 A 192.0.2.3" }, found)
    assert.equal("ttl.rrset_mismatch", zone.reading[1].id)
  end)

  it("are of a type that can stand in a zone (RFC 1035 §3.2.3, RFC 6891 §6.1.1, RFC 8945 §4.2)", function()
    for _, type in ipairs {
      "ANY", "AXFR", "IXFR", "OPT", "TSIG", "TKEY", "MAILA", "MAILB", "NXNAME", "TYPE0", "TYPE41", "TYPE250",
      "TYPE255", "TYPE65535",
    } do
      refuses(("a %s \\# 0"):format(type))
    end
  end)
end)

describe("directives", function()
  it("$ORIGIN takes an absolute or a relative name, in any letter case (RFC 1035 §5.1)", function()
    reads("$ORIGIN sub\na A 192.0.2.1\n$origin deep\nb A 192.0.2.1\n$Origin example.\nc A 192.0.2.1", {
      "c.example. 60 A 192.0.2.1", "a.sub.example. 60 A 192.0.2.1", "b.deep.sub.example. 60 A 192.0.2.1",
    })
    refuses_each { "$ORIGIN", "$ORIGIN a b", "$ORIGIN a..b" }
  end)

  it("that are unknown are errors, never records (our rule)", function()
    refuses_each {
      "$FOO bar", "$ORIGINX a.", "$ A 192.0.2.1", "$TTLS 1", "$INCLUDED x", "$generat 1-2 a A 192.0.2.$",
    }
  end)

  it("$INCLUDE reads below the folder, restores the origin, and never loops or climbs (RFC 1035 §5.1)", function()
    local outer, remove_outer = command.folder { ["outside"] = "x A 192.0.2.66\n" }
    local folder = outer .. "/zone"
    assert(lfs.mkdir(folder) and lfs.mkdir(folder .. "/deep"))
    write(folder .. "/part", "$ORIGIN other\na A 192.0.2.1\n")
    write(folder .. "/loop", "$INCLUDE loop\n")
    local function options()
      return { include = folder, name = folder .. "/example.zone" }
    end
    reads("$INCLUDE part\nb A 192.0.2.1", {
      "b.example. 60 A 192.0.2.1", "a.other.example. 60 A 192.0.2.1",
    }, options())
    reads("$INCLUDE part sub\nb A 192.0.2.1", {
      "b.example. 60 A 192.0.2.1", "a.other.sub.example. 60 A 192.0.2.1",
    }, options())
    for _, line in ipairs {
      "$INCLUDE loop", "$INCLUDE missing", "$INCLUDE deep", "$INCLUDE", "$INCLUDE ../outside",
      "$INCLUDE /etc/hostname",
      "$INCLUDE part a b", "$INCLUDE deep/../../outside",
    } do
      local zone, err = parse(line, options())
      assert.is_nil(zone, line)
      assert.is_not_nil(err.line, tostring(err))
    end
    refuses("$INCLUDE part") -- without a folder
    remove_outer()
  end)

  it("$GENERATE counts, with offset, width and base, within bounds and in no time (BIND)", function()
    reads("$GENERATE 1-3/2 h$ A 192.0.2.$", { "h1.example. 60 A 192.0.2.1", "h3.example. 60 A 192.0.2.3" })
    reads("$GENERATE 9-9 h${1,3,d} TXT ${0,2,x}-${-9}-\\$", "h010.example. 60 TXT \"09-0-$\"")
    refuses_each {
      "$GENERATE 3-1 h$ A 192.0.2.$", "$GENERATE 1- h$ A 192.0.2.$", "$GENERATE a-b h$ A 192.0.2.$",
      "$GENERATE 1-2/0 h$ A 192.0.2.1",
      "$GENERATE 1-2 h${0,0,q} A 192.0.2.1", "$GENERATE 255-256 h A 192.0.2.$", "$GENERATE 1-2 h$ A",
      "$GENERATE 1-2 h${-5} A 192.0.2.1",
    }
    local begin <const> = os.clock()
    refuses "$GENERATE 0-2147483647 h$ A 192.0.2.1"
    assert.is_true(os.clock() - begin < 1)
  end)
end)
