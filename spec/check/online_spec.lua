-- Rules that need the network, with real name servers as the parent, the zone's own and the outside world.
local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"
local nsd = require "spec.support.nsd"
local online = require "understudy.check.online"
local sync_online = require "understudy.sync.online"

local KEY <const> = "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"
local ZONE <const> = [[
$TTL 60
@    SOA   ns1 h 1 3600 600 86400 60
@    NS    ns1
@    NS    ns.net.
ns1  A     127.0.0.2
www  CNAME www.net.
@    MX    10 mail.net.
]]

-- The servers of net., and of example.net. (or another zone) on another address and the same port.
local function world(of_net, of_zone, child_origin)
  child_origin = child_origin or "example.net."
  local port = nsd.free_port "127.0.0.2"
  local outside = nsd.start { port = port, zones = { ["net."] = [[
$ORIGIN net.
$TTL 60
@ SOA ns h 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
mail A 192.0.2.1
www A 192.0.2.1
ns1.example A 127.0.0.2
]] .. of_net } }
  local child = nsd.start { port = port, address = "127.0.0.2", zones = {
    [child_origin] = ("$ORIGIN %s\n%s"):format(child_origin, of_zone),
  } }
  return setmetatable({ outside = outside, port = port }, { __close = function()
    child:stop()
    outside:stop()
  end })
end

local DELEGATION <const> = "example NS ns1.example\nexample NS ns\n"

