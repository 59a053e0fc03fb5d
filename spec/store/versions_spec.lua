-- What the store keeps of the versions of a zone, in SQLite and in PostgreSQL.
local chain = require "understudy.store.chain"
local stores = require "spec.support.stores"

local NAME <const> = stores.NAME
local large_zone, newest, writer, zone_of = stores.large_zone, stores.newest, stores.writer, stores.zone_of

for _, kind in ipairs(stores.KINDS) do
  describe("versions in " .. kind, function()
    local fixture = stores.fixture(kind)
    local open = fixture.open

    setup(fixture.start)
    after_each(fixture.forget)
    teardown(fixture.stop)

    it("remembers publications and the pull they were made from", function()
      local opened <close> = open()
      assert.is_nil((newest(opened)))
      local mine = writer(opened)
      assert(mine.publish(zone_of(4294967295)))
      assert(mine.publish(zone_of(1, "www 60 A 192.0.2.1")))
      local zone, rows, pulls = newest(opened)
      assert.equal(zone_of(1, "www 60 A 192.0.2.1"), zone)
      assert.equal(1, zone.serial)
      assert.equal(1.5, rows[#rows].at)
      assert.equal(zone, assert(chain.accepted(pulls, zone, NAME)).zone)
      local history = opened:history(NAME)
      assert.same({ 1, 4294967295 }, { history[1].serial, history[2].serial })
      assert.equal(pulls[#pulls].id, history[1].pull)
    end)

    it("writes a small change of a large zone as a small delta, and can tell every version again", function()
      local opened <close> = open()
      local mine = writer(opened)
      for serial = 1, 120 do
        assert(mine.publish(large_zone(serial)))
      end
      local whole, octets = 0, 0
      for _, row in ipairs(opened:deltas(NAME, 1)) do
        octets = math.max(octets, #row.delta)
      end
      for _, row in ipairs(opened:history(NAME)) do
        whole = whole + row.whole
      end
      assert.is_true(whole >= 2 and whole <= 4)
      assert.is_true(octets < #large_zone(1):text() / 20)
      for _, serial in ipairs { 1, 2, 50, 51, 52, 53, 119, 120 } do
        local read = assert(chain.read(assert(opened:publication_chain(NAME, serial)), NAME, "publication"))
        assert.equal(large_zone(serial), read.zone)
        assert.equal(serial, read.zone.serial)
      end
      assert.same({}, opened:publication_chain(NAME, 999))
    end)

    it("keeps so many publications, those after a time, and what they are made of", function()
      local opened <close> = open()
      local mine = writer(opened)
      for serial = 1, 200 do
        assert(mine.publish(large_zone(serial), { count = 20, after = 0.0 }))
      end
      local history = opened:history(NAME)
      assert.is_true(#history >= 20 and #history <= 120, #history)
      local oldest = history[#history]
      assert.equal(large_zone(oldest.serial),
        assert(chain.read(opened:publication_chain(NAME, oldest.serial), NAME, "publication")).zone)
      assert.equal(large_zone(oldest.serial), assert(chain.read(opened:pull_chain(oldest.pull), NAME, "pull")).zone)
      assert.is_true(#opened:pulls(NAME, 0.0) <= #history + 51)
      for serial = 201, 300 do
        assert(mine.publish(large_zone(serial), { count = 1000, after = 250.0 }))
      end
      assert.is_true(#opened:history(NAME) < 120)
      assert.equal(large_zone(300), (newest(opened)))
    end)

    it("keeps what is released, however much only canaries have got since", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      mine.lease.released = true
      assert(mine.publish(large_zone(2)))
      mine.lease.released = nil
      for serial = 3, 200 do
        assert(mine.publish(large_zone(serial), { count = 5, after = 1e9 }))
      end
      assert.equal(2, opened:zones({ NAME })[NAME].released)
      assert.equal(large_zone(2), assert(chain.read(opened:publication_chain(NAME, 2), NAME, "publication")).zone)
      assert(opened:release_publication(mine.row { serial = 200 }))
      for serial = 201, 300 do
        assert(mine.publish(large_zone(serial), { count = 5, after = 1e9 }))
      end
      assert.equal(200, opened:zones({ NAME })[NAME].released)
      assert.same({}, opened:publication_chain(NAME, 2))
    end)

    it("refuses a publication on another ground than the newest, and changes nothing then", function()
      local opened <close> = open()
      local mine, other = writer(opened), writer(opened)
      assert(mine.publish(zone_of(7)))
      local ids, err = other.publish(zone_of(7, "www 60 A 192.0.2.1"))
      assert.is_nil(ids)
      assert.equal("conflict", err.code)
      assert.is_true(err.temporary)
      assert.equal(zone_of(7), (newest(opened)))
      assert.equal(1, #opened:pulls(NAME, 0.0))
    end)

    it("takes no change of what it does not have, as a database that went back", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      local before = mine.pulls
      assert.equal("conflict", select(2, mine.publish(large_zone(2), nil, (function()
        local pull = mine.pull(large_zone(2))
        pull.base_hash = "another"
        return pull
      end)())).code)
      mine.pulls, mine.hash = before, "another"
      assert.equal("conflict", select(2, mine.publish(large_zone(2))).code)
      assert.same({ 1, 1 }, { #opened:history(NAME), #opened:pulls(NAME, 0.0) })
    end)

    it("takes the same publication twice for one", function()
      local opened <close> = open()
      local mine = writer(opened)
      local ids = assert(mine.publish(zone_of(7)))
      mine.serial, ids.known = nil, true
      assert.same(ids, mine.publish(zone_of(7)))
      assert.equal(1, #opened:history(NAME))
    end)

    it("keeps the newest of the pulls that were refused, and those that are needed", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(large_zone(1)))
      for i = 1, 30 do
        local base = mine.pulls
        local pull = mine.pull(large_zone(i + 1))
        mine.pulls = base -- refused: the next delta starts from the accepted one again
        assert(opened:refuse_pull(mine.lease, pull, 5))
      end
      local pulls = opened:pulls(NAME, 0.0)
      assert.equal(6, #pulls)
      assert.equal(large_zone(31), assert(chain.read(opened:pull_chain(pulls[6].id), NAME, "pull")).zone)
      assert.equal(large_zone(1), assert(chain.read(opened:pull_chain(pulls[1].id), NAME, "pull")).zone)
    end)

    it("accepts a pull without a publication", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(zone_of(1)))
      assert(opened:accept_pull(mine.lease, mine.pull(zone_of(2), "newer")))
      local _, rows, pulls = newest(opened)
      assert.equal(1, #rows)
      assert.equal("newer", pulls[#pulls].version)
    end)

    it("forgets what was accepted of a member whose name means another zone now, and nothing else of it", function()
      local opened <close> = open()
      local mine = writer(opened)
      local function accepted()
        local zone, _, pulls = newest(opened)
        assert.equal(zone_of(1), zone)
        return pulls ~= nil
      end
      local function member(label, epoch)
        assert(opened:save_members({ { zone = NAME, catalog = "c.", label = label, epoch = epoch } }, {}, {}))
      end
      assert(mine.publish(zone_of(1)))
      member("one", 0)
      member("one", 0)
      assert.is_true(accepted())
      member("two", 1)
      assert.is_false(accepted())
      assert(opened:accept_pull(mine.lease, mine.pull(zone_of(1), "of the new one")))
      member("two", 1) -- of a process that was later to know
      assert.is_true(accepted())
      assert(opened:save_members({}, { NAME }, {})) -- the policy has it itself
      assert.is_true(accepted())
      member("two", 0)
      assert(opened:save_members({}, { NAME }, { NAME }))
      assert.is_false(accepted())
      assert.same({}, opened:members())
    end)

    it("counts by its own clock how long a publication has been the candidate, until it is released or none", function()
      local opened <close> = open()
      local mine = writer(opened)
      assert(mine.publish(zone_of(1)))
      assert(opened:save_candidate(mine.row { serial = 1, seconds = 30.0, now = 10.0 }))
      local row = opened:zones({ NAME }, 11.0)[NAME]
      assert.equal(1, row.candidate)
      assert.is_true(row.candidate_for >= 30 and row.candidate_for < 60, row.candidate_for)
      for _, ends in ipairs { "release_publication", "save_candidate" } do
        assert(opened:save_candidate(mine.row { serial = 1, seconds = 30.0 }))
        assert(opened[ends](opened, mine.row { serial = ends == "release_publication" and 1 or nil }))
        row = opened:zones({ NAME }, 11.0)[NAME]
        assert.same({ nil, nil }, { row.candidate, row.candidate_for })
      end
      local _, err = opened:save_candidate { zone = NAME, worker = "nobody", token = 1, now = 1 }
      assert.equal("fenced", err.code)
    end)
  end)
end
