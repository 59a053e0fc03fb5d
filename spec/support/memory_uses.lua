--- memory_uses: what csrc/test/test_lua_memory.c does while allocations fail. Each use is
---
---   name = "…"
---   use = function(…) return text end     -- the same text each time, from what prepare returned
---   prepare = function() return … end     -- made once
---   consumes = true                       -- or for each use anew
---   may_say = "…"                         -- an error beside that of memory
---   threads = true                        -- it starts one, in which a sanitizer that gets no memory ends the process
---   only_lua = true                       -- the core's allocations are left alone
---   stride = 7                            -- so many of Lua's are passed over, others in each run
local core = require "understudy.core"

local NOW <const> = 1700000000
local PATIENCE <const> = 10
local SECRET <const> = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

local TEXT <const> = [[
$TTL 600
@      SOA   ns1 hostmaster 7 7200 3600 1209600 300
@      NS    ns1
@      NS    ns2.example.net.
ns1    A     192.0.2.1
www    CNAME ns1
www    A     192.0.2.9
mail   MX    10 mail.example.net.
txt    TXT   "two" words
*.wild SVCB  1 . alpn=h2 port=8443
]]

local ALIASES <const> = [[
$TTL 600
@    SOA   ns1.example.net. hostmaster 7 7200 3600 1209600 300
@    NS    ns1.example.net.
@    ALIAS host.example.org.
pool POOL  a.example.org.
pool POOL  b.example.org.
url  URL   https://www.example.org/
]]

local function parsed(text, options)
  local fields = { text = text, origin = "example.com.", name = "a.zone" }
  for key, value in pairs(options or {}) do
    fields[key] = value
  end
  return assert(core.parse(fields))
end

local function changed(zone)
  return assert(zone:with_serial(8)):with({ owner = "new", type = "A", "192.0.2.3" }):without("mail", "MX")
end

local function prepare_zone()
  return parsed(TEXT)
end

local function prepare_zones()
  local zone = parsed(TEXT)
  return zone, changed(zone)
end

local function lines(list)
  return table.concat(list, "\n")
end

local uses = {}

