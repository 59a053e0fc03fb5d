-- Whose a zone is that catalogs list, and which zone its name means, over the end of the daemon.
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"

-- The catalog that stands first comes first where nothing is known of before.
local POLICY <const> = [[
local files = source.file "%%s.zone"
local nobody = target.secondary "none" { transfer = "127.0.0.1", notify = "127.0.0.1:1" }
local members = { source = files, targets = { nobody } }
return policy {
  listen = "127.0.0.1:%d", source = files, retry = backoff { first = "0.1s", max = "0.2s" },
  zones = {
    zone "one.example" { targets = { nobody }, members = members },
    zone "two.example" { targets = { nobody }, members = members },
  },
}
]]

local CATALOG <const> = '$TTL 60\n@ SOA invalid. invalid. %d 3600 600 86400 60\n@ NS invalid.\nversion TXT "2"\n'

local function zone(serial, count)
  local lines = { ("$TTL 60\n@ SOA ns1.example.net. h.example.net. %d 3600 600 86400 60\n@ NS ns1.example.net.\n"
    .. "@ NS ns2.example.net.\n"):format(serial) }
  for i = 1, count do
    lines[#lines + 1] = ("h%d A 192.0.2.%d\n"):format(i, i)
  end
  return table.concat(lines)
end

describe("a zone that catalogs list", function()
  local folder, remove

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/new", "w"))
    file:write(text)
    file:close()
    assert(os.rename(folder .. "/new", ("%s/%s.zone"):format(folder, name)))
  end

  before_each(function()
    folder, remove = command.folder { ["policy.lua"] = POLICY:format(nsd.free_port()) }
    write("one.example", CATALOG:format(1))
    write("two.example", CATALOG:format(1) .. "x.zones PTR a.example.\n")
    write("a.example", zone(1, 40))
  end)

  after_each(function()
    remove()
  end)

  -- What the daemon says of a.example., once that is so.
  local function await(daemon, what, test)
    local found
    nsd.await(what, function()
      found = daemon:ask("GET", "/v1/zones/a.example")
      return found and test(found)
    end)
    return found
  end

  local function is_published(serial)
    return function(found)
      return found.serial == serial
    end
  end

  it("stays with the catalog that had it first, also after a restart", function()
    do
      local daemon <close> = daemons.start(folder)
      assert.equal("two.example.", await(daemon, "the zone", is_published(1)).catalog)
      write("one.example", CATALOG:format(2) .. "y.zones PTR a.example.\n")
      nsd.await("the other catalog", function()
        return daemon:ask("GET", "/v1/zones/one.example").serial == 2
      end)
      nsd.await("its refusal", function()
        return daemon:read "log":find("one.example. lists a.example.: it is of the catalog two.example.", 1, true)
      end)
      assert.equal("two.example.", await(daemon, "the zone", is_published(1)).catalog)
      daemon:stop() -- as a crash would
    end
    local daemon <close> = daemons.start(folder)
    assert.equal("two.example.", await(daemon, "the zone", is_published(1)).catalog)
    write("two.example", CATALOG:format(2) .. "x.zones PTR a.example.\ncoo.x.zones PTR one.example.\n")
    assert.equal("one.example.", await(daemon, "the zone to be let go", function(found)
      return found.catalog == "one.example."
    end).catalog)
  end)

  it("is another zone when its label became another while no daemon ran, else the same", function()
    do
      local daemon <close> = daemons.start(folder)
      await(daemon, "the zone", is_published(1))
      assert.equal(0, daemon:stop "TERM")
    end
    write("a.example", zone(5, 2)) -- which is held: most of what is published would vanish
    local function accepted()
      local daemon <close> = daemons.start(folder)
      local version = assert(daemon:ask("POST", "/v1/zones/a.example/sync")).source.version
      daemon:stop "TERM"
      return version
    end
    assert.is_string(accepted())
    write("two.example", CATALOG:format(2) .. "other.zones PTR a.example.\n")
    nsd.await("the catalog to be published without a daemon", function()
      local result = command.run("sync", "--policy", folder .. "/policy.lua", "two.example")
      return result.out:find("serial 2", 1, true)
    end)
    assert.is_nil(accepted()) -- nothing was accepted yet of the zone that has the name now
  end)
end)
