-- What changed in a source that can be read by names, as a person or a program says it to the command; with a real NSD
-- as the secondary.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

local NAME <const> = "example.com."
local SECRET <const> = ("c2VjcmV0"):rep(5) .. "c2U="

-- Reads what stands beside it, and notes what it was asked for.
local INVENTORY <const> = [[
local function note(options, what)
  local file <close> = io.open(options.folder .. "/asked", "ab")
  file:write(what, "\n")
end

local function records(options)
  return loadfile(options.folder .. "/records.lua")()
end

return {
  records = function(_, options)
    note(options, "all")
    return records(options)
  end,
  records_at = function(zone_name, options, names)
    local list = {}
    for _, record in ipairs(records(options)) do
      local owner = record.owner == "@" and zone_name or record.owner .. "." .. zone_name
      for _, name in ipairs(names) do
        if owner == name.owner and record.type == (name.type or record.type) then
          list[#list + 1] = record
        end
      end
    end
    for _, name in ipairs(names) do
      note(options, name.owner .. " " .. (name.type or "-"))
    end
    return list
  end,
}
]]

local RECORDS <const> = [[
return {
  { owner = "@", ttl = 3600, type = "SOA", data = "ns1.servers.info. h.example.net. %d 14400 3600 1209600 300" },
  { owner = "@", ttl = 3600, type = "NS", data = "ns1.servers.info." },
  { owner = "@", ttl = 3600, type = "NS", data = "ns2.servers.info." },
  { owner = "www", ttl = 300, type = "A", data = "192.0.2.%d" },
  %s
}
]]

local POLICY <const> = [[
return policy {
  listen = "127.0.0.1:%d",
  source = source.module { module = "inventory", options = { folder = "%s" } },
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:%d", key = key "transfer.key" } },
  zones = { "example.com", "example.net" },
  retry = backoff { first = "0.1s", max = "0.2s" },
  refresh = "1h",
}
]]

local MAIL <const> = [[{ owner = "mail", ttl = 300, type = "A", data = "192.0.2.9" },]]

describe("understudy sync", function()
  local folder, remove, words, secondary

  before_each(function()
    local listen = nsd.free_port()
    secondary = nsd.start {
      secondary = { NAME, "example.net." }, primary = "127.0.0.1:" .. listen,
      key = { name = "transfer", algorithm = "hmac-sha256", secret = SECRET },
    }
    folder, remove = command.folder {
      ["inventory.lua"] = INVENTORY,
      ["transfer.key"] = ('key "transfer" { algorithm hmac-sha256; secret "%s"; };\n'):format(SECRET),
    }
    assert(os.execute("chmod 600 " .. folder .. "/transfer.key"))
    local file <close> = assert(io.open(folder .. "/policy.lua", "wb"))
    file:write(POLICY:format(listen, folder, secondary.port))
    words = ("env LUA_PATH_5_4='%s/?.lua;'\"$LUA_PATH_5_4\" "):format(folder)
  end)

  after_each(function()
    secondary:stop()
    remove()
  end)

  local function write(...)
    local file <close> = assert(io.open(folder .. "/records.lua", "wb"))
    file:write(RECORDS:format(...))
  end

  local function sync(arguments)
    return command.shell(("%s $understudy sync --json --policy %s/policy.lua %s"):format(words, folder, arguments))
  end

  -- Says what changed; gives what is served then, and what the source was asked for meanwhile.
  local function tell(arguments)
    os.remove(folder .. "/asked")
    local result = sync("example.com " .. arguments)
    local zone = cjson.decode(result.out).zones[1]
    local asked <close> = io.open(folder .. "/asked", "rb")
    return { zone.state, zone.serial, zone.cause, asked and asked:read "a" }
  end

  it("has only those names read that changed, and believes what was deleted", function()
    write(1, 1, MAIL)
    local daemon <close> = daemons.start(folder, { words = words })
    assert.equal(NAME, daemon:ask("POST", "/v1/zones/example.com/sync").name)

    write(2, 2, MAIL)
    assert.same({ "ok", 2, "asked for: www.example.com. A", "www.example.com. A\n" }, tell "--changed www A")
    assert.equal(2, secondary:serial(NAME))

    write(3, 3, "")
    local state = tell "--changed www --deleted mail.example.com."
    assert.same({ "ok", 3, "asked for: www.example.com. and 1 more" }, { table.unpack(state, 1, 3) })
    assert.equal("www.example.com. -\nmail.example.com. -\n", state[4])

    write(4, 3, MAIL)
    assert.same({ "ok", 4, "asked for", "all\n" }, tell "")
    write(5, 3, "")
    assert.same({ "held", 4, "asked for", "all\n" }, tell "")
    assert.same({ "ok", 5, "asked for", "all\n" }, tell "--deleted mail A")
  end)

  it("believes what was deleted when no daemon runs too", function()
    write(1, 1, MAIL)
    assert.equal(1, tell ""[2])
    write(2, 1, "")
    assert.same({ "held", 1 }, { table.unpack(tell "", 1, 2) })
    assert.same({ "ok", 2 }, { table.unpack(tell "--deleted mail", 1, 2) })
  end)

  it("says what is wrong with what is said to have changed", function()
    write(1, 1, "")
    for _, running in ipairs { true, false } do
      local daemon <close> = running and daemons.start(folder, { words = words }) or nil
      for arguments, message in pairs {
        ["example.com --changed www.example.org."] = "www.example.org. is not in the zone example.com.",
        ["example.com --changed a..b"] = '"a..b" is no name: ',
        ["example.com --deleted www AXFR"] = '"AXFR" is no type of records',
        ["--changed www"] = "--changed and --deleted are said of one ZONE",
        ["example.com example.net --deleted www"] = "--changed and --deleted are said of one ZONE",
      } do
        local result = sync(arguments)
        assert.equal(2, result.status)
        assert.truthy(result.err:find(message, 1, true), result.err)
      end
      assert.is_true(not daemon or daemon:read "status" == "")
    end
  end)
end)
