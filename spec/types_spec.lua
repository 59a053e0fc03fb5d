-- Every number of a record type: its name in the IANA registry (fixtures/rr-types.txt), and that
-- docs/zone-file-format.md says how it is read.
local understudy = require "understudy"

local HEAD <const> = "$TTL 60\n@ SOA a b 1 2 3 4 5\n"
local LAST <const> = 65535
local PRIVATE <const> = { [65401] = "ALIAS", [65402] = "POOL", [65403] = "URL" }

--- The registry: names by number.
local function registry()
  local names = {}
  for line in io.lines "spec/fixtures/rr-types.txt" do
    local number, name = line:match "^(%d+) (%S+)$"
    names[tonumber(number)] = name
  end
  return names
end

--- The rows of the table of types: the words behind each heading.
local function documented()
  local file <close> = assert(io.open "docs/zone-file-format.md")
  local rows = {}
  local section = file:read("a"):match "\n## Types\n(.-)\n\n[^|]"
  for heading, cell in section:gmatch "\n| (%l[^|]*) | ([^|\n]*) |" do
    rows[heading] = {}
    for name in cell:gmatch "%f[%w]%u[%u%d-]*%f[^%w-]" do
      rows[heading][name] = not name:match "^TYPE%d" or nil
    end
  end
  return rows
end

local OWN <const>, GENERIC <const>, NEVER <const> = "in their own form", "as `\\#` only", "never in a zone"

--- What reading says of a record of a type without data: how the data is written, and the name of the type if it tells.
local function form_of(type)
  local zone, err = understudy.parse { origin = "example", text = ("%sx IN %s\n"):format(HEAD, type) }
  if zone then -- APL, which may be empty
    return OWN, zone:rrset(2).type
  elseif err.message:find "is a type that never stands in a zone" then
    return NEVER
  end
  local generic = err.message:match "^(%S+) data is written as \\#"
  return generic and GENERIC or OWN, generic or err.message:match "^%S+"
end

local function is_reserved(number)
  return number == 0 or number == LAST or number // 128 == 1 -- RFC 6895 §3.1
end

describe("the types of records", function()
  local names = registry()
  for number, name in pairs(PRIVATE) do
    names[number] = name
  end

  it("that are registered have their names and the form that is documented", function()
    local rows, listed = documented(), 0
    for number, name in pairs(names) do
      local form, found = form_of("TYPE" .. number)
      assert.equal(form, (form_of(name)), name)
      assert.equal(form == NEVER, name == "OPT" or is_reserved(number), name)
      assert.is_true(not found or found == name, name)
      assert.is_true(rows[PRIVATE[number] and "never leave for a secondary" or form][name], name)
      listed = listed + 1
    end
    for _, row in pairs(rows) do
      for _ in pairs(row) do
        listed = listed - 1
      end
    end
    assert.equal(0, listed)
  end)

  it("that are not registered have a number and any data, or none where they are reserved", function()
    local lines = { HEAD }
    for number = 0, LAST do
      if is_reserved(number) then
        assert.equal(NEVER, (form_of("TYPE" .. number)))
      elseif not names[number] then
        lines[#lines + 1] = ("x TYPE%d \\# 1 00\n"):format(number)
      end
    end
    local zone = assert(understudy.parse { origin = "example", text = table.concat(lines) })
    local count = 0
    for _ in zone:text():gmatch "\nx%.example%.\t60\tIN\tTYPE%d+\t\\# 1 00%f[\n]" do
      count = count + 1
    end
    assert.equal(#lines - 1, count)
  end)
end)
