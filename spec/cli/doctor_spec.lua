-- understudy doctor: with a real daemon between an NSD and a Knot DNS all is well; then one thing at a time is broken.
local cjson = require "cjson"
local certificates = require "spec.support.certificates"
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local migrations = require("understudy.store.schema").migrations
local peers = require "spec.support.peers"
local small_disk = require "spec.support.small_disk"

local KEY <const> = { name = "transfer", algorithm = "hmac-sha256", secret = ("c2VjcmV0"):rep(5) .. "c2U=" }
local KEY_FILE <const> = 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n'

local POLICY <const> = [[
local primary_key = key "transfer.key"
local secondary_key = key "transfer.key"
return policy {
  listen   = "127.0.0.1:@LISTEN@",
  resolver = "@RESOLVER@",
  source   = source.transfer { from = "@PRIMARY@", key = primary_key },
  targets  = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "@SECONDARY@", key = secondary_key } },
  zones    = { "example.com", zone "catalog.example" { members = {
    source = source.file "%s.zone",
    targets = { target.secondary "static" { transfer = "127.0.0.1", notify = "@PRIMARY@" } },
  } } },
  retry    = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = [[
$TTL 60
@    SOA ns1 hostmaster 7 3600 600 86400 60
     NS  ns1
     NS  ns2.example.net.
ns1  A   192.0.2.1
]]

local CATALOG <const> = '$TTL 60\n@ SOA invalid. invalid. 1 3600 600 86400 60\n@ NS invalid.\nversion TXT "2"\n'
  .. "m.zones PTR member.example.\n"

-- Sets the clock of a command. faketime(1) would do the same, and hangs under the sanitizers.
local AN_HOUR_AGO <const> = [[
local core, time = require "understudy.core", os.time
local request = core.request
function os.time(fields)
  return fields and time(fields) or time() - 3600
end
function core.request(options)
  options.now = os.time()
  return request(options)
end
]]

local folder, remove, primary, secondary, resolver, daemon

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
end

local function shell(line)
  local result = command.shell(("cd %s && %s"):format(command.quoted(folder), line))
  assert.equal(0, result.status, result.err)
end

-- The daemon's policy with parts of its text replaced, in a file of its own.
local function other_policy(replacements)
  local text, words = daemon:read "policy.lua",
    { PRIMARY = primary.server, STRANGER = resolver.server, FREE = nsd.free_port() }
  for part, new in pairs(replacements) do
    local first, last = text:find(part, 1, true)
    text = text:sub(1, assert(first, part) - 1) .. new:gsub("@(%u+)@", words) .. text:sub(last + 1)
  end
  write("other.lua", text)
  return "other.lua"
end

-- What it finds, with words of the shell before the command.
local function doctor(policy, words)
  local result = command.shell(("cd %s && %s $understudy doctor --json --policy %s"):format(command.quoted(folder),
    words or "", policy or "policy.lua"))
  assert.equal("", result.err)
  return cjson.decode(result.out), result
end

-- Whether something of a group and state was found that says so.
local function finds(found, group, state, message)
  for _, finding in ipairs(found) do
    local text = finding.what .. ": " .. finding.message
    if finding.group == group and finding.state == state and text:find(message) then
      return finding.state == "ok" or finding.action ~= nil and #finding.action > 0
    end
  end
  return false
end

-- Starts a daemon that becomes another user, at a port that only the superuser can bind; with that port.
local function start_low(where, text)
  for port = 600, 620 do
    local file <close> = assert(io.open(where .. "/policy.lua", "wb"))
    file:write((text:gsub("@PORT@", port)))
    file:close()
    assert(os.execute(("mkdir -p %s/state && chmod 700 %s/state && chown -R nobody %s"):format(where, where, where)))
    local ok, started = pcall(daemons.start, where)
    if ok then
      return started, port
    end
  end
  error "no port is free"
end

setup(function()
  local listen = nsd.free_port()
  primary = nsd.start {
    zones = { ["example.com."] = ZONE, ["catalog.example."] = CATALOG, ["member.example."] = ZONE }, key = KEY,
  }
  resolver = nsd.start { zones = { ["."] = ZONE } } -- it knows the root and nothing else
  secondary = peers.start("knot",
    { secondary = { "example.com." }, primary = "127.0.0.1:" .. listen, key = KEY })
  folder, remove = command.folder {
    ["policy.lua"] = POLICY:gsub("@(%u+)@",
      { LISTEN = listen, PRIMARY = primary.server, SECONDARY = secondary.server, RESOLVER = resolver.server }),
    ["member.example.zone"] = ZONE,
    ["transfer.key"] = KEY_FILE:format(KEY.name, KEY.secret),
    ["other.key"] = KEY_FILE:format("other", KEY.secret),
    ["wrong.key"] = KEY_FILE:format(KEY.name, ("d3Jvbmcg"):rep(5) .. "c2U="),
  }
  shell "chmod 600 *.key && chmod 644 policy.lua"
  daemon = daemons.start(folder)
  secondary:await_serial("example.com.", 7)
  nsd.await("the zone that the catalog lists", function()
    local zone = daemon:ask("GET", "/v1/zones/member.example")
    return zone and zone.serial
  end)
end)

teardown(function()
  daemon:stop()
  secondary:stop()
  primary:stop()
  resolver:stop()
  remove()
end)

describe("doctor, beside a daemon", function()
  it("says of each group that it is well", function()
    local found, result = doctor()
    local groups = {}
    for _, finding in ipairs(found) do
      assert.equal("ok", finding.state, result.out)
      groups[#groups + 1] = groups[#groups] ~= finding.group and finding.group or nil
    end
    assert.same({ "policy", "system", "state", "store", "listen", "resolvers", "sources", "targets" }, groups)
    assert.is_true(finds(found, "sources", "ok", "files: 1 file looked at, 1 can be opened"), result.out)
    assert.is_true(finds(found, "targets", "ok", "static .*it answers for member.example."), result.out)
    assert.equal(0, result.status)
  end)

  it("says so to people in a line each, and changes nothing", function()
    local before = command.shell(("cd %s && ls -l --time-style=full-iso . state"):format(folder)).out
    local result = command.run("doctor", "--policy", folder .. "/policy.lua")
    assert.matches("\nok       state      daemon %d+: it runs since ", result.out)
    assert.matches("\n0 faults, 0 warnings, %d+ ok\n$", result.out)
    assert.equal(before, command.shell(("cd %s && ls -l --time-style=full-iso . state"):format(folder)).out)
  end)

  it("refuses a policy that does not load, with its place", function()
    write("broken.lua", "return policy {\n  listen = 5,\n}\n")
    local result = command.run("doctor", "--policy", folder .. "/broken.lua")
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches("broken%.lua:2: listen: ", result.err)
  end)

  -- What is broken, in the policy or by a line of shell, which another one mends; and what is found.
  local CASES <const> = {
    { "a key that nothing uses", policy = { ["return"] = 'local _ = key "other.key"\nreturn' },
      group = "policy", state = "warning", says = "other%.key: the policy reads this key, and no source" },
    { "a password that everybody can read",
      policy = { ["policy {"] = 'policy {\n  store = postgresql "host=/nowhere password=hush",' },
      group = "policy", state = "fault", says = "other%.lua: everybody on this machine can read it" },
    { "a database that is not there", policy = { ["policy {"] = 'policy { store = postgresql "host=/nowhere",' },
      group = "store", state = "fault", says = "PostgreSQL: .*nothing new is published" },
    { "words for libpq that it can't read",
      policy = { ["policy {"] = 'policy { store = postgresql "password=my hush",' },
      group = "store", state = "fault", says = "PostgreSQL: libpq can't read the words of the policy" },
    { "a policy that is not taken up", policy = { ["return"] = "--\nreturn" },
      group = "state", state = "warning", says = "it is another one than that of" },
    { "a folder that others can enter", "chmod 755 state", mend = "chmod 700 state",
      group = "state", state = "warning", says = "others than its owner can look into it" },
    { "a folder that others can write in", "chmod 777 state", mend = "chmod 700 state",
      group = "state", state = "fault", says = "others than its owner can write there" },
    { "a daemon that can't be asked", "mv state/control.sock s", mend = "mv s state/control.sock",
      group = "state", state = "fault", says = "daemon: the process %d+ has the state folder and can't be asked" },
    { "an address that this machine does not have", policy = { ["listen   ="] = 'listen = "192.0.2.9" or' },
      group = "listen", state = "fault", says = "192%.0%.2%.9:53: this machine does not have this address" },
    { "an address that another program has", policy = { ["listen   ="] = 'listen = "@PRIMARY@" or' },
      group = "listen", state = "fault", says = "another program has it" },
    { "an address that only a restart takes up", policy = { ["listen   ="] = 'listen = "127.0.0.1:@FREE@" or' },
      group = "listen", state = "warning", says = "the daemon does not listen there" },
    { "too few descriptors", "prlimit --pid $(cat pid) --nofile=150:", mend = "prlimit --pid $(cat pid) --nofile=1024:",
      group = "system", state = "fault", says = "descriptors: the daemon may have 150, and its servers alone need" },
    { "a resolver that refuses", policy = { ["resolver ="] = 'resolver = "@PRIMARY@" or' },
      group = "resolvers", state = "fault", says = "it refuses to look up for this machine" },
    { "a primary that has another secret",
      policy = { ['primary_key = key "transfer'] = 'primary_key = key "wrong' },
      group = "sources", state = "fault", says = "primary .*has another secret for the key transfer%. %(BADSIG%)" },
    { "a primary that does not know the key",
      policy = { ['primary_key = key "transfer'] = 'primary_key = key "other' },
      group = "sources", state = "fault", says = "does not take the key other%..*%(BADKEY%)" },
    { "a primary without the zone", policy = { ["example.com"] = "example.org", [", key = secondary_key"] = "" },
      group = "sources", state = "fault", says = "answers the question for example%.org%. with REFUSED" },
    { "a file that is not there",
      policy = { ["source.transfer {"] = 'source.file "none/%s.zone" or source.transfer {' },
      group = "sources", state = "fault", says = "none/example%.com%.zone: No such file" },
    { "a secondary that has another secret",
      policy = { ['secondary_key = key "transfer'] = 'secondary_key = key "wrong' },
      group = "targets", state = "fault", says = "ns%-b .*has another secret for the key transfer%. %(BADSIG%)" },
    { "a secondary that does not know the key",
      policy = { ['secondary_key = key "transfer'] = 'secondary_key = key "other' },
      group = "targets", state = "fault", says = "ns%-b .*does not take the key other%..*%(BADKEY%)" },
    { "a secondary without the zone", policy = { ["notify ="] = 'serve = "@STRANGER@", notify =' },
      group = "targets", state = "fault", says = "answers the question for example%.com%. with NXDOMAIN, which was" },
  }

  for _, case in ipairs(CASES) do
    it("finds " .. case[1], function()
      local policy = case.policy and other_policy(case.policy)
      shell(case[2] or ":")
      local found, result = doctor(policy)
      shell(case.mend or ":")
      assert.is_true(finds(found, case.group, case.state, case.says), result.out)
      assert.equal(case.state == "fault" and 1 or 0, result.status)
      assert.is_nil(result.out:find("hush", 1, true))
    end)
  end

  it("finds a certificate that expired, and a private key that everybody can read", function()
    local made <const>, unmake = certificates.make()
    finally(unmake)
    assert(os.execute(("chmod 755 %s && chmod 644 %s/expired.key"):format(made, made)))
    local found, result = doctor(other_policy { ["policy {"] = ([[policy { tls = {
      listen = "127.0.0.1:@FREE@", certificate = "%s/expired.pem", key = "%s/expired.key" },]]):format(made, made) })
    assert.is_true(finds(found, "policy", "fault", "expired%.pem: the certificate expired at"), result.out)
    assert.is_true(finds(found, "policy", "fault", "expired%.key: everybody on this machine can read it"), result.out)
  end)

  it("says why a policy was not taken up", function()
    local before = daemon:read "policy.lua"
    write("policy.lua", "return policy {\n  listen = 5,\n}\n")
    assert.equal(1, command.run("reload", "--policy", folder .. "/policy.lua").status)
    write("policy.lua", before)
    local found, result = doctor()
    assert.equal(0, command.run("reload", "--policy", folder .. "/policy.lua").status)
    assert.is_true(finds(found, "state", "fault", "could not take it up at .*policy%.lua:2: listen"), result.out)
    assert.equal(1, result.status)
  end)

  it("waits for nobody who does not answer", function()
    local began = cqueues.monotime()
    local found, result = doctor(other_policy {
      ["resolver ="] = 'resolver = "127.0.0.1:@FREE@" or', ["from ="] = 'from = "127.0.0.1:@FREE@" or',
      ["notify ="] = 'serve = "127.0.0.1:@FREE@", notify =',
    })
    assert.is_true(finds(found, "resolvers", "fault", "it does not answer in time"), result.out)
    assert.is_true(finds(found, "sources", "fault", "primary .*can't be asked: .*did not answer"), result.out)
    assert.is_true(finds(found, "targets", "fault", "ns%-b .*can't be asked: .*did not answer"), result.out)
    assert.is_true(finds(found, "targets", "ok", "it takes the key transfer%."), result.out)
    assert.is_true(cqueues.monotime() - began < 15)
  end)

  it("tells a clock that is wrong by all that shows it", function()
    local found, result = doctor(nil, "LUA_INIT=" .. command.quoted(AN_HOUR_AGO))
    assert.is_true(finds(found, "system", "fault", "clock: it says .*, and the newest publication is of"), result.out)
    assert.is_true(finds(found, "sources", "fault", "has another time of day than this machine"), result.out)
    assert.is_true(finds(found, "targets", "fault", "has another time of day than this machine"), result.out)
  end)
end)

describe("doctor, without a daemon", function()
  setup(function()
    daemon:stop "TERM"
  end)

  it("says that none runs, and that all is well beside that", function()
    local found, result = doctor()
    assert.is_true(finds(found, "state", "warning", "daemon: none runs"), result.out)
    assert.is_true(finds(found, "listen", "ok", "it is free for the daemon"), result.out)
    for _, finding in ipairs(found) do
      assert.is_true(finding.state == "ok" or finding.what == "daemon", result.out)
    end
    assert.equal(0, result.status)
  end)

  it("finds an older and a newer format, and a damaged store", function()
    local format = "sqlite3 state/understudy.db 'PRAGMA user_version = %d'"
    for _, case in ipairs {
      { format:format(8), "warning", "its tables have format 8, and this version needs" },
      { format:format(99), "fault", "written by a newer understudy" },
      { format:format(#migrations) .. " && dd if=/dev/urandom of=state/understudy.db bs=4096 seek=4 count=2 "
        .. "conv=notrunc status=none", "fault", "is damaged" },
    } do
      shell(case[1])
      local found, result = doctor()
      assert.is_true(finds(found, "store", case[2], case[3]), result.out)
      assert.equal(case[2] == "fault" and 1 or 0, result.status)
    end
  end)

  it("says what a daemon waits for", function()
    local other <const>, gone = command.folder { ["policy.lua"] = ([[return policy {
      listen = "127.0.0.1:0", store = postgresql "host=/nowhere", resolver = "@",
      source = source.file "none.zone", targets = { target.update "x" { server = "@" } }, zones = { "example.com" },
    }]]):gsub("@", resolver.server) }
    finally(gone)
    local waiting <close> = daemons.start(other, { unready = true })
    nsd.await("the daemon to wait", function()
      return waiting:ask("GET", "/v1/daemon")
    end)
    local found, result = doctor(other .. "/policy.lua")
    assert.is_true(finds(found, "state", "fault", "daemon %d+: its store is .*nowhere"), result.out)
    assert.is_true(finds(found, "listen", "warning", "the daemon waits for its store"), result.out)
  end)

  it("finds that there is too little room", function()
    local other <const>, gone = command.folder { ["policy.lua"] = daemon:read "policy.lua" }
    finally(gone)
    shell(("cp -p *.key %s"):format(command.quoted(other)))
    local disk <close> = small_disk.new(other)
    if not disk then
      return pending "no name spaces here"
    end
    disk:take_files()
    local result = command.shell(("%s %s doctor --policy policy.lua"):format(disk.words, command.program))
    assert.matches("FAULT    system     disk of state: %d+ MiB are free: soon nothing can be written", result.out)
    assert.matches("FAULT    system     disk of state: 0 files can still be made there", result.out)
    assert.equal(1, result.status)
  end)

  it("says that all is well as the superuser and as the daemon's user", function()
    local as_nobody <const>, why = command.as_nobody()
    if not as_nobody then
      return pending(why)
    end
    local other <const>, gone = command.folder {}
    finally(gone)
    shell(("cp -p *.key *.zone policy.lua %s"):format(other))
    local text = daemon:read "policy.lua":gsub("listen   = [^,]*", 'user = "nobody", listen = "127.0.0.1:@PORT@"')
    local running <close>, port = start_low(other, text)
    for _, words in ipairs { "", as_nobody } do
      local result = command.shell(("cd %s && %s $understudy doctor --policy policy.lua"):format(other, words))
      assert.matches("\n0 faults, 0 warnings", result.out)
      assert.matches(("127.0.0.1:%d: the daemon listens there"):format(port), result.out)
    end
    assert.truthy(running)
  end)

  it("finds what is another user's, and what this user may not do", function()
    local as_nobody <const>, why = command.as_nobody()
    if not as_nobody then
      return pending(why)
    end
    shell("chown 65534 state/lock")
    local found, result = doctor()
    assert.is_true(finds(found, "state", "fault", "state/lock: it belongs to the user 65534 and"), result.out)
    shell("chown 0 state/lock && chmod 755 . && chown 65534 *.key")
    found, result = doctor(other_policy { ["listen   ="] = 'listen = "127.0.0.1:1" or' }, as_nobody)
    assert.is_true(finds(found, "state", "fault", "state: it belongs to the user 0, and who asks is 65534"), result.out)
    local lowest <const> = command.shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start").out
    assert.is_true(lowest == "0\n" or finds(found, "listen", "fault", "this user may not listen"), result.out)
  end)
end)
