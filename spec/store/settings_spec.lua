-- Under what settings zones are run and by which policy each worker goes, as SQLite and PostgreSQL remember it.
local database = require "understudy.store.database"
local stores = require "spec.support.stores"

local NAMES <const> = { "a.example.", "b.example.", "c.example.", "d.example.", "e.example." }

-- A worker that has all zones.
local function worker(opened, name, zones)
  assert(opened:register(zones or {}))
  assert(opened:join(name, 60, 0.0))
  assert(opened:claim(name, zones or {}, 0.0))
end

local function lines(names)
  return table.concat(names, "\n") .. "\n"
end

for _, kind in ipairs(stores.KINDS) do
  describe("the store in " .. kind, function()
    local fixture = stores.fixture(kind)
    local open = fixture.open

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    it("keeps settings once, and writes under which a zone is run when that changed only", function()
      local opened <close> = open()
      worker(opened, "w", NAMES)
      assert.same({ "s1", "s2" }, opened:unknown_settings { "s1", "s2" })
      assert(opened:save_settings { { hash = "s1", text = "guard: it's = \\x0a\n", at = 1.0 } })
      assert(opened:save_settings { { hash = "s1", text = "another", at = 2.0 } })
      assert.same({ "s2" }, opened:unknown_settings { "s1", "s2" })
      assert.same({ s1 = "guard: it's = \\x0a\n" }, opened:settings { "s1", "s2" })
      assert.same({ written = 5, left = 0 }, opened:note_settings("w", "s1", NAMES))
      assert.same({ written = 0, left = 0 }, opened:note_settings("w", "s1", NAMES))
      assert.same({ written = 1, left = 0 }, opened:note_settings("w", "s2", { NAMES[1] }))
      assert.same({ written = 0, left = 0 }, opened:note_settings("another", "s2", NAMES))
      local zones = opened:zones(NAMES, 0.0)
      assert.equal("s2", zones[NAMES[1]].settings)
      assert.equal("s1", zones[NAMES[2]].settings)
    end)

    if kind == "postgresql" then
      it("leaves a zone that is locked, and says so, rather than to wait", function()
        local opened <close> = open()
        worker(opened, "w", NAMES)
        local other <close> = assert(database.open(fixture.where()))
        assert(other:execute "BEGIN")
        assert(other:rows "SELECT zone FROM zones WHERE zone = 'b.example.' FOR UPDATE")
        assert.same({ written = 4, left = 1 }, opened:note_settings("w", "s1", NAMES))
        assert(other:execute "COMMIT")
        assert.same({ written = 1, left = 0 }, opened:note_settings("w", "s1", NAMES))
      end)
    end

    it("forgets old settings under which no zone is run", function()
      local opened <close> = open()
      worker(opened, "w", NAMES)
      for hash, at in pairs { old = 1.0, used = 1.0, new = 9.0 } do
        assert(opened:save_settings { { hash = hash, text = hash, at = at } })
      end
      assert(opened:note_settings("w", "used", NAMES))
      assert(opened:forget_old({ worker = "w", now = 0.0 }, 5.0))
      assert.same({ used = "used", new = "new" }, opened:settings { "old", "used", "new" })
    end)

    it("knows by which policy each worker goes that is alive, and in what two differ", function()
      local opened <close> = open()
      for _, name in ipairs { "one", "two", "three", "unheard" } do
        worker(opened, name)
      end
      local ours = assert(opened:announce_policy("one", { aa = lines { "b.", "a.", "c." }, bb = lines { "x.", "h." } }))
      local same = { bb = lines { "h.", "x." }, aa = lines { "c.", "a.", "b." } }
      assert.equal(ours, opened:announce_policy("three", same))
      local other = { aa = lines { "h." }, cc = lines { "c.", "b.", "x.", "a.", "t." } }
      local theirs = assert(opened:announce_policy("two", other))
      assert.same({ { worker = "three", policy = ours }, { worker = "two", policy = theirs } },
        opened:policies_of_others("one", 0.0))
      local found = assert(opened:compare_policies(ours, theirs))
      table.sort(found.pairs, function(one, two)
        return one[1] .. one[2] < two[1] .. two[2]
      end)
      assert.same({
        differing = { count = 5, names = { "a.", "b.", "c." } }, here = { count = 0, names = {} },
        there = { count = 1, names = { "t." } }, pairs = { { "aa", "cc" }, { "bb", "aa" }, { "bb", "cc" } },
      }, found)
      assert.equal(5, opened:compare_policies(theirs, ours).differing.count)
      assert.same({ count = 1, names = { "t." } }, opened:compare_policies(theirs, ours).here)
      assert.is_false(opened:compare_policies(ours, "gone"))
    end)

    it("says nothing of a worker that is dead, and keeps no policy that nobody goes by", function()
      local opened <close> = open()
      worker(opened, "one")
      worker(opened, "two")
      local old = assert(opened:announce_policy("one", { aa = lines { "a." } }))
      local new = assert(opened:announce_policy("one", { bb = lines { "a." } }))
      local other = assert(opened:announce_policy("two", { cc = lines { "a." } }))
      assert.is_false(opened:compare_policies(old, new))
      assert(opened:compare_policies(new, other))
      assert(opened:join("two", -5, 0.0))
      assert.same({}, opened:policies_of_others("one", 0.0))
    end)
  end)
end
