-- The zones that catalogs list, as zones of the policy, and what happens when the lists change.
local core = require "understudy.core"
local members = require "understudy.policy.members"
local policy = require "understudy.policy"
local reload = require "understudy.policy.reload"

local HEAD <const> = '$TTL 0\n@ SOA invalid. invalid. 1 14400 3600 1209600 300\n@ NS invalid.\nversion TXT "2"\n'

local POLICY <const> = [[
local b = target.secondary "b" { transfer = "192.0.2.1", notify = "192.0.2.1" }
local c = target.secondary "c" { transfer = "192.0.2.2", notify = "192.0.2.2" }
return policy { source = source.file "%s.zone", targets = { b }, zonemd = true, zones = {
  "own.example",
  zone "one.example" { source = source.transfer "192.0.2.9",
    members = { groups = { internal = { targets = { c }, zonemd = false } } } },
  zone "two.example" { source = source.transfer "192.0.2.8", members = { source = source.transfer "192.0.2.7" } },
  zone "out.example" { source = source.catalog {}, targets = { b } },
} }]]

-- Catalogs by their names, of lines each.
local function published(catalogs)
  return function(name)
    local lines = catalogs[name:match "^[^.]+"]
    return lines and assert(core.parse { text = HEAD .. lines, origin = name })
  end
end

local function by_name(made)
  local found = {}
  for _, zone in ipairs(made.zones) do
    assert.is_nil(found[zone.name], zone.name)
    found[zone.name] = zone
  end
  return found
end

local function expand(catalogs, before)
  return members.expand(before or assert(policy.parse(POLICY, "policy.lua")), published(catalogs),
    before and before.belongings)
end

describe("a catalog of a policy", function()
  it("adds the zones that it lists, by their groups, and takes none of another's", function()
    local made = expand {
      one = "a.zones PTR a.example.\ng.zones PTR g.example.\ngroup.g.zones TXT unknown\ngroup.g.zones TXT internal\n"
        .. "o.zones PTR own.example.\nx.zones PTR x\\.y.example.\n",
      two = "a.zones PTR a.example.\nt.zones PTR t.example.\n",
    }
    local zones = by_name(made)
    local function shown(name)
      local zone = zones[name]
      return { zone.source.primaries[1].text, zone.targets[1].name, zone.zonemd, zone.member.catalog, zone.member.id }
    end
    assert.same({ "192.0.2.9:53", "b", true, "one.example.", "a" }, shown "a.example.")
    assert.same({ "192.0.2.9:53", "c", false, "one.example.", "g" }, shown "g.example.")
    assert.same({ "192.0.2.7:53", "b", true, "two.example.", "t" }, shown "t.example.")
    assert.is_nil(zones["own.example."].member)
    assert.same({}, zones["one.example."].targets)
    assert.same({
      "the catalog two.example. lists a.example.: it is of the catalog one.example.",
      "the catalog one.example. lists own.example.: the policy has that zone itself",
      "the catalog one.example. lists x\\.y.example.: that is not the name of a zone",
    }, made.refusals)
    local listed = {}
    for _, member in ipairs(zones["out.example."].source.members) do
      listed[#listed + 1] = member.name
    end
    assert.same({ "own.example.", "a.example.", "t.example." }, listed)
  end)

  it("of which nothing is published, or nothing that can be read, adds nothing", function()
    assert.equal(4, #expand({}).zones)
    assert.equal(4, #expand({ one = "a.zones PTR a.example.\na.zones PTR b.example.\n" }).zones)
  end)

  it("lets a zone go only to the catalog that it names", function()
    local one, two = "a.zones PTR a.example.\n", "a.zones PTR a.example.\n"
    local made = expand { two = two }
    local function owner()
      local belongs = made.belongings["a.example."]
      return belongs and ("%s %d"):format(belongs.catalog, belongs.epoch)
    end
    assert.equal("two.example. 0", owner())
    made = expand({ one = one, two = two }, made) -- although it stands first in the policy
    assert.equal("two.example. 0", owner())
    made = expand({ one = one, two = two .. "coo.a.zones PTR other.example.\n" }, made)
    assert.equal("two.example. 0", owner())
    made = expand({ two = two .. "coo.a.zones PTR one.example.\n" }, made)
    assert.equal("two.example. 0", owner())
    made = expand({ one = one, two = two .. "coo.a.zones PTR one.example.\n" }, made)
    assert.equal("one.example. 0", owner())
    made = expand({ one = one }, made)
    assert.equal("one.example. 0", owner())
    made = expand({ two = two }, made) -- taken without being let go: another zone
    assert.equal("two.example. 1", owner())
    made = expand({ two = "other.zones PTR a.example.\n" }, made)
    assert.equal("two.example. 2", owner())
    made = expand({}, made)
    assert.is_nil(owner())
  end)

  it("changes the policy by what its list changes, and nothing else", function()
    local before = expand { one = "a.zones PTR a.example.\nb.zones PTR b.example.\n" }
    local plan = reload.succeed(before, expand({ one = "a.zones PTR a.example.\nb.zones PTR b.example.\n" }, before))
    assert.same({ added = {}, removed = {}, changed = {}, same = 6 }, plan.zones)
    assert.same({ {}, {} }, { plan.settings, plan.restart })
    local after = expand({ one = "z.zones PTR a.example.\nc.zones PTR c.example.\n" }, before)
    plan = reload.succeed(before, after)
    assert.same({ { "c.example." }, { "b.example." } }, { plan.zones.added, plan.zones.removed })
    assert.same({ { name = "out.example.", what = { "source" } }, { name = "a.example.", what = { "member" } } },
      plan.zones.changed)
    assert.equal(by_name(before)["one.example."].source, by_name(after)["c.example."].source)
  end)

  it("is an error when it can't be read, and says nothing of what makes a catalog", function()
    local zone = by_name(assert(policy.parse(POLICY, "policy.lua")))["one.example."]
    local check = require "understudy.check"
    local broken = published { one = "a.zones PTR a.example.\na.zones PTR b.example.\n" } "one.example."
    local found = check.own(broken, zone.checks)
    assert.same({ 1, "catalog.broken", "error" }, { #found, found[1].id, found[1].severity })
    assert.truthy(found[1].message:find("lists 2 zones", 1, true))
    local whole = published { one = "a.zones PTR a.example.\n" } "one.example."
    assert.equal(0, #check.own(whole, zone.checks))
    assert.equal(0, #whole:check(check.options(zone.checks, "one.example.")))
  end)

  for what, case in pairs {
    ["members without targets"] = { 'zones = { zone "c.example" { source = s, members = {} } }',
      "the members of the catalog c.example. have no targets" },
    ["a group that is none"] = { 'targets = { b }, zones = { zone "c.example" { source = s, members = { groups = '
      .. '{ ["a b"] = {} } } } }', '"a b" is not the name of a group' },
    ["an unknown option"] = { 'targets = { b }, zones = { zone "c.example" { source = s, members = { target = {} } } }',
      "unknown option 'target', did you mean 'targets'" },
  } do
    it("refuses " .. what, function()
      local _, err = policy.parse(([[
        local b, s = target.secondary "b" { transfer = "192.0.2.1", notify = "192.0.2.1" }, source.transfer "192.0.2.1"
        return policy { %s }]]):format(case[1]), "policy.lua")
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end)
  end
end)