local function add(use)
  uses[#uses + 1] = use
end

-- ---------------------------------------------------------------- reading and printing

add {
  name = "parse",
  use = function()
    return assert(parsed(TEXT):text())
  end,
}

add {
  name = "parse what is wrong",
  use = function()
    local zone, err = core.parse { text = TEXT .. "bad A 192.0.2\nworse MX\n", origin = "example.com." }
    assert(not zone, "it was read")
    if err.code == "memory" then
      error(err)
    end
    return tostring(err) .. tostring(err.report)
  end,
}

add {
  name = "parse in the background",
  use = function()
    local job <close> = assert(core.parse { text = TEXT, origin = "example.com.", background = true })
    return assert(assert(job:finish()):text())
  end,
  may_say = "thread",
  threads = true,
}

add {
  name = "print",
  prepare = prepare_zone,
  use = function(zone)
    local list = { tostring(zone), zone.origin, zone.serial, zone.hash, #zone, zone.rrset_count }
    list[#list + 1] = tostring(zone.reading)
    list[#list + 1] = assert(zone:digest "sha384")
    list[#list + 1] = assert(zone:check_digest())
    list[#list + 1] = assert(zone:text())
    return lines(list)
  end,
}

add {
  name = "views and loops",
  prepare = prepare_zone,
  use = function(zone)
    local list = { tostring(zone:rrsets()), tostring(zone:lookup("ns1", "A")), tostring(zone["www"]), #zone["www"].A }
    for rrset in zone:rrsets { under = "example.com." } do
      list[#list + 1] = rrset.owner .. rrset.type .. rrset.ttl .. rrset[1] .. rrset:rdata(1) .. rrset:place(1)
    end
    for owner, type, ttl, number in zone:each { type = "NS" } do
      list[#list + 1] = owner .. type .. ttl .. tostring(zone:rrset(number) == zone:lookup(owner, type))
    end
    return lines(list)
  end,
}

-- ---------------------------------------------------------------- checking

add {
  name = "check",
  prepare = prepare_zone,
  use = function(zone)
    local report = assert(zone:check { severities = { { rule = "cname.coexist", severity = "off", under = "x" } } })
    local list = { report:text(), tostring(report), report.errors, report.warnings, #report }
    for i = 1, #report do
      list[#list + 1] = tostring(report[i]) .. report[i].fingerprint
    end
    for id, count in pairs(report.counts) do
      list[1] = list[1] .. (count > 0 and id:sub(1, 0) or "")
    end
    return lines(list)
  end,
}

add {
  name = "check in the background",
  prepare = prepare_zone,
  use = function(zone)
    local job <close> = assert(zone:check { background = true })
    return assert(assert(job:finish()):text())
  end,
  may_say = "thread",
  threads = true,
}

-- Our JSON is made in Lua, but cjson, which is loaded with it, ends the process when malloc fails.
add {
  name = "reports for programs",
  prepare = function()
    local json, sarif = require "understudy.json", require "understudy.check.sarif"
    local options = require "understudy.check".options
    assert(options)
    return parsed(TEXT), json, sarif
  end,
  use = function(zone, json, sarif)
    local found = assert(zone:check()):totable()
    return json.encode(found) .. json.encode(sarif.document(found.findings, {}, "a.zone"))
  end,
  only_lua = true,
  stride = 199,
}

-- ---------------------------------------------------------------- other zones

add {
  name = "diff",
  prepare = prepare_zones,
  use = function(before, after)
    local diff, json = assert(before:diff(after)), {}
    local twice = assert(diff:join(assert(after:diff(before))))
    for _, change in ipairs(diff:totable().changes) do
      json[#json + 1] = change.owner .. change.type
    end
    assert(assert(diff:apply(before)) == after)
    return lines { tostring(diff), assert(diff:text()), assert(diff:nsupdate()), #twice, #assert(diff:compact()),
      lines(json) }
  end,
}

add {
  name = "edit",
  prepare = prepare_zones,
  use = function(zone, other)
    local edited = assert(zone:with({ owner = "www", type = "TXT", ttl = 5, "a", "b" }, "x 5 TXT \"c\"",
      other:lookup("new", "A")))
    edited = assert(edited:without("txt"))
    edited = assert(edited:edit(function(draft)
      assert(draft:add { owner = "y", type = "AAAA", "2001:db8::1" })
      assert(draft:set { owner = "ns1", type = "A", "192.0.2.8" })
      assert(draft:remove("www", "A", "192.0.2.9"))
    end))
    return assert(edited:text())
  end,
}

add {
  name = "edit with what is wrong",
  prepare = prepare_zone,
  use = function(zone)
    local edited, err = zone:with { owner = "www", type = "A", "192.0.2" }
    assert(not edited)
    if err.code == "memory" then
      error(err)
    end
    return tostring(err)
  end,
}

add {
  name = "pack and unpack",
  prepare = prepare_zones,
  use = function(zone, other)
    local value = core.unpack(core.pack { zone = zone, list = { "a", 1, 2.5, true, other }, text = ("x"):rep(500) })
    return assert(value.zone:text()) .. assert(value.list[5]:text()) .. value.text .. value.list[3]
  end,
}

-- ---------------------------------------------------------------- ALIAS

local function addresses(target, type, list, outcome)
  return { target = target, type = type, outcome = outcome or "addresses", ttl = 60, addresses = list }
end

local function prepare_answers()
  local answers = assert(core.answers {})
  for _, target in ipairs { "host.example.org.", "a.example.org.", "b.example.org." } do
    assert(answers:learn(addresses(target, "A", { "192.0.2.1", "192.0.2.2" }), NOW) ~= nil)
    assert(answers:learn(addresses(target, "AAAA", { "2001:db8::1" }), NOW) ~= nil)
  end
  return parsed(ALIASES), answers
end

add {
  name = "flatten",
  prepare = prepare_answers,
  use = function(zone, answers)
    local options = { answers = answers, redirect = { "192.0.2.80", "2001:db8::80" }, now = NOW }
    local flat, report = zone:flatten(options)
    if not flat then
      error(report)
    end
    return assert(flat:text()) .. tostring(report) .. lines(assert(zone:targets { redirect = "web.example.org" }))
  end,
}

add {
  name = "flatten what is unknown",
  prepare = prepare_answers,
  use = function(zone)
    local flat, err = zone:flatten { answers = assert(core.answers {}) }
    assert(not flat)
    if err.code == "memory" then
      error(err)
    end
    return tostring(err) .. err.report:text()
  end,
}

add {
  name = "answers",
  use = function()
    local answers, list = assert(core.answers { min_ttl = 30 }), {}
    for i = 1, 40 do
      assert(answers:restore { target = ("h%d.example."):format(i), type = "A" })
    end
    assert(answers:learn(addresses("h1.example.", "A", { "192.0.2.1" }), NOW) ~= nil)
    assert(answers:learn(addresses("h2.example.", "A", nil, "nxdomain"), NOW) ~= nil)
    for answer in answers:each() do
      list[#list + 1] = tostring(answer)
    end
    table.sort(list)
    list[#list + 1] = #answers:take_due(NOW + 1000, 10)
    list[#list + 1] = tostring(answers) .. answers:next_due() .. tostring(answers:get("h1.example.", "A"))
    assert(answers:forget("h1.example.", "A"))
    return lines(list)
  end,
}

add {
  name = "remembered answers",
  prepare = function()
    return prepare_answers()
  end,
  use = function(_, answers)
    assert(answers:learn(addresses("host.example.org.", "A", { "192.0.2.1", "192.0.2.2" }), NOW) ~= nil)
    assert(answers:digest(addresses("c.example.org.", "A", { "192.0.2.1" }), NOW) ~= nil)
    return #answers .. tostring(answers:get("host.example.org.", "A"))
  end,
}

add {
  name = "a resolver",
  use = function()
    local resolver <close> = assert(core.resolver { servers = { "127.0.0.1:1", "[::1]:1" }, agree = 2,
      allow = { "10.0.0.0/8" }, timeout = 1 })
    assert(resolver:ask("host.example.", "A"))
    return tostring(resolver) .. resolver.pending
  end,
  may_say = "resolver",
}

-- ---------------------------------------------------------------- messages

local function prepare_key()
  local zone, after = prepare_zones()
  return zone, after, assert(core.key { name = "k.example.", secret = SECRET })
end

add {
  name = "messages",
  prepare = prepare_key,
  use = function(zone, after, key)
    local soa = assert(core.request { kind = "soa", origin = "example.com.", now = NOW, key = key })
    local query = assert(core.query(soa.octets))
    assert(query:verify(key, NOW))
    local response = assert(soa:read(assert(query:soa(zone, NOW)), NOW))
    local answer, authority = assert(soa:records(assert(core.query(assert(core.request {
      kind = "query", origin = "example.com.", type = "SOA" }).octets):soa(zone, NOW))))
    local update = assert(core.request { kind = "update", diff = assert(zone:diff(after)), key = key, now = NOW })
    local notify = assert(core.request { kind = "notify", zone = zone, now = NOW })
    local told = core.query(notify.octets)
    local key_again = assert(core.key { name = "k.example.", secret = SECRET })
    return lines { tostring(query), response.serial, response.mname, #answer, answer[1].data, #authority,
      #update.octets, tostring(notify), tostring(told), #assert(told:notify_reply(NOW)), tostring(key_again),
      #assert(told:error("REFUSED", NOW)), tostring(query:question()), query.key_name }
  end,
  may_say = "random",
}

local function transfer(zone, have, key)
  local request = assert(core.request { kind = "transfer", origin = not have and "example.com." or nil, zone = have,
    key = key, now = NOW })
  local query = assert(core.query(request.octets))
  assert(not key or query:verify(key, NOW))
  local sent <close> = assert(query:transfer(zone, have and assert(have:diff(zone)) or nil))
  local inbound <close> = assert(request:inbound {})
  while not sent.done do
    local whole, err = inbound:take(assert(sent:next(NOW, 300)), NOW)
    if whole == nil then
      error(err)
    end
  end
  return assert(assert(inbound:finish()):text())
end

add {
  name = "transfers",
  prepare = prepare_key,
  use = function(zone, after, key)
    return transfer(zone, nil, key) .. transfer(after, zone, key)
  end,
  may_say = "random",
}

-- ---------------------------------------------------------------- connections

local function listen()
  local socket = require "cqueues.socket"
  local listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
  assert(listener:listen(PATIENCE))
  local streams = assert(core.streams { connections = 4 })
  assert(streams:listen(listener:pollfd()))
  local _, _, port = listener:localname()
  return streams, listener, port
end

local function question()
  local octets = core.request { kind = "transfer", origin = "example.com.", now = NOW }.octets
  return string.pack(">s2", octets)
end

do
  local streams, listener, port, client
  local time = 0

  local function next_event()
    for _ = 1, 1000 do
      time = time + 0.001
      local event, number, peer, octets = streams:next(time, NOW)
      if event then
        return event, number, peer, octets
      end
    end
    error "nothing comes"
  end

  add {
    name = "connections",
    consumes = true,
    prepare = function()
      if not streams then
        streams, listener, port = listen()
      end
      if client then
        client:close()
      end
      client = assert(require "cqueues.socket".connect { host = "127.0.0.1", port = port })
      assert(client:connect(PATIENCE))
      client:setmode("bn", "bn")
      assert(client:write(question()))
      return parsed(TEXT), listener
    end,
    use = function(zone)
      local event, number, peer, octets = next_event()
      while event ~= "query" do -- what became of the connection before
        event, number, peer, octets = next_event()
      end
      local query = assert(core.query(octets))
      local became = streams:transfer(number, assert(query:transfer(zone)))
      return ("%s %s %s"):format(event, peer:match "[%d.]+", became)
    end,
  }
end

add {
  name = "new connections",
  use = function()
    local streams <close> = assert(core.streams {})
    return tostring(streams.count)
  end,
}

do
  local udp
  add {
    name = "datagrams",
    prepare = function()
      udp = udp or assert(core.udp { address = "127.0.0.1" })
      return udp
    end,
    use = function(socket)
      local other <close> = assert(core.udp { address = "127.0.0.1" })
      while socket:receive() do end -- luacheck: ignore 542
      assert(other:send("octets", "127.0.0.1", socket.port))
      local octets, from, _, here = socket:receive()
      return octets .. from .. here .. tostring(socket):gsub("%d+$", "")
    end,
  }
end

-- ---------------------------------------------------------------- small things

add {
  name = "small things",
  stride = 29,
  use = function()
    local err = core.error { code = "syntax", message = "no", file = "a", line = 3 }
    local classes, rules = core.classes(), core.rules()
    local ok, problem = pcall(core.answers, { min_tt = 3 })
    if not ok and not problem:find "did you mean" then
      error(problem, 0)
    end
    return lines { tostring(err), #rules, type(classes["understudy.Zone"].methods.check), core.name("WWW", "example."),
      core.address "2001:DB8::1", tostring(core.name_matches("a.b.", "*.b.")), problem }
  end,
}

return uses