local function look(made, text, only)
  local found = {}
  local findings = assert(online.run(core.parse { text = text, origin = "example.net" }, {
    servers = { { address = "127.0.0.1", port = made.port, text = made.outside.server } }, port = made.port,
  }))
  for _, finding in ipairs(findings) do
    if not only or finding.id == only then
      found[#found + 1] = ("%s: %s"):format(finding.id, finding.message)
    end
  end
  return found, findings
end

describe("online rules", function()
  it("find nothing wrong with what is right but for a server that does not serve the zone", function()
    local made <close> = world(DELEGATION, ZONE)
    local found, findings = look(made, ZONE)
    assert.same({ "online.ns.answer: ns.net. (127.0.0.1) does not answer for example.net.: it has no authority." },
      found)
    assert.same({ "warning", "example.net.", { "NS" } },
      { findings[1].severity, findings[1].owner, findings[1].types })
    assert.equal("ns.net.", findings[1].records[1].data)
  end)

  it("find targets and name servers that are not there", function()
    local made <close> = world(DELEGATION, ZONE)
    local text = ZONE:gsub("ns%.net", "gone.net"):gsub("mail%.net", "no.net"):gsub("www%.net", "away.net")
    assert.same({
      "online.ns.address: gone.net. is a name server of example.net. and has no address.",
      "online.target.absent: www.example.net. has CNAME with the target away.net., which does not exist.",
      "online.target.absent: example.net. has MX with the target no.net., which does not exist.",
      "online.parent.ns: net. delegates example.net. to ns.net., ns1.example.net.; the zone itself names gone.net., "
        .. "ns1.example.net.",
    }, look(made, text))
  end)

  it("compare the DS at the parent with the keys of the zone", function()
    local text = ZONE:gsub("@    NS    ns%.net%.\n", "") .. "@ DNSKEY " .. KEY .. "\n"
    local made <close> = world("example NS ns1.example\nexample DS 1 8 2 " .. ("00"):rep(32) .. "\n", text)
    local found = look(made, text)
    assert.equal(1, #found)
    assert.matches("^online%.parent%.ds: net%. has DS 1 8 2 0+ for example%.net%., and the zone has no DNSKEY that",
      found[1])
    -- The DS as another implementation makes it.
    local pipe <close> = io.popen(("printf 'example.net. 60 IN DNSKEY %s' >%s; ldns-key2ds -n -2 %s; rm %s"):format(
      KEY, made.outside.folder .. "/key", made.outside.folder .. "/key", made.outside.folder .. "/key"))
    local ds = pipe:read "a":match "DS%s+(%d+ %d+ %d+ %x+)"
    do
      local right <close> = world("example NS ns1.example\nexample DS " .. ds .. "\n", text)
      assert.same({}, look(right, text))
    end
    -- The digest of another key with the same tag.
    local wrong <close> = world("example NS ns1.example\nexample DS " .. ds:gsub("%x%x%x%x$", "abcd") .. "\n", text)
    assert.matches("^online%.parent%.ds: ", look(wrong, text)[1])
  end)

  it("compare the glue at the parent with the addresses in the zone", function()
    local text = ZONE:gsub("@    NS    ns%.net%.\n", ""):gsub("MX    10 mail", "MX 10 ns1.example")
    local made <close> = world("example NS ns1.example\n", text)
    assert.same({}, look(made, text))
    assert.same({ "online.parent.glue: net. gives ns1.example.net. the glue 127.0.0.2; in the zone it has 127.0.0.2, "
      .. "2001:db8::1." }, (look(made, text .. "ns1 AAAA 2001:db8::1\n", "online.parent.glue")))
  end)

  it("end in time, and say so", function()
    local made <close> = world(DELEGATION, ZONE)
    local findings = assert(online.run(core.parse { text = ZONE, origin = "example.net" }, {
      servers = { { address = "127.0.0.1", port = made.port, text = made.outside.server } }, port = made.port,
      seconds = -1,
    }))
    assert.equal(1, #findings)
    assert.equal("online.late", findings[1].id)
    assert.equal("info", findings[1].severity)
  end)

  it("say when the parent can't be asked", function()
    local made <close> = world(DELEGATION, ZONE)
    made.outside:stop()
    local found = look(made, "$TTL 60\n@ SOA ns1 h 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.2\n")
    assert.equal(1, #found)
    assert.matches("^online%.parent%.unknown: The delegation of example%.net%. can't be looked at: 127%.0%.0%.1 port",
      found[1])
  end)

  it("are part of a check with --online, adjusted like all others", function()
    local made <close> = world(DELEGATION, ZONE)
    local folder, remove = command.folder { ["example.net.zone"] = ZONE, ["p.lua"] = [[return policy {
      source = source.file "%s.zone",
      targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
      zones = { "example.net" },
      checks = { adjust { rule = "online.ns.answer", severity = "off", reason = "later" } },
    }]] }
    local function run(...)
      return command.run("check", "--online", "--json", "--origin", "example.net", "--resolver", made.outside.server,
        "--port", tostring(made.port), folder .. "/example.net.zone", ...)
    end
    local result = run()
    local adjusted = cjson.decode(run("--policy", folder .. "/p.lua").out)
    remove()
    assert.equal(0, result.status)
    assert.equal(1, cjson.decode(result.out).counts["online.ns.answer"])
    assert.is_nil((adjusted.counts or {})["online.ns.answer"])
  end)
end)

describe("findings of online rules", function()
  -- Their fingerprints by what they say.
  local function fingerprints(made, text)
    local by_message = {}
    for _, finding in ipairs(select(2, look(made, text))) do
      by_message[finding.message] = finding.fingerprint
    end
    return by_message
  end

  it("are the same while the fault is, whatever its cause and the order of answers, and others for another", function()
    local text = ZONE .. "@ MX 20 gone.net.\n@ MX 30 lost.net.\n@ NS ns3\nns3 A 127.0.0.2\nns3 A 127.0.0.1\n"
    local first, turned
    do
      local made <close> = world(DELEGATION .. "ns3.example A 127.0.0.3\nns3.example A 127.0.0.4\n"
        .. "example NS ns3.example\n", text, "other.net.")
      first = fingerprints(made, text)
    end
    do -- the parent answers in another order, and the server has another reason
      local made <close> = world("example NS ns3.example\nns3.example A 127.0.0.4\nns3.example A 127.0.0.3\n"
        .. DELEGATION, text .. "example NS ns1.example\nns1.example A 127.0.0.2\n", "net.")
      turned = fingerprints(made, text)
    end
    local count, names = 0, {}
    for message, fingerprint in pairs(first) do
      names[fingerprint], count = message, count + 1
      message = message:gsub("it answers REFUSED", "it has no authority")
      assert.equal(fingerprint, turned[message], message)
    end
    -- ns.net., ns1 and both addresses of ns3; two targets; the glue.
    assert.equal(7, count)
    for _ in pairs(names) do
      count = count - 1
    end
    assert.equal(0, count, "each has its own")
  end)

  it("can be accepted by a person until a time, one and not another of its rule", function()
    -- Nobody is asked at port 53: the name servers have no addresses, and the resolver knows no parent.
    local made <close> = world(DELEGATION, ZONE)
    local folder, remove = command.folder {
      ["example.test.zone"] = "$TTL 60\n@ SOA a.net. h 1 3600 600 86400 60\n@ NS a.net.\n@ NS b.net.\n"
        .. "ftp CNAME gone.net.\nftp2 CNAME gone.net.\n",
      ["understudy.lua"] = ([[return policy {
        listen = "127.0.0.1:%d", resolver = "%s",
        source = source.file "%%s.zone",
        targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
        zones = { "example.test" },
        retry = backoff { first = "0.1s", max = "0.2s" },
      }]]):format(nsd.free_port(), made.outside.server),
    }
    finally(remove)
    local function shell(line)
      return command.shell(("cd %s && %s"):format(command.quoted(folder), line))
    end
    local check = "$understudy check --online --policy understudy.lua --origin example.test example.test.zone"
    local function absent()
      local result, open = cjson.decode(shell(check .. " --json").out), {}
      for _, finding in ipairs(result.findings) do
        open[#open + 1] = finding.id == "online.target.absent" and finding or nil
      end
      return open, result.acknowledged
    end
    local open = absent()
    assert.equal(2, #open)
    local word = "$understudy acknowledge example.test " .. open[1].fingerprint
    local done = shell(word .. " --by ann --why 'moves in May' --until 30d")
    assert.equal(0, done.status, done.err)
    local rest, accepted = absent()
    assert.same({ open[2].fingerprint, open[1].fingerprint, "moves in May" },
      { rest[1].fingerprint, accepted[1].fingerprint, accepted[1].acknowledged.reason })
    assert.matches("acknowledged online%.target%.absent " .. open[1].fingerprint .. " by ann until .*Z: moves in May",
      shell("$understudy status").out)
    assert.matches("warning online%.target%.absent: [^\n]*acknowledged by ann until [^\n]*: moves in May",
      shell(check).out)
    assert.equal(0, shell(word .. " --withdraw").status)
    assert.equal(2, #absent())
    assert.equal(2, shell("$understudy acknowledge example.test 0123456789abcdef --why x --until 30d").status)
  end)
end)

describe("online checks of the daemon", function()
  it("come back every period, and tell of each finding once", function()
    local logged, slept, answers = {}, {}, { { { fingerprint = "a", severity = "warning", id = "x", message = "m" } },
      { { fingerprint = "a", severity = "warning", id = "x", message = "m" } } }
    local zone = { name = "example.net.", publication = { zone = "published" }, lease = {} }
    local elsewhere = { name = "example.org.", publication = { zone = "another process has it" } }
    local host = {
      policy = { online = 3600 },
      random = function() return 0.5 end,
      log = { warning = function(_, ...) logged[#logged + 1] = string.format(...) end },
      clock = { now = function() return 7 end, sleep = function(seconds)
        slept[#slept + 1] = seconds
        assert(#slept < 4, "end of the test")
      end },
      look_outside = function(published)
        assert.equal("published", published)
        return table.remove(answers, 1) or error "the network is down"
      end,
    }
    local zones = { [zone.name] = zone, [elsewhere.name] = elsewhere }
    assert.has_error(function() sync_online.run({ elsewhere.name, zone.name }, zones, host) end)
    assert.same({ 30, 3600, 3600, 3600 }, slept)
    assert.equal("example.net. warning x: m", logged[1])
    assert.matches("can't be looked at from outside: .*the network is down", logged[2])
    assert.equal(2, #logged)
    assert.equal("a", zone.online.findings[1].fingerprint)
  end)
end)
