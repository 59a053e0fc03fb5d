-- Diffs as Lua values: what they count and print, and that a name server can apply them.
local knot = require "spec.support.knot"
local understudy = require "understudy"

local OLD <const> = [[
$ORIGIN example.com.
$TTL 300
@     SOA ns1 hostmaster 2024010101 7200 3600 1209600 300
@     NS  ns1
ns1   A   192.0.2.1
a     A   192.0.2.10
a     A   192.0.2.11
b     CNAME a
gone  TXT "old words"
odd   TXT "; no comment" "a \"quote\" and a \\" "é"
]]

local NEW <const> = [[
$ORIGIN example.com.
$TTL 300
@     SOA ns2 hostmaster 2024010102 7200 3600 1209600 300
@     NS  ns2.example.net.
ns1   A   192.0.2.1
a     CNAME c
b     A   192.0.2.10
c 60  A   192.0.2.11
c 60  A   192.0.2.12
odd 60 TXT "; no comment" "a \"quote\" and a \\" "é"
odd 60 TXT "new; words" "\000\255"
d\.e  MX  10 ns1
]]

local function parse(text)
  return assert(understudy.parse { text = text })
end

describe("a diff", function()
  it("counts RRsets and records", function()
    local old, new = parse(OLD), parse(NEW)
    local diff = old:diff(new)
    assert.equal(10, #diff)
    assert.equal(8, diff.added)
    assert.equal(6, diff.removed)
    assert.equal(1, diff.ttls)
    local back = understudy.diff(new, old)
    assert.equal(10, #back)
    assert.equal(6, back.added)
    assert.equal(8, back.removed)
    assert.equal(1, back.ttls)
    assert.equal(0, #old:diff(old))
  end)

  it("reads like a unified diff", function()
    local text = parse(OLD):diff(parse(NEW)):text()
    assert.matches("^%-%-%- example%.com%. 2024010101\n%+%+%+ example%.com%. 2024010102\n@@ example", text)
    assert.matches("@@ gone%.example%.com%. TXT @@\n%-gone%.example%.com%.\t300\tIN\tTXT\t\"old words\"\n@@", text)
    assert.matches("\n@@ odd%.example%.com%. TXT @@ TTL 60, was 300\n%+odd[^\n]*new; words[^\n]*\n10 RRsets", text)
    assert.matches("\n10 RRsets changed: 8 records added, 6 removed, 1 other TTL\n$", text)
  end)

  it("prints its beginning only", function()
    local lines = { OLD }
    for i = 1, 100 do
      lines[#lines + 1] = ("host%d A 192.0.2.%d"):format(i, i)
    end
    local diff = parse(OLD):diff(parse(table.concat(lines, "\n") .. "\n"))
    local shown = tostring(diff)
    local _, breaks = shown:gsub("\n", "\n")
    assert.equal(40, breaks)
    assert.matches("\n… 163 more lines: diff:text%(%)$", shown)
    assert.equal(parse(OLD):diff(parse(NEW)):text(), tostring(parse(OLD):diff(parse(NEW))) .. "\n")
  end)

  it("becomes a table", function()
    local new = OLD:gsub("192.0.2.11", "192.0.2.12"):gsub("gone[^\n]*\n", ""):gsub("2024010101", "2024010102")
    assert.same({
      zone = "example.com.",
      from = 2024010101,
      to = 2024010102,
      changes = {
        {
          owner = "example.com.",
          type = "SOA",
          before = {
            ttl = 300,
            records = { "ns1.example.com. hostmaster.example.com. 2024010101 7200 3600 1209600 300" },
          },
          after = {
            ttl = 300,
            records = { "ns1.example.com. hostmaster.example.com. 2024010102 7200 3600 1209600 300" },
          },
        },
        {
          owner = "a.example.com.",
          type = "A",
          before = { ttl = 300, records = { "192.0.2.10", "192.0.2.11" } },
          after = { ttl = 300, records = { "192.0.2.10", "192.0.2.12" } },
        },
        { owner = "gone.example.com.", type = "TXT", before = { ttl = 300, records = { '"old words"' } } },
      },
    }, parse(OLD):diff(parse(new)):totable())
  end)

  it("is not made of different zones", function()
    local diff, err = parse(OLD):diff(parse((OLD:gsub("example%.com", "example.org"))))
    assert.is_nil(diff)
    assert.equal("refused", err.code)
    assert.equal("example.com. and example.org. are different zones", tostring(err))
    assert.error_matches(function()
      parse(OLD):diff "example.com"
    end, "understudy.Zone expected")
  end)

  it("keeps its zones, and can be closed", function()
    local diff = parse(OLD):diff(parse(NEW))
    collectgarbage()
    collectgarbage()
    assert.equal(8, diff.added)
    do
      local closing <close> = diff
      assert.equal(10, #closing)
    end
    assert.equal("closed diff", tostring(diff))
    assert.error_matches(function()
      return diff:text()
    end, "diff is closed")
  end)
end)

describe("diff:nsupdate", function()
  local function served(server)
    return assert(understudy.parse { text = server:transfer "example.com." })
  end

  it("turns the zone of a name server into the new one, and back", function()
    local old, new = parse(OLD), parse(NEW)
    local server <close> = knot.start("example.com.", old:text())
    assert.equal(old, served(server))
    local ok, output = server:update(old:diff(new):nsupdate())
    assert.is_true(ok, output)
    assert.equal(new, served(server))
    local later = old:with_serial(2024010103)
    ok, output = server:update(new:diff(later):nsupdate())
    assert.is_true(ok, output)
    assert.equal(later, served(server))
  end)

  it("changes nothing in another version", function()
    local old, new = parse(OLD), parse(NEW)
    local server <close> = knot.start("example.com.", old:text())
    local ok, output = server:update(old:with_serial(2024010100):diff(new):nsupdate())
    assert.is_false(ok)
    assert.matches("NXRRSET", output)
    assert.equal(old, served(server))
  end)

  it("is refused for what no name server knows", function()
    local script, err = parse(OLD):diff(parse(OLD .. "shop ALIAS a\n")):nsupdate()
    assert.is_nil(script)
    assert.equal("refused", err.code)
    assert.matches("flatten", tostring(err))
  end)

  it("needs a SOA on both sides", function()
    local bare = assert(understudy.parse { text = "a 60 A 192.0.2.1\n", origin = "example.com" })
    local script, err = bare:diff(parse(OLD)):nsupdate()
    assert.is_nil(script)
    assert.equal("absent", err.code)
  end)
end)
