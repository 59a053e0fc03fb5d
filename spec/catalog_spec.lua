-- What catalogs say (RFC 9432), and which of them say nothing because they are broken.
local catalog = require "understudy.catalog"
local core = require "understudy.core"
local guard = require "understudy.sync.guard"

local HEAD <const> = "$TTL 0\n@ SOA invalid. invalid. 1 14400 3600 1209600 300\n@ NS invalid.\n"
local VERSION <const> = 'version TXT "2"\n'

local function zone(lines)
  return assert(core.parse { origin = "cat.example.", text = HEAD .. lines })
end

local function listing(first, last)
  local lines = { VERSION }
  for i = first, last do
    lines[#lines + 1] = ("m%d.zones PTR zone-%d.example.\n"):format(i, i)
  end
  return zone(table.concat(lines))
end

describe("a catalog", function()
  it("lists zones with what it says of each, and knows nothing of the rest", function()
    local members = assert(catalog.read(zone(VERSION .. [[
M-1.zones PTR One.Example.
group.m-1.zones TXT "signed"
group.m-1.zones TXT "other operator's"
a\.b.zones PTR two.example.
coo.a\.b.zones PTR next.example.
x.ext.zones TXT "nothing"
ext.m-1.zones TXT "custom"
primaries.m-1.zones A 192.0.2.1
version.m-1.zones PTR elsewhere.
group.absent.zones TXT "of nobody"
coo.absent.zones PTR elsewhere.
something TXT "else"
]])))
    assert.same({
      ["one.example."] = { id = "m-1", groups = { "signed", "other operator's" } },
      ["two.example."] = { id = "a\\.b", groups = {}, coo = "next.example." },
    }, members)
  end)

  for what, case in pairs {
    ["no version"] = { "m.zones PTR a.example.\n", "version.cat.example. must have one TXT record that says 2" },
    ["another version"] = { 'version TXT "3"\n', "must have one TXT record that says 2" },
    ["two versions"] = { 'version TXT "2"\nversion TXT "3"\n', "must have one TXT record" },
    ["a version in two strings"] = { 'version TXT "2" ""\n', "must have one TXT record" },
    ["two zones under one label"] = { VERSION .. "m.zones PTR a.example.\nm.zones PTR b.example.\n",
      "m.zones.cat.example. lists 2 zones" },
    ["a zone under two labels"] = { VERSION .. "m.zones PTR a.example.\nn.zones PTR A.example.\n",
      "it lists a.example. twice" },
    ["two new owners"] = { VERSION .. "m.zones PTR a.\ncoo.m.zones PTR b.\ncoo.m.zones PTR c.\n",
      "coo.m.zones.cat.example. has more than one record" },
  } do
    it("is broken with " .. what, function()
      local members, err = catalog.read(zone(case[1]))
      assert.is_nil(members)
      assert.equal("broken", err.code)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end)
  end
end)

describe("the guard of catalogs", function()
  local LIMITS <const> = { max_removed = 1, max_removed_members = 0.3, protect = {}, apex_ns = "hold" }

  local function reasons(before, after)
    return guard.reasons({ last = before, flat = after, source = after }, LIMITS)
  end

  it("lets one member go, and not many at once", function()
    local ten = listing(1, 10)
    assert.same({}, reasons(ten, listing(2, 10)))
    assert.same({}, reasons(ten, listing(3, 10)))
    assert.same({ "3 of 10 members of the catalog would be removed" }, reasons(ten, listing(4, 10)))
    assert.same({}, reasons(ten, listing(1, 30)))
    assert.same({}, reasons(listing(1, 3), listing(2, 3)))
    assert.same({ "1 of 1 member of the catalog would be removed" }, reasons(listing(1, 1), zone(VERSION)))
    assert.same({ "10 of 10 members of the catalog would be removed" }, reasons(ten, listing(11, 20)))
  end)

  it("counts all members of a catalog that ceases to be one, and none of other zones", function()
    local www = zone "www A 192.0.2.1\n"
    assert.same({ "10 of 10 members of the catalog would be removed" }, reasons(listing(1, 10), www))
    assert.same({}, reasons(www, listing(1, 10)))
  end)

  it("does not take another label or letter case for a removal", function()
    local after = zone(VERSION .. "new.zones PTR ZONE-1.example.\nm2.zones PTR zone-2.example.\n")
    assert.same({}, reasons(listing(1, 2), after))
  end)
end)
