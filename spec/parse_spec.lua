-- Zone files that are written in unusual but valid ways: what we read must be what BIND reads, and what we print must
-- be read by others as the same records. Owners and names in data are lower-case in a snapshot, so letter case is left
-- out of the comparison.
local command = require "spec.support.command"
local lfs = require "lfs"
local understudy = require "understudy"

local FOLDER <const> = "spec/fixtures/valid"
local FILES <const> = 25

local names = {}
for name in lfs.dir(FOLDER) do
  names[#names + 1] = name:match "^(.*)%.zone$"
end
table.sort(names)

local function output_of(line)
  local result = command.shell(line)
  assert(result.status == 0, line .. "\n" .. result.out .. result.err)
  return result.out
end

-- It reads $INCLUDE from where it stands.
local NAMED_COMPILEZONE <const> = "cd %s && named-compilezone -q -i none -k ignore -M ignore -s full -o - %s %s"

local function compiled(folder, file)
  return output_of(NAMED_COMPILEZONE:format(command.quoted(folder), "example.", command.quoted(file)))
end

local function sorted_by_ldns(path)
  return output_of("ldns-read-zone -z " .. command.quoted(path))
end

local function parse(name)
  local path = ("%s/%s.zone"):format(FOLDER, name)
  return assert(understudy.parse { file = path, origin = "example.", include = FOLDER })
end

describe("a valid zone file", function()
  local folder, remove

  setup(function()
    folder, remove = command.folder {}
  end)

  teardown(function()
    remove()
  end)

  it("is there in many styles", function()
    assert.is_true(#names >= FILES)
  end)

  for _, name in ipairs(names) do
    it("is read as BIND reads it: " .. name, function()
      assert(parse(name):write(folder .. "/" .. name))
      assert.equal(compiled(FOLDER, name .. ".zone"):lower(), compiled(folder, name):lower())
    end)

    it("is printed for others to read: " .. name, function()
      local ours, theirs = folder .. "/" .. name, folder .. "/bind"
      assert(parse(name):write(ours))
      local file <close> = assert(io.open(theirs, "wb"))
      file:write(compiled(FOLDER, name .. ".zone"))
      file:close()
      assert.equal(sorted_by_ldns(theirs):lower(), sorted_by_ldns(ours):lower())
    end)

    it("is the same when it is printed and read again: " .. name, function()
      local zone = parse(name)
      local again = assert(understudy.parse { text = zone:text() })
      assert.equal(zone, again)
      assert.equal(zone:text(), again:text())
    end)
  end
end)
