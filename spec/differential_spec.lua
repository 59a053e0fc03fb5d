-- Zones by chance, each written plainly and in many styles, and what other software makes of them: BIND and ldns must
-- print what we printed as they print the source itself, Knot and NSD must accept both. Where they are known to read
-- otherwise, the generator keeps to what they read; docs/zone-file-format.md lists it.
local command = require "spec.support.command"
local lfs = require "lfs"
local styles = require "spec.support.styles"
local understudy = require "understudy"

local ZONES <const> = 240 -- a third of them in each manner
local SEED <const> = tonumber(os.getenv "UNDERSTUDY_SEED") or 20240101

-- Each reads $1. Those that print do so in one form, whatever the source looks like, the letter case of names aside.
local TOOLS <const> = {
  bind = "named-compilezone -q -i none -k ignore -M ignore -s full -o - %s $1",
  ldns = "ldns-read-zone -z $1",
  knot = "kzonecheck -v -o %s $1",
  nsd = "nsd-checkzone %s $1 >/dev/null",
}
local READERS <const> = {
  common = { "bind", "ldns", "knot", "nsd" },
  free = { "bind", "knot", "nsd" },
  wild = { "bind" },
}

local function write(path, content)
  local file <close> = assert(io.open(path, "wb"))
  file:write(content)
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- Runs a tool on each of the files, two at a time. What it printed is in file.<tool>; returns those it refused.
local function run(folder, tool, origin, files)
  write(folder .. "/files", table.concat(files, "\n") .. "\n")
  write(folder .. "/tool", TOOLS[tool]:format(origin) .. " >$1." .. tool .. " 2>&1 || echo $1\n")
  local result = command.shell(("cd %s && PATH=$PATH:/usr/sbin xargs -P 2 -n 1 sh ./tool <files"):format(folder))
  assert.equal(0, result.status, result.err)
  return result.out
end

--- The first lines in which two texts differ; empty when they are equal.
local function difference(theirs, ours)
  local next_line = ours:gmatch "[^\n]*"
  for line in theirs:gmatch "[^\n]*" do
    local other = next_line()
    if line ~= other then
      return ("%s\nand from ours\n%s"):format(line, other)
    end
  end
  return next_line() or ""
end

--- All readers of the source and of what we printed of it: { source = zone file, printed = zone file }.
local function compare(folder, tool, origin, pairs_of)
  local files = {}
  for _, pair in ipairs(pairs_of) do
    files[#files + 1] = pair.source
    files[#files + 1] = pair.printed
  end
  local refused = run(folder, tool, origin, files)
  local first = refused:match "^[^\n]+"
  assert.equal("", refused, first and ("%s: %s"):format(tool, read(("%s/%s.%s"):format(folder, first, tool))))
  for _, pair in ipairs(pairs_of) do
    local theirs = read(("%s/%s.%s"):format(folder, pair.source, tool)):lower()
    local ours = read(("%s/%s.%s"):format(folder, pair.printed, tool)):lower()
    assert.equal("", difference(theirs, ours), pair.source)
  end
end

describe("zones by chance", function()
  local folder, remove
  local generated = { common = {}, free = {}, wild = {} }

  setup(function()
    folder, remove = command.folder {}
    math.randomseed(SEED)
    for i = 1, ZONES do
      local manner = styles.manners[i % #styles.manners + 1]
      local zone, name = styles.zone(manner), ("%s%d"):format(manner, i)
      write(("%s/%s"):format(folder, name), zone.styled)
      zone.source, zone.printed = name, name .. ".printed"
      table.insert(generated[manner], zone)
    end
  end)

  teardown(function()
    remove()
  end)

  for _, manner in ipairs(styles.manners) do
    it("are read the same in the " .. manner .. " manner as when they are written plainly", function()
      for _, zone in ipairs(generated[manner]) do
        local plain = assert(understudy.parse { text = zone.plain, origin = styles.origin })
        local styled = assert(understudy.parse { file = folder .. "/" .. zone.source, origin = styles.origin })
        assert.equal(0, #styled.reading, zone.source)
        assert.equal(plain, styled)
        assert(styled:write(folder .. "/" .. zone.printed))
      end
    end)

    for _, tool in ipairs(READERS[manner]) do
      it(("are for %s what they are for us, in the %s manner"):format(tool, manner), function()
        compare(folder, tool, styles.origin, generated[manner])
      end)
    end
  end
end)

describe("the example", function()
  it("is for all what it is for us, but for the types that only we have", function()
    local folder, remove = command.folder {}
    local lines = {}
    for line in io.lines "examples/example.com.zone" do
      if not line:match "%sALIAS%s" and not line:match "%sPOOL%s" and not line:match "%sURL%s" then
        lines[#lines + 1] = line
      end
    end
    write(folder .. "/source", table.concat(lines, "\n") .. "\n")
    local zone = assert(understudy.parse { file = folder .. "/source", origin = "example.com" })
    assert(zone:write(folder .. "/printed"))
    for _, tool in ipairs(READERS.common) do
      compare(folder, tool, "example.com.", { { source = "source", printed = "printed" } })
    end
    remove()
  end)
end)

-- Files of spec/fixtures/valid that some servers refuse, and why. All others they accept; ours of all of them, too.
local REFUSED <const> = {
  ["blank-lines-and-comments"] = { knot = "a comment behind a blank, before the first record" },
  ["class-by-number"] = { knot = "CLASS1" },
  crlf = { knot = "carriage returns" },
  ["directives-in-any-case"] = { knot = "a relative $ORIGIN", nsd = "a relative $ORIGIN" },
  generate = { knot = "$GENERATE", nsd = "$GENERATE" },
  include = { knot = "a relative $ORIGIN", nsd = "a relative $ORIGIN" },
  ["octets-over-127"] = { knot = "octets over 127 without an escape" },
  ["origin-changes"] = { knot = "a relative $ORIGIN", nsd = "a relative $ORIGIN" },
  ["owner-like-keyword"] = { knot = "CLASS1" },
  ["owner-repeated"] = { knot = "a relative $ORIGIN", nsd = "a relative $ORIGIN" },
  ["parentheses-everywhere"] = { knot = "parentheses around an owner", nsd = "parentheses in parentheses" },
  quotes = { knot = "strings with nothing between them, an owner in quotes" },
  ["root-and-at-in-data"] = { knot = "a relative $ORIGIN", nsd = "a relative $ORIGIN" },
}

describe("a valid fixture", function()
  local FOLDER <const> = "spec/fixtures/valid"

  for _, tool in ipairs { "knot", "nsd" } do
    it(("is accepted by %s, or refused for a reason that is known"):format(tool), function()
      local folder, remove = command.folder {}
      local check = TOOLS[tool]:format "example."
      for name in lfs.dir(FOLDER) do
        local base = name:match "^(.*)%.zone$"
        if base then
          local path = ("%s/%s"):format(FOLDER, name)
          local zone = assert(understudy.parse { file = path, origin = "example.", include = FOLDER })
          assert(zone:write(folder .. "/printed"))
          local line = "cd '%s' && PATH=$PATH:/usr/sbin; set -- '%s'; " .. check
          local source = command.shell(line:format(FOLDER, name))
          local known = REFUSED[base] and REFUSED[base][tool]
          assert.equal(known == nil, source.status == 0, ("%s: %s\n%s"):format(base, known, source.err))
          local printed = command.shell(line:format(folder, "printed"))
          assert.equal(0, printed.status, base .. "\n" .. printed.err .. printed.out)
        end
      end
      remove()
    end)
  end
end)
