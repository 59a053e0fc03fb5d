local core = require "understudy.core"
local deltas = require "understudy.sync.deltas"

local function zone_of(serial, count, text)
  local lines = { ("@ 60 SOA ns admin %d 1h 10m 1w 60"):format(serial) }
  for i = 1, count do
    lines[#lines + 1] = ("h%d 60 TXT %s"):format(i, text or "same")
  end
  return assert(core.parse { text = table.concat(lines, "\n") .. "\n", origin = "example.com" })
end

describe("deltas", function()
  it("lead from each version to the newest", function()
    local made, newest = deltas.new(), zone_of(1, 20)
    local versions = { newest }
    for serial = 2, 10 do
      local zone = newest:with(("h%d 60 TXT new%d"):format(serial, serial)):with_serial(serial)
      made:add(newest, zone)
      newest, versions[serial] = zone, zone
    end
    for serial = 1, 9 do
      assert.equal(newest, made:find(serial):apply(versions[serial]))
    end
    assert.is_nil(made:find(10))
    assert.is_nil(made:find(11))
  end)

  it("are none where the whole zone is not larger", function()
    local made = deltas.new()
    made:add(zone_of(1, 50, "one"), zone_of(2, 50, "two"))
    assert.is_nil(made:find(1))
  end)

  it("are forgotten when all of them are more than the zone, the oldest first", function()
    local zone, made = zone_of(1, 3000), deltas.new()
    local first = zone
    for serial = 2, 11 do
      local edited = assert(zone:edit(function(draft)
        for i = 1, 200 do
          draft:set { owner = "h" .. i, type = "TXT", "v" .. serial }
        end
      end)):with_serial(serial)
      made:add(zone, edited)
      zone = edited
    end
    assert.is_true(#made.steps < 10)
    assert.is_nil(made:find(first.serial))
    assert.truthy(made:find(10))
    assert.truthy(made:find(made.steps[1].from))
  end)

  it("begin anew where a step can not be sent", function()
    local made, zone = deltas.new(), zone_of(5, 20)
    local next_zone = zone:with("new 60 A 192.0.2.1"):with_serial(6)
    made:add(zone, next_zone)
    made:add(next_zone, zone:with_serial(4)) -- backwards
    assert.is_nil(made:find(5))
    assert.is_nil(made:find(6))
  end)
end)
