local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"
local key = require "understudy.policy.key"
local peers = require "spec.support.peers"
local self_hosted = require "understudy.preset.self_hosted"
local support = require "spec.support.dns"

describe("understudy key", function()
  local folder, remove

  before_each(function()
    folder, remove = command.folder {}
  end)

  after_each(function()
    remove()
  end)

  it("makes keys that nobody else can read, each with a secret of its own", function()
    local secrets = {}
    for _, algorithm in ipairs { "hmac-sha256", "hmac-sha384", "hmac-sha512" } do
      local path = ("%s/%s.key"):format(folder, algorithm)
      local result = command.run("key", "new", "ns-b", "--algorithm", algorithm, "--out", path)
      assert.equal(("wrote %s: key ns-b. %s"):format(path, algorithm), result.out:match "^[^\n]+")
      local made = assert(key.read(path))
      assert.equal(algorithm, made.algorithm)
      secrets[key.fields(assert(key.slurp(path)), path).secret] = true
    end
    local count = 0
    for secret in pairs(secrets) do
      count = count + 1
      assert.is_true(#secret >= 44)
    end
    assert.equal(3, count)
  end)

  it("overwrites nothing", function()
    local path = folder .. "/a.key"
    assert.equal(0, command.run("key", "new", "a", "--out", path).status)
    local before = key.slurp(path)
    local result = command.run("key", "new", "a", "--out", path)
    assert.equal(2, result.status)
    assert.matches("exists already", result.err)
    assert.equal(before, key.slurp(path))
  end)

  it("lists keys and what is wrong with them, and shows no secret unless asked to", function()
    command.run("key", "new", "a", "--out", folder .. "/a.key")
    command.run("key", "new", "b", "--out", folder .. "/b.key")
    assert(os.execute("chmod 644 " .. folder .. "/b.key"))
    local result = command.run("key", "list", folder, "--json")
    assert.equal(1, result.status)
    local list = cjson.decode(result.out)
    assert.equal("a.", list[1].name)
    assert.matches("can be read by others", list[2].error)
    local secret = key.fields(assert(key.slurp(folder .. "/a.key")), "a").secret
    result = command.run("key", "show", folder .. "/a.key")
    assert.equal("key a. hmac-sha256\n", result.out)
    assert.is_nil(result.out:find(secret, 1, true))
    result = command.run("key", "show", folder .. "/a.key", "--for", "bind")
    assert.truthy(result.out:find(secret, 1, true))
    assert.equal(2, command.run("key", "show", folder .. "/b.key").status)
  end)

  it("refuses hmac-sha1 unless it is allowed", function()
    local text = 'key "old" { algorithm hmac-sha1; secret "c2VjcmV0IG9mIHRoaXMgdGVzdA=="; };'
    local made, err = key.parse(text, "old.key")
    assert.is_nil(made)
    assert.equal("refused", err.code)
    assert.matches("sha1 = true", err.message)
    assert.equal("hmac-sha1", key.parse(text, "old.key", { sha1 = true }).algorithm)
  end)
end)

describe("the printed configuration", function()
  local NAMES <const> = { powerdns = "pdns" }

  local function follows(kind, zone_name)
    return function()
      local fields = key.fresh "understudy.example"
      local made = assert(core.key(fields))
      local text = support.ZONE:gsub("example%.com%.", (zone_name:gsub("%%", "%%%%")))
      local entry = { zone = support.parse(text), keys = { made } }
      support.with_server(entry, function(server)
        local snippet = self_hosted.configuration(kind, {
          zones = { zone_name }, address = "127.0.0.1", port = server.port, key = fields,
        }).text
        local peer <close> = peers.start(NAMES[kind] or kind, { snippet = snippet })
        peer:await_serial(zone_name, 7)
        assert.same({ ("www.%s 0 IN A 192.0.2.5"):format(zone_name) }, (peer:query("www." .. zone_name, "A")))
      end)
    end
  end

  for _, kind in ipairs(self_hosted.KINDS) do
    it("makes a real secondary follow: " .. kind, follows(kind, "example.com."))
    it("makes a real secondary follow a zone of RFC 2317: " .. kind, follows(kind, "0/26.2.0.192.in-addr.arpa."))
    if kind ~= "powerdns" then -- which stores such names in a form that it does not find again (4.7)
      it("makes a real secondary follow a zone of odd characters: " .. kind,
        follows(kind, "a%2f{b}#c`d&e.*!.example."))
    end
  end
end)
