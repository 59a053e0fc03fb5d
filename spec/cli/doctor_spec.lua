-- understudy doctor: with a real daemon between an NSD and a Knot DNS all is well; then one thing at a time is broken.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"

local KEY <const> = { name = "transfer", algorithm = "hmac-sha256", secret = ("c2VjcmV0"):rep(5) .. "c2U=" }
local KEY_FILE <const> = 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n'

local POLICY <const> = [[
local transfer_key = key "transfer.key"
return policy {
  listen   = "127.0.0.1:@LISTEN@",
  resolver = "@PRIMARY@",
  source   = source.transfer { from = "@PRIMARY@", key = transfer_key },
  targets  = { target.secondary "ns-b" { transfer = "127.0.0.1", notify = "@SECONDARY@", key = transfer_key } },
  zones    = { "example.com" },
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

local folder, remove, primary, secondary, daemon

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
  local text, words = daemon:read "policy.lua", { PRIMARY = primary.server, FREE = nsd.free_port() }
  for part, new in pairs(replacements) do
    local first, last = text:find(part, 1, true)
    text = text:sub(1, assert(first, part) - 1) .. new:gsub("@(%u+)@", words) .. text:sub(last + 1)
  end
  write("other.lua", text)
  return "other.lua"
end

local function doctor(policy)
  local result = command.run("doctor", "--json", "--policy", folder .. "/" .. (policy or "policy.lua"))
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

setup(function()
  local listen = nsd.free_port()
  primary = nsd.start { zones = { ["example.com."] = ZONE, ["."] = ZONE }, key = KEY }
  secondary = peers.start("knot",
    { secondary = { "example.com." }, primary = "127.0.0.1:" .. listen, key = KEY })
  folder, remove = command.folder {
    ["policy.lua"] = POLICY:gsub("@(%u+)@",
      { LISTEN = listen, PRIMARY = primary.server, SECONDARY = secondary.server }),
    ["transfer.key"] = KEY_FILE:format(KEY.name, KEY.secret),
    ["other.key"] = KEY_FILE:format("other", KEY.secret),
    ["wrong.key"] = KEY_FILE:format(KEY.name, ("d3Jvbmcg"):rep(5) .. "c2U="),
  }
  shell "chmod 600 *.key && chmod 644 policy.lua"
  daemon = daemons.start(folder)
  secondary:await_serial("example.com.", 7)
end)

teardown(function()
  daemon:stop()
  secondary:stop()
  primary:stop()
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
    assert.same({ "policy", "state", "store", "listen" }, groups)
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
end)
