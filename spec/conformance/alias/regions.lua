--- regions: records that are served in some regions only.
local assert = require "luassert"

local RECORDS <const> = [[
a A 198.51.99.1
$REGION SV1
a A 198.51.99.2
b A 198.51.99.3
$REGION ord FRA
c A 198.51.99.4
$REGION SYD global
d A 198.51.99.5
$REGION global
e A 198.51.99.6
]]
local EVERYWHERE <const> = "a 3600 A 198.51.99.1\nd 3600 A 198.51.99.5\ne 3600 A 198.51.99.6\n"

return function(statement)
  statement("R-1", "$REGION holds for the records after it", function(world)
    world:expect(RECORDS, EVERYWHERE .. "c 3600 A 198.51.99.4", { region = "FRA" })
    world:expect(RECORDS, EVERYWHERE .. "c 3600 A 198.51.99.4", { region = "ORD" })
    world:expect(RECORDS, EVERYWHERE, { region = "SYD" })
    for _, line in ipairs { "$REGION", "$REGION S_V", '$REGION "SV1"', "$REGION ABCDEFGHIJKLMNOPQ" } do
      assert.equal(2, world:run("a A 198.51.99.1\n" .. line).status)
    end
  end)

  statement("R-1", "in an included file it ends with that", function(world)
    local included = world:file("included", "$REGION SV1\nx A 198.51.99.7\n")
    world:expect("$INCLUDE " .. included .. "\ny A 198.51.99.8", "y 3600 A 198.51.99.8")
    world:expect("$REGION SV1\n$INCLUDE " .. included .. "\ny A 198.51.99.8\n$REGION global\nz A 198.51.99.9",
      "z 3600 A 198.51.99.9")
  end)

  statement("R-2", "by default what is everywhere is published, the rest told", function(world)
    local messages = world:expect(RECORDS, EVERYWHERE)
    for owner in ("a b c"):gmatch "%S" do
      assert.matches(owner .. ".example.com.", messages, 1, true)
    end
  end)

  statement("R-3", "that of a region is published too, as one zone", function(world)
    world:expect(RECORDS, EVERYWHERE .. "a 3600 A 198.51.99.2\nb 3600 A 198.51.99.3", { region = "sv1" })
    local two = "$REGION SV1\na ALIAS v4.example.net.\n$REGION FRA\na CNAME v4.example.net.\n"
    world:expect(two, "a 300 A 198.51.99.4", { region = "SV1" })
    world:expect(two, "a 3600 CNAME v4.example.net.", { region = "FRA" })
    world:refused(two, "a.example.com.", { region = "all" })
  end)

  statement("R-4", "all of them can be", function(world)
    world:expect(RECORDS, EVERYWHERE .. "a 3600 A 198.51.99.2\nb 3600 A 198.51.99.3\nc 3600 A 198.51.99.4",
      { region = "all" })
  end)
end
