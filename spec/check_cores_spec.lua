-- A large zone is checked in two halves at once. What is found in it is the same as in a small one with the same
-- faults, which is checked in one go, and the same on one core as on two.

local cjson = require "cjson"
local command = require "spec.support.command"
local corpus = require "spec.support.corpus"
local understudy = require "understudy"

local HOSTS <const> = 120000 -- a name each: more than are checked in one go

--- All zones of the corpus that can be read, each below a name of its own, so that faults stand in either half.
local function faulty_zone()
  local parts = {
    "$TTL 3600\n@ SOA ns1.example.net. hostmaster.example.net. 1 14400 3600 1209600 300\n"
      .. "@ NS ns1.example.net.\n@ NS ns2.example.net.\n",
  }
  for i, zone in ipairs(corpus.zones()) do
    local whole = zone.group == "zone" or zone.group == "soa"
    if not whole and understudy.parse { text = zone.text, origin = corpus.origin } then
      local label = string.char(97 + i * 7 % 26) .. i
      local records = zone.text:gsub("^.-NS ns2[^\n]*\n", "")
      parts[#parts + 1] = ("$ORIGIN %s.example.com.\n%s"):format(label, records)
    end
  end
  return table.concat(parts)
end

local function with_hosts(text)
  local parts = { text, "$ORIGIN example.com.\n" }
  for i = 1, HOSTS do
    parts[#parts + 1] = ("mm%d A 198.51.100.%d\n"):format(i, i % 254 + 1)
  end
  return table.concat(parts)
end

describe("the findings about a large zone", function()
  it("are those of a small one with the same faults, on one core and on two", function()
    local small = faulty_zone()
    local folder, remove = command.folder { ["it.zone"] = with_hosts(small) }
    local zone = assert(understudy.parse { text = small, origin = corpus.origin, name = "it.zone" })
    local report = zone:check():totable()
    assert.is_true(report.errors > 50 and report.warnings > 100)
    for _, before in ipairs { "", "taskset -c 0 " } do
      local line = "cd '%s' && %s$understudy check --json --origin example.com it.zone"
      local result = cjson.decode(command.shell(line:format(folder, before)).out)
      assert.same(report.counts, result.counts)
      assert.same(cjson.decode(cjson.encode(report.findings)), result.findings)
    end
    remove()
  end)
end)
