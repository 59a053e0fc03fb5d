-- A store in a file whose disk fails at one call, loses power at one, or kills its process there, for each call in
-- turn: what was acknowledged is there afterwards, what was not is there whole or not at all, and it goes on by itself.
local chain = require "understudy.store.chain"
local check = require "understudy.store.check"
local command = require "spec.support.command"
local database = require "understudy.store.database"
local faulty_disk = require "spec.support.faulty_disk"
local store = require "understudy.store"

local NAME <const> = "example.com."
local VERSIONS <const> = 4
-- All calls take a minute for each fault; by default every so many of them are tried, others in each run.
local STRIDE <const> = tonumber(os.getenv "UNDERSTUDY_STRIDE") or 12
local DAMAGES <const> = 60
local WRITER <const> = "%s %s spec/support/disk_writer.lua %s"

local lua <const> = os.getenv "LUA_HOST" or arg[-1]

-- What the writer said last of something; 0 for nothing.
local function last(out, what)
  local found = 0
  for serial in out:gmatch(what .. "%s+(%d+)") do
    found = math.tointeger(tonumber(serial))
  end
  return found
end

-- What the store holds: the serial of the newest publication, and of the last freeze; fails if it is not whole.
local function held(path)
  local db <close> = assert(database.open(path))
  local faults = {}
  assert(check.run(db, function(fault)
    faults[#faults + 1] = ("%s %s: %s"):format(fault.zone, fault.place, fault.message)
  end))
  assert.same({}, faults)
  assert(db.driver.check(db, "integrity_check(1)"))
  local newest = db:row "SELECT MAX(serial) AS serial FROM publications"
  local freeze = db:row("SELECT reason FROM freezes WHERE zone = :zone", { zone = NAME })
  return newest.serial or 0, freeze and math.tointeger(tonumber(freeze.reason:sub(2))) or 0
end

describe("a store in a file", function()
  for what, word in pairs {
    ["has no room for one write"] = "full",
    ["fails one write or sync"] = "broken",
    ["loses power"] = "power",
    ["kills its process"] = "dies",
  } do
    it("whose disk " .. what .. " keeps what it acknowledged, and goes on", function()
      local tried, number = 0, math.random(STRIDE)
      local calls
      repeat
        local folder, remove = command.folder {}
        local path, disk = folder .. "/db", faulty_disk.new(folder)
        disk:set(("%s %d"):format(word, number))
        local first = command.shell(WRITER:format(disk.words, lua, path))
        local where = ("%s %d: %s%s"):format(word, number, first.out, first.err)
        calls = disk:calls()
        assert(calls or word == "power" or word == "dies", where)
        local serial, frozen = held(path)
        assert(serial >= last(first.out, "published") and frozen >= last(first.out, "frozen"), where)
        assert(frozen <= serial and serial <= frozen + 1, where)
        disk:set "well"
        local second = command.shell(WRITER:format(disk.words, lua, path))
        assert(second.out:find "done", where .. second.err)
        serial, frozen = held(path)
        assert.same({ VERSIONS, VERSIONS }, { serial, frozen })
        remove()
        tried, number = tried + 1, number + STRIDE
      until calls and number > calls
      assert.is_true(tried > 3)
    end)
  end

  it("that was cut or overwritten anywhere is refused, or gives what was written", function()
    local folder, remove = command.folder {}
    finally(remove)
    local path, refused = folder .. "/db", 0
    assert(command.shell(WRITER:format("", lua, path)).out:find "done")
    local whole <close> = assert(io.open(path, "rb"))
    local octets = whole:read "a"
    for i = 1, DAMAGES do
      local at = math.random(#octets - 1)
      local behind = i % 2 == 0 and ("\0"):rep(math.random(8192)) or ""
      local file <close> = assert(io.open(path, "wb"))
      file:write(octets:sub(1, at), behind, behind ~= "" and octets:sub(at + #behind + 1) or "")
      file:close()
      os.remove(path .. "-wal")
      os.remove(path .. "-shm")
      local opened <close> = store.direct(path)
      local zones = opened and chain.newest(opened, NAME)
      refused = refused + (zones and 0 or 1)
      local serial = zones and assert(zones.publication, "nothing is left").serial
      assert(not zones or serial == VERSIONS, ("at %d of %d: serial %s"):format(at, #octets, serial))
    end
    assert.is_true(refused > DAMAGES / 2)
  end)
end)
