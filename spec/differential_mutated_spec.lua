-- Zones by chance that were changed in one place, and what BIND, Knot and ldns make of them. Who accepts one must give
-- the same records as we do; what one refuses we refuse with a place, or check finds an error in it. Where we differ on
-- purpose, the difference is of a class that is listed here with the row of docs/zone-file-format.md that tells why.
--
-- UNDERSTUDY_MUTATIONS=2000 tries as many (make differential), UNDERSTUDY_SEED= others.
local command = require "spec.support.command"
local mutate = require "spec.support.mutate"
local styles = require "spec.support.styles"
local understudy = require "understudy"

local COUNT <const> = tonumber(os.getenv "UNDERSTUDY_MUTATIONS") or 100
local SEED <const> = tonumber(os.getenv "UNDERSTUDY_SEED") or 1
local ORIGIN <const> = styles.origin
local SHOWN <const> = 8

-- Each reads $1; the records that bind and ldns make of it go to $1.<tool>, what they say to $1.<tool>.said.
local TOOLS <const> = {
  bind = "named-compilezone -i none -k ignore -M ignore -m ignore -n ignore -s full -o $1.bind %s $1"
    .. " >$1.bind.said 2>&1",
  knot = "kzonecheck -v -o %s $1 >$1.knot.said 2>&1",
  ldns = "ldns-read-zone -z $1 >$1.ldns 2>$1.ldns.said",
}

