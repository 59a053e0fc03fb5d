-- Hours of virtual time with targets that fail, flap, vanish and return, chosen at random. At every step on the way: no
-- address set is lost unless the policy allows it, and no serial moves unless the content does.
local simulation = require "spec.sync.simulation"

local HOUR <const> = 3600
local TARGETS <const> = 6
local TYPES <const> = { "A", "AAAA" }
local OUTCOMES <const> = { "failure", "special", "nxdomain", "nodata" }

-- The same numbers in every run, from a seed.
local function chance(seed)
  local state = seed
  return function(limit)
    state = state * 6364136223846793005 + 1442695040888963407
    return (state >> 33) % limit + 1
  end
end

local function address(type, i)
  return type == "A" and ("8.0.0.%d"):format(i) or ("2a00::%x"):format(i)
end

-- The addresses of a target in some order, with what is left of their TTL in a cache that others use too: when it has
-- run out, somebody has asked for it anew some seconds ago.
local function cached(set, now, draw)
  local list = table.move(set.addresses, 1, #set.addresses, 1, {})
  if not set.fetched or now >= set.fetched + set.ttl then
    set.fetched = now - draw(10) + 1
  end
  for i = #list, 2, -1 do
    local j = draw(i)
    list[i], list[j] = list[j], list[i]
  end
  return { ttl = math.ceil(set.fetched + set.ttl - now), addresses = list }
end

local function new_set(type, draw)
  local set = { ttl = 60 * draw(5), addresses = {} }
  for i = 1, draw(3) do
    set.addresses[i] = address(type, 10 * draw(20) + i)
  end
  return set
end

local function key_of(i, type)
  return ("host%d.example.net. %s"):format(i, type)
end

-- A world whose resolver answers from `truth`, or with a fault while one lasts; `since` says when it first did so.
local function new_world(seed, policy)
  local world, draw = simulation.new { zones = { "example.com", "example.info" }, policy = policy }, chance(seed)
  local truth, faults, since = {}, {}, {}
  for i = 1, TARGETS do
    for _, type in ipairs(TYPES) do
      truth[key_of(i, type)] = new_set(type, draw)
    end
  end
  setmetatable(world.resolver.names, { __index = function(_, key)
    since[key] = faults[key] and (since[key] or world.tasks.now)
    return faults[key] or cached(truth[key], world.tasks.now, draw)
  end })
  local lines = {}
  for i = 1, TARGETS do
    lines[i] = ("h%d ALIAS host%d.example.net.\n"):format(i, i)
  end
  for _, name in ipairs { "example.com.", "example.info." } do
    world.source.text[name] = simulation.zone_text(1, table.concat(lines))
  end
  return world, truth, faults, draw, since
end

-- The addresses of an owner in a publication, as one text; "" if there are none.
local function published(publication, i, type)
  local rrset = publication.zone:lookup("h" .. i, type)
  local list = {}
  for k = 1, rrset and #rrset or 0 do
    list[k] = rrset[k]
  end
  table.sort(list)
  return table.concat(list, " ")
end

-- What each secondary-facing zone shows: serial, content, and the addresses of each owner.
local function look(world, name)
  local publication = world.sync:publication(name)
  local sets = {}
  for i = 1, TARGETS do
    for _, type in ipairs(TYPES) do
      sets[key_of(i, type)] = published(publication, i, type)
    end
  end
  return { serial = publication.serial, hash = publication.hash, sets = sets }
end

-- Compares two looks. `may_lose(key)`: whether the addresses of that target may be gone.
local function compare(before, after, may_lose)
  assert((before.hash == after.hash) == (before.serial == after.serial), "the serial moved without the content")
  assert(after.serial >= before.serial, "the serial went back")
  for key, set in pairs(before.sets) do
    if set ~= "" and after.sets[key] == "" then
      assert(may_lose(key), key .. " lost its addresses: " .. set)
    end
  end
end

-- Lets an hour pass in steps, with something happening now and then. `happen(draw)` changes the world.
local function pass(world, happen, may_lose)
  local looks, moved = {}, 0
  for _, name in ipairs { "example.com.", "example.info." } do
    looks[name] = look(world, name)
  end
  for _ = 1, HOUR // 10 do
    happen()
    world:run(10)
    for name, before in pairs(looks) do
      local after = look(world, name)
      compare(before, after, may_lose)
      moved = moved + (after.serial ~= before.serial and 1 or 0)
      looks[name] = after
    end
  end
  return moved
end

local function start(seed, policy)
  local world, truth, faults, draw, since = new_world(seed, policy)
  world:start()
  world:run(5)
  return world, truth, faults, draw, since
end

describe("an hour", function()
  for seed = 1, 5 do
    it(("of targets that fail, flap, move and return loses nothing (seed %d)"):format(seed), function()
      local world, truth, faults, draw, since = start(seed, "")
      pass(world, function()
        local key = key_of(draw(TARGETS), TYPES[draw(2)])
        local what = draw(20)
        if what <= 4 then
          faults[key] = OUTCOMES[what]
        elseif what <= 10 then
          faults[key] = nil
        elseif what == 11 then
          truth[key] = new_set(key:match "%S+$", draw)
        elseif what == 12 and draw(4) == 1 then
          world:start() -- after a crash
        end
      end, function(key)
        -- NODATA that was confirmed, for two TTLs, while the other family lives is a family given up.
        return faults[key] == "nodata" and since[key] and world.tasks.now - since[key] >= 2 * 60
      end)
      -- All is well again: what is published is what is true.
      for key in pairs(faults) do
        faults[key] = nil
      end
      world:run(2 * HOUR)
      for i = 1, TARGETS do
        for _, type in ipairs(TYPES) do
          local key, want = key_of(i, type), {}
          for _, text in ipairs(truth[key].addresses) do
            want[text] = true
          end
          local got = {}
          for text in look(world, "example.com.").sets[key]:gmatch "%S+" do
            got[text] = true
          end
          assert.same(want, got)
        end
      end
    end)
  end

  it("of answers that only rotate and count down moves no serial", function()
    local world = start(7, "")
    world:run(HOUR) -- what was seen first may have been less than the whole TTL
    local before = look(world, "example.com.")
    assert.equal(0, pass(world, function() end, function() return false end))
    assert.same(before, look(world, "example.com."))
    assert.is_true(#world.resolver.asked > 50)
  end)

  it("of failures alone moves no serial and keeps every address", function()
    local world, _, faults = start(8, "")
    for i = 1, TARGETS do
      for _, type in ipairs(TYPES) do
        faults[key_of(i, type)] = i % 2 == 0 and "failure" or "special"
      end
    end
    assert.equal(0, pass(world, function() end, function() return false end))
  end)

  it("of NXDOMAIN removes addresses only when the policy says so, once it is confirmed", function()
    for _, policy in ipairs { "keep", "remove" } do
      local world, truth, faults = start(9, ('alias = { on_dangling = "%s", confirm = 4 },'):format(policy))
      local key, began = key_of(1, "A"), world.tasks.now
      faults[key], faults[key_of(1, "AAAA")] = "nxdomain", "nxdomain"
      local lost_at
      pass(world, function() end, function(lost)
        lost_at = lost_at or world.tasks.now
        return policy == "remove" and (lost == key or lost == key_of(1, "AAAA"))
      end)
      if policy == "keep" then
        assert.is_nil(lost_at)
      else
        -- Not before two of its TTLs have passed.
        assert.is_true(lost_at - began >= 2 * 60)
        faults[key], faults[key_of(1, "AAAA")] = nil, nil
        world:run(HOUR)
        assert.equal(#truth[key].addresses > 0, look(world, "example.com.").sets[key] ~= "")
      end
    end
  end)

  it("of one target in two zones asks for it once at a time", function()
    local world = start(10, "")
    local asked = #world.resolver.asked
    assert.equal(2 * TARGETS, asked)
    world:run(HOUR)
    local names = {}
    for i = asked + 1, #world.resolver.asked do
      local key = world.resolver.asked[i]
      names[key] = (names[key] or 0) + 1
    end
    for key, count in pairs(names) do
      -- At least min_ttl apart, whatever is left of the TTL.
      assert(count <= HOUR // 60, key .. " was asked for too often")
    end
  end)
end)
