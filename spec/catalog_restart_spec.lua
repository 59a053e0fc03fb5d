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
    command.replace(("%s/%s.zone"):format(folder, name), text)
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

  -- What a zone with a twentieth of the records becomes: held where it is the same zone, else published.
  local function is_held(found)
    return found.state == "held"
  end

  it("is another zone under another label: its own size is no loss, and its serial goes on", function()
    local daemon <close> = daemons.start(folder)
    await(daemon, "the zone", is_published(1))
    write("a.example", zone(1, 2))
    await(daemon, "what the same zone would lose", is_held)
    write("two.example", CATALOG:format(2) .. "other.zones PTR a.example.\n")
    await(daemon, "the other zone", is_published(2)) -- by targets that know no catalog it is followed too
    assert.truthy(daemon:read "log":find("a.example. is another zone of that name now", 1, true))
    write("a.example", zone(2, 0))
    await(daemon, "what that one would lose", is_held)
  end)

  it("is another zone when its label became another while no daemon ran, else the same", function()
    do
      local daemon <close> = daemons.start(folder)
      await(daemon, "the zone", is_published(1))
      assert.equal(0, daemon:stop "TERM")
    end
    write("a.example", zone(5, 2))
    local function after_start()
      local daemon <close> = daemons.start(folder)
      local found = assert(daemon:ask("POST", "/v1/zones/a.example/sync"))
      daemon:stop "TERM"
      return found
    end
    assert.same({ "held", 1 }, { after_start().state, after_start().serial })
    write("two.example", CATALOG:format(2) .. "other.zones PTR a.example.\n")
    nsd.await("the catalog to be published without a daemon", function()
      local result = command.run("sync", "--policy", folder .. "/policy.lua", "two.example")
      return result.out:find("serial 2", 1, true)
    end)
    local planned = command.run("plan", "--policy", folder .. "/policy.lua", "a.example")
    assert.equal(1, planned.status)
    assert.truthy(planned.out:find("publish", 1, true), planned.out)
    assert.equal(5, after_start().serial)
  end)

  it("is another zone also when the daemon is killed before anything was had of it", function()
    local function epoch()
      local line = [[sqlite3 '%s/state/understudy.db' "SELECT epoch FROM members WHERE zone = 'a.example.'"]]
      return command.shell(line:format(folder)).out
    end
    do
      local daemon <close> = daemons.start(folder)
      await(daemon, "the zone", is_published(1))
      assert(os.remove(folder .. "/a.example.zone"))
      write("two.example", CATALOG:format(2) .. "other.zones PTR a.example.\n")
      nsd.await("the label to be written down", function() return epoch() == "1\n" end)
      daemon:stop() -- as a crash would
    end
    local daemon <close> = daemons.start(folder)
    await(daemon, "what was published, still", is_published(1))
    write("a.example", zone(5, 2))
    await(daemon, "the other zone", is_published(5))
  end)
end)