-- Differences that are meant: the tool, what it does and we do not, words of our message (if it accepts) or of its own
-- (if it refuses), and the row that tells of it.
local KNOWN <const> = {
  -- We refuse, they accept.
  { "ldns", "accepts", "is not in %d+ to %d+, or a period", "a TTL that goes on behind its number" },
  { "knot", "accepts", "is not in %d+ to %d+, or a period", "a last line without its end is cut off" },
  { "bind", "accepts", "is not in 0 to 2147483647, or a period", "a TTL over 2147483647" },
  { "ldns", "accepts", "is not in %d+ to %d+", "a number that its field cannot hold" },
  { "ldns", "accepts", "neither a known mnemonic nor in", "a number that its field cannot hold" },
  { "ldns", "accepts", "is not hexadecimal", "hexadecimal with half an octet" },
  { "ldns", "accepts", "octets, which is not the length for type", "a digest of a wrong length in SSHFP" },
  { "knot", "accepts", "octets, which is not the length for type", "a digest of a wrong length in SSHFP" },
  { "ldns", "accepts", "is no known type", "an unknown type or directive" },
  { "ldns", "accepts", "is no directive", "an unknown type or directive" },
  { "ldns", "accepts", "stands where the type belongs", "an unknown type or directive" },
  { "bind", "accepts", "\"TYPE65535\" is a type that never", "a type that never stands in a zone" },
  { "ldns", "accepts", "never stands in a zone", "a type that never stands in a zone" },
  { "knot", "accepts", "never stands in a zone", "a type that never stands in a zone" },
  { "ldns", "accepts", "takes one", "more or less behind a directive" },
  { "knot", "accepts", "takes one", "a last line without its end is cut off" },
  { "knot", "accepts", "is no directive", "a last line without its end is cut off" },
  { "ldns", "accepts", "is complete before", "words behind the data" },
  { "knot", "accepts", "is complete before", "words behind the data" },
  { "ldns", "accepts", "is another class than IN", "another class" },
  { "ldns", "accepts", "is a second class", "a second class or TTL" },
  { "ldns", "accepts", "is a second TTL", "a second class or TTL" },
  { "ldns", "accepts", "the name \"\" is empty", "an empty name in quotes" },
  { "ldns", "accepts", "a NUL octet", "a NUL is refused" },
  { "bind", "accepts", "a NUL octet", "a NUL is refused" },
  { "knot", "accepts", "a NUL octet", "a NUL is refused" },
  { "ldns", "accepts", "a carriage return without", "a carriage return within a line" },
  { "bind", "accepts", "a carriage return without", "a carriage return within a line" },
  { "knot", "accepts", "a carriage return without", "a carriage return within a line" },
  { "ldns", "accepts", "closes nothing", "a `)` that closes nothing" },
  { "ldns", "accepts", "is never closed", "a `(` that is never closed" },
  { "ldns", "accepts", "quote is not closed", "a quote that is never closed" },
  { "knot", "accepts", "has a bad escape", "an escape over \\255 in a name" },
  { "ldns", "accepts", "address .* is not like", "EUI48 and EUI64 with digits left out" },
  { "bind", "accepts", "address .* is not like", "EUI48 and EUI64 with digits left out" },
  { "ldns", "accepts", "written as \\# and its length", "data written as `\\#` that its type cannot hold" },
  { "ldns", "accepts", "does not agree with the", "data written as `\\#` that its type cannot hold" },
  { "ldns", "accepts", "the first record has no owner", "a blank where the first owner belongs" },
  { "ldns", "accepts", "behind \\# is not what", "data written as `\\#` that its type cannot hold" },
  { "knot", "accepts", "behind \\# is not what", "data written as `\\#` that its type cannot hold" },
  { "knot", "accepts", "CAA tag", "any CAA tag" },
  -- They refuse, we accept.
  { "bind", "refuses", "extra input text", "a directive at the very end without a line end" },
  { "bind", "refuses", "NS '.*' has no address", "a name server without an address: a warning" },
  { "knot", "refuses", "missing glue", "a name server without an address: a warning" },
  { "bind", "refuses", "near '[^']*': syntax error", "a URI target without quotes" },
  { "bind", "refuses", "rdata_fromtext: %S+ syntax error", "any regular expression in NAPTR" },
  { "knot", "refuses", "invalid domain name character", "octets over 127, quotes and most marks in names" },
  { "knot", "refuses", "invalid number", "words behind the data" },
  { "knot", "refuses", "invalid record data", "a `$` word within a record" },
  { "knot", "refuses", "owner is invalid", "octets over 127, quotes and most marks in names" },
  { "knot", "refuses", "unsupported record type", "`CLASS1` for IN" },
  { "knot", "refuses", "invalid text string", "strings with nothing between them" },
  { "knot", "refuses", "invalid FQDN zone origin", "a relative `$ORIGIN`" },
  { "knot", "refuses", "invalid text character", "octets over 127 without an escape" },
  { "knot", "refuses", "CRLF newline", "CR LF" },
  { "knot", "refuses", "invalid directive", "`$GENERATE`" },
  { "knot", "refuses", "invalid Base64 character", "words behind the data" },
  { "ldns", "refuses", "Packet size overflow", "data in an unusual form" },
  { "ldns", "refuses", "could not parse the RR", "data in an unusual form" },
}

local function write(path, content)
  local file <close> = assert(io.open(path, "wb"))
  file:write(content)
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function first_error(report)
  for i = 1, #report do
    if report[i].severity == "error" then
      return report[i].id
    end
  end
end

local function has(report, id)
  for i = 1, #report do
    if report[i].id == id then
      return true
    end
  end
  return false
end

