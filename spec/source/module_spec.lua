-- A source of an operator's own: what it gives becomes a zone, and findings name its records by their ids.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local module_source = require "understudy.source.module"
local nsd = require "spec.support.nsd"
local policy = require "understudy.policy"

-- Reads what stands beside it, as another would ask a database.
local INVENTORY <const> = [[
return { records = function(zone_name, options)
  local list, why = loadfile(options.folder .. "/records.lua")
  return list and list(zone_name), why
end }
]]

local RECORDS <const> = [[
local serial = %d
return {
  { owner = "@", ttl = 3600, type = "SOA",
    data = "ns1.example.net. h.example.net. " .. serial .. " 14400 3600 1209600 300" },
  { owner = "@", ttl = 3600, type = "NS", data = "ns1.example.net.", id = 11 },
  { owner = "@", ttl = 3600, type = "NS", data = "ns2.example.net.", id = 12 },
  { owner = "mail", ttl = 300, type = "CNAME", data = "mx.example.net.", id = "rec-4712" },
  { owner = (...), ttl = 300, type = "MX", data = "10 mail", id = "rec-4711" },
  %s
}
]]

describe("source.module", function()
  local function pull(list, why)
    local source = module_source.new { module = "acme.x", records = function(...)
      return type(list) == "function" and list(...) or list, why
    end }
    return source:pull "example.com."
  end

  local function record(fields)
    local made = { owner = "@", ttl = 60, type = "A", data = "192.0.2.1" }
    for name, value in pairs(fields or {}) do
      made[name] = value
    end
    return made
  end

  it("makes a zone of records, owners being relative to it", function()
    local a = record { owner = "a.example.com.", id = 7 }
    local pulled = assert(pull { record(), record { owner = "www", ttl = 0 }, a })
    assert.equal(3, #pulled.zone)
    assert.equal("192.0.2.1", pulled.zone:lookup("www", "A")[1])
    assert.same({ file = "acme.x", false, false, "7" }, pulled.ids)
    local turned = pull { record { owner = "a", id = 7 }, record(), record { owner = "www", ttl = 0 } }
    assert.equal(pulled.version, turned.version)
  end)

  it("takes no owner for a directive, and no data for more than one record", function()
    local zone = assert(pull { record { owner = "$INCLUDE /etc/passwd" } }).zone
    assert.equal(1, zone.rrset_count)
    assert.equal("\\$include\\032/etc/passwd.example.com.", zone:rrset(1).owner)
    local pulled, err = pull { record { data = "( 192.0.2.1" }, record { data = ")" } }
    assert.is_nil(pulled)
    assert.truthy(err.report)
  end)

  for name, case in pairs {
    ["an owner that is no name"] = { { owner = "a..b" }, 'record 2 of example.com.: its owner is "a..b"' },
    ["no ttl"] = { { ttl = false }, "its ttl is false" },
    ["a ttl over 2^31-1"] = { { ttl = 1 << 31 }, "its ttl is 2147483648" },
    ["data of two lines"] = { { data = "192.0.2.1\nevil A 192.0.2.2" }, "its data is" },
    ["a type of two words"] = { { type = "A 192.0.2.2 ;" }, "its type is" },
    ["an id that can't be printed"] = { { id = {} }, "its id is" },
  } do
    it("refuses " .. name, function()
      local pulled, err = pull { record(), record(case[1]) }
      assert.is_nil(pulled)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end)
  end

  it("says why the module has nothing, and never takes it for an empty zone", function()
    local pulled, err = pull(nil, "the database is away")
    assert.is_nil(pulled)
    assert.same({ "acme.x: the database is away", true }, { err.message, err.temporary })
    pulled, err = pull(function() return nil end)
    assert.is_nil(pulled)
    assert.matches("it gave no list of records", err.message)
  end)

  for name, case in pairs {
    ["is not there"] = { [[source.module "acme.absent"]],
      "p%.lua:2: source: the source \"acme%.absent\" can't be loaded" },
    ["returns something else"] = { [[source.module { module = "acme.odd" }]],
      "the module \"acme%.odd\" returns no table with a function 'records'" },
  } do
    it("is refused with its line when the module " .. name, function()
      package.preload["acme.odd"] = function() return { records = "none" } end
      finally(function() package.preload["acme.odd"], package.loaded["acme.odd"] = nil, nil end)
      local loaded, err = policy.parse(([[return policy {
        source = %s, zones = { "example.com" },
        targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
      }]]):format(case[1]), "p.lua")
      assert.is_nil(loaded)
      assert.matches(case[2], err.message)
    end)
  end
end)

describe("findings about a source with ids", function()
  it("name its records by them, in plan and status, over a restart, and where they can't be read", function()
    local folder, remove = command.folder {
      ["inventory.lua"] = INVENTORY, ["records.lua"] = RECORDS:format(1, ""),
    }
    finally(remove)
    local function write(name, text)
      local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
      file:write(text)
    end
    write("policy.lua", ([[return policy {
      listen = "127.0.0.1:%d",
      source = source.module { module = "inventory", options = { folder = "%s" } },
      targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
      zones = { "example.com" },
      checks = { adjust { rule = "mx.cname", severity = "warning", reason = "-" } },
      retry = backoff { first = "0.1s", max = "0.2s" },
    }]]):format(nsd.free_port(), folder))
    local words = ("LUA_PATH_5_4='%s/?.lua;'\"$LUA_PATH_5_4\" "):format(folder)
    local planned = command.shell(("%s $understudy plan --policy %s/policy.lua"):format(words, folder))
    assert.matches("inventory record rec%-4711: warning mx%.cname: ", planned.out)
    local function found(id)
      local status = command.shell(("%s $understudy status --json --policy %s/policy.lua"):format(words, folder))
      for _, finding in ipairs(cjson.decode(status.out).zones[1].findings.list) do
        if finding.id == id then
          return finding
        end
      end
    end
    for _ = 1, 2 do
      local daemon <close> = daemons.start(folder, { words = "env " .. words })
      assert.equal("example.com.", daemon:ask("POST", "/v1/zones/example.com/sync").name)
      local finding = found "mx.cname"
      assert.same({ "rec-4711", "inventory", "MX" }, { finding.records[1].id, finding.records[1].file,
        finding.records[1].type }, daemon:read "log")
      assert.is_nil(finding.records[1].line)
    end
    local bad = [[{ owner = "x", ttl = 1, type = "A", data = "192.0.2.256", id = "rec-5" }]]
    write("records.lua", RECORDS:format(2, bad))
    local refused = command.shell(("%s $understudy plan --policy %s/policy.lua"):format(words, folder))
    assert.matches("inventory record rec%-5: error ", refused.out)
  end)
end)
