--- input: the files to measure with, made once from fixed seeds and kept below the build folder.

local delegation = require "spec.bench.delegation"
local lfs = require "lfs"
local mixed = require "spec.bench.mixed"
local small = require "spec.bench.small"

local M = {}

---@class bench.Zone
---@field name string
---@field origin string
---@field old string path of the first version
---@field new string path of the second version, 0.1 % of its records changed
---@field older string path of the first version without types that older programs do not know
---@field size integer octets of the first version
---@field records integer of the first version
---@field type string a type that some of its owners have
---@field subdomain string? a name, relative to the origin, that some of its owners are under

---@class bench.Small
---@field folder string
---@field files integer

local function make_folder(path)
  if lfs.attributes(path, "mode") ~= "directory" then
    assert(lfs.mkdir(path))
  end
end

--- Whether `path` is there and newer than the module that writes it.
local function is_current(path, module)
  local written = lfs.attributes(path, "modification")
  local source = assert(package.searchpath(module, package.path))
  return written and written >= lfs.attributes(source, "modification")
end

local function note(what)
  io.stderr:write("making input: ", what, "\n")
end

--- Counts the records, and so reads the file into the page cache.
local function finish(zone)
  local core = require "understudy.core"
  local parsed <close> = assert(core.parse { file = zone.old })
  zone.records, zone.size = #parsed, lfs.attributes(zone.old, "size")
  return zone
end

---@param folder string
---@param records integer
---@return bench.Zone
local function delegation_zone(folder, records)
  local zone = { name = "delegation", origin = delegation.origin, type = "DS" }
  zone.old = ("%s/delegation-%d-old.zone"):format(folder, records)
  zone.new = ("%s/delegation-%d-new.zone"):format(folder, records)
  zone.older = zone.old
  if not is_current(zone.new, "spec.bench.delegation") then
    note(("a delegation zone of %d records"):format(records))
    delegation.write(zone.old, zone.new, records)
  end
  return finish(zone)
end

---@param folder string
---@param records integer
---@return bench.Zone
local function mixed_zone(folder, records)
  local zone = { name = "mixed", origin = mixed.origin, type = "AAAA", subdomain = mixed.subdomain }
  zone.old = ("%s/mixed-%d-old.zone"):format(folder, records)
  zone.new = ("%s/mixed-%d-new.zone"):format(folder, records)
  zone.older = ("%s/mixed-%d-older.zone"):format(folder, records)
  if not is_current(zone.older, "spec.bench.mixed") then
    note(("a mixed zone of %d records"):format(records))
    mixed.write(zone.old, zone.new, zone.older, records)
  end
  return finish(zone)
end

--- The two large zones, each in two versions.
---@param folder string
---@param records integer
---@return bench.Zone[]
function M.zones(folder, records)
  make_folder(folder)
  return { delegation_zone(folder, records), mixed_zone(folder, records) }
end

--- The small zones.
---@param folder string
---@return bench.Small
function M.small(folder)
  make_folder(folder)
  local path = folder .. "/small"
  if not is_current(small.path(path, small.files - 1), "spec.bench.small") then
    note(("%d small zones"):format(small.files))
    small.write(path)
  end
  return { folder = path, files = small.files }
end

return M
