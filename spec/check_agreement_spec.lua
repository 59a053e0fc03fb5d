-- The rules and the zone checkers of other software over the zones of spec/fixtures/zones: what one of the name servers
-- refuses is an error here, no good zone has an error, and every difference is one that docs/checks.md explains.

local checkers = require "spec.support.checkers"
local command = require "spec.support.command"
local corpus = require "spec.support.corpus"
local differences = require "understudy.reference.differences"

local SERVERS <const> = { BIND = true, Knot = true, NSD = true }

--- Pairs of program and zone or rule that the differences explain; found ones are marked.
local function explained(list, key)
  local all = {}
  for _, difference in ipairs(list) do
    for _, program in ipairs(difference.programs) do
      for _, name in ipairs(difference[key]) do
        local pair = program .. " " .. name
        assert(all[pair] == nil, pair .. " is explained twice")
        all[pair] = "unfounded"
      end
    end
  end
  return all
end

local function unfounded(all)
  local list = {}
  for pair, state in pairs(all) do
    list[#list + 1] = state == "unfounded" and pair or nil
  end
  table.sort(list)
  return list
end

local function error_rules(zone)
  local rules = {}
  for _, finding in ipairs(zone.finds) do
    rules[#rules + 1] = finding:match "^error (%S+)"
  end
  return rules
end

describe("the zones of other checkers", function()
  local folder, remove
  local zones = { origin = corpus.origin }
  local refused = {}

  setup(function()
    folder, remove = command.folder {}
    for _, zone in ipairs(corpus.zones()) do
      if not zone.proprietary then
        zone.file = zone.name
        zones[#zones + 1] = zone
        local file <close> = assert(io.open(folder .. "/" .. zone.file, "w"))
        file:write(zone.text)
      end
    end
    for _, name in ipairs(checkers.names) do
      refused[name] = checkers.refused(folder, name, zones)
    end
  end)

  teardown(function()
    remove()
  end)

  it("are many, good and bad", function()
    local good = 0
    for _, zone in ipairs(zones) do
      good = good + (#error_rules(zone) == 0 and 1 or 0)
    end
    assert.is_true(#zones >= 200 and good >= 50 and #zones - good >= 100)
  end)

  it("have no error here if they are good, and are taken by all name servers", function()
    for _, zone in ipairs(zones) do
      if zone.group == "good" then
        assert.same({}, error_rules(zone), zone.name)
        for server in pairs(SERVERS) do
          assert.is_nil(refused[server][zone.file], ("%s: %s"):format(server, zone.name))
        end
      end
    end
  end)

  it("have an error here if a checker refuses them, or it is explained why not", function()
    local known = explained(differences.refused_elsewhere, "zones")
    for _, zone in ipairs(zones) do
      for _, name in ipairs(checkers.names) do
        local pair, why = name .. " " .. zone.name, refused[name][zone.file]
        if why and #error_rules(zone) == 0 then
          assert.is_not_nil(known[pair], pair .. ": " .. why)
          known[pair] = "found"
        end
      end
    end
    assert.same({}, unfounded(known))
  end)

  it("are refused by a checker if they have an error here, or it is explained why not", function()
    local known = explained(differences.taken_elsewhere, "rules")
    for _, zone in ipairs(zones) do
      for _, name in ipairs(checkers.names) do
        for _, rule in ipairs(refused[name][zone.file] and {} or error_rules(zone)) do
          local pair = name .. " " .. rule
          assert.is_not_nil(known[pair], ("%s: %s takes it"):format(zone.name, pair))
          known[pair] = "found"
        end
      end
    end
    assert.same({}, unfounded(known))
  end)
end)