--- Writes the zones, and what we print of those that we accept.
local function make_zones(folder)
  local zones, files = {}, {}
  for i = 1, COUNT do
    local text, change = mutate.text(styles.zone("common").styled)
    local name = ("z%d"):format(i)
    write(folder .. "/" .. name, text)
    files[#files + 1] = name
    local zone, err = understudy.parse { file = folder .. "/" .. name, origin = ORIGIN }
    if zone then
      assert(zone:write(folder .. "/" .. name .. ".printed"))
      files[#files + 1] = name .. ".printed"
    end
    zones[i] = {
      name = name, change = change, zone = zone, err = err,
      fault = zone and first_error(zone:check()), one_ttl = zone and has(zone.reading, "ttl.rrset_mismatch"),
    }
  end
  return zones, files
end

--- Runs a tool on the files, two at a time; returns the set of those that it refused.
local function run(folder, tool, files)
  write(folder .. "/files", table.concat(files, "\n") .. "\n")
  write(folder .. "/tool", ("timeout 20 %s || echo $1\n"):format(TOOLS[tool]:format(ORIGIN)))
  local result = command.shell(("cd %s && PATH=$PATH:/usr/sbin xargs -P 2 -n 1 sh ./tool <files"):format(folder))
  local refused = {}
  for name in result.out:gmatch "[^\n]+" do
    refused[name] = true
  end
  return refused
end

local function is_known(tool, what, words)
  for _, known in ipairs(KNOWN) do
    if known[1] == tool and known[2] == what and words:find(known[3]) then
      return true
    end
  end
  return false
end

--- The records in a tool's output, in lower case and in order; without TTLs when those of a set differed.
local function records(path, without_ttl)
  local list = {}
  for line in read(path):lower():gmatch "[^\n]+" do
    line = line:gsub("%s+", " ")
    list[#list + 1] = without_ttl and line:gsub(" %d+ ", " ", 1) or line
  end
  table.sort(list)
  return table.concat(list, "\n")
end

--- Whether a file has a relative $ORIGIN, which ldns takes as absolute.
local function relative_origin(path)
  for origin in read(path):gmatch "$[Oo][Rr][Ii][Gg][Ii][Nn]%s+(%S+)" do
    if origin:sub(-1) ~= "." then
      return true
    end
  end
  return false
end

--- What a tool makes of one zone, if we make something else of it without a reason that is known.
local function difference(folder, tool, zone, refused)
  local path = ("%s/%s"):format(folder, zone.name)
  local said = read(("%s.%s.said"):format(path, tool))
  local accepts = not refused[zone.name]
  if accepts and not zone.zone then
    local ours = tostring(zone.err)
    return not is_known(tool, "accepts", ours) and ("accepts, we: %s"):format(ours) or nil
  elseif not zone.zone or zone.fault then
    return nil -- both refuse, or check does
  elseif not accepts then
    return not is_known(tool, "refuses", said) and ("refuses: %s"):format(said) or nil
  elseif refused[zone.name .. ".printed"] then
    said = read(("%s.printed.%s.said"):format(path, tool))
    return not is_known(tool, "refuses", said) and ("refuses what we print: %s"):format(said) or nil
  elseif tool ~= "knot" and records(("%s.%s"):format(path, tool), zone.one_ttl)
    ~= records(("%s.printed.%s"):format(path, tool), zone.one_ttl) then
    return not (tool == "ldns" and relative_origin(path)) and "gives other records" or nil
  end
end

describe("zones that were changed in one place", function()
  local folder, remove, zones, files

  setup(function()
    folder, remove = command.folder {}
    math.randomseed(SEED)
    zones, files = make_zones(folder)
  end)

  teardown(function()
    if not os.getenv "UNDERSTUDY_KEEP" then
      remove()
    end
  end)

  it("are accepted in part, and refused with a place", function()
    local accepted = 0
    for _, zone in ipairs(zones) do
      accepted = accepted + (zone.zone and 1 or 0)
      if zone.err then
        assert.is_not_nil(zone.err.line, tostring(zone.err))
        assert.is_not_nil(zone.err.column, tostring(zone.err))
      end
    end
    assert.is_true(accepted > COUNT / 5 and accepted < COUNT * 4 / 5, accepted .. " accepted")
  end)

  for tool in pairs(TOOLS) do
    it("are for " .. tool .. " what they are for us, or differ for a reason that is known", function()
      local refused = run(folder, tool, files)
      local found = {}
      for _, zone in ipairs(zones) do
        local what = difference(folder, tool, zone, refused)
        if what then
          found[#found + 1] = ("%s/%s (%s) %s"):format(folder, zone.name, zone.change, what)
        end
      end
      assert.equal("", table.concat(found, "\n", 1, math.min(#found, SHOWN)), #found .. " differences")
    end)
  end

  it("differ for reasons that the page on zone files tells", function()
    local page = read "docs/zone-file-format.md"
    for _, known in ipairs(KNOWN) do
      assert.is_not_nil(page:find(known[4], 1, true), known[4])
    end
  end)
end)
