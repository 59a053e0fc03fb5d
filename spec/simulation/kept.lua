--- kept: what the store may not throw away of a zone, however old it is: the newest publication, the one that is
--- released, the candidate and all after them, the source zones that these were made from and the one accepted, what
--- any of that is a change of, and the answers that are published.

local core = require "understudy.core"
local outside = require "spec.simulation.outside"

local M = {}

-- Those that are kept have to be the last that were made, from a full text on.
local function lacks_publication(rows, order)
  local skipped = #order - #rows
  for i, row in ipairs(rows) do
    local made = order[skipped + i]
    if not made or made.id ~= row.id then
      return ("serial %d is gone, and an earlier one is not"):format(made and made.serial or row.serial)
    end
  end
  if rows[1].whole ~= 1 then
    return ("what serial %d is a change of is gone"):format(rows[1].serial)
  end
end

local function lacks_serial(rows, serial, what)
  for _, row in ipairs(rows) do
    if row.serial == serial then
      return nil
    end
  end
  return ("serial %d is gone, which is %s"):format(serial, what)
end

local function lacks_staged(rows, zone)
  local released, candidate = zone.released, zone.candidate
  local is_next = candidate and not (released and core.serial_compare(candidate, released) ~= 1)
  return released and lacks_serial(rows, released, "released")
    or is_next and lacks_serial(rows, candidate, "the candidate") or nil
end

-- Whether a pull can be read, by what it is a change of.
local function lacks_pull(pulls, id, what)
  local row = pulls[id]
  while row and row.whole ~= 1 do
    row = pulls[row.base]
  end
  return not row and ("pull %d, %s, or what it is a change of is gone"):format(id, what) or nil
end

local function lacks_source(pulls, rows, zone)
  local found = zone.accepted and lacks_pull(pulls, zone.accepted, "which is accepted")
  for i = 1, found and 0 or #rows do
    found = found or lacks_pull(pulls, rows[i].pull, ("from which serial %d was made"):format(rows[i].serial))
  end
  return found
end

local function lacks_answer(db, source)
  if not source then
    return nil
  end
  local target = outside.alias_of(source)
  return #assert(db:rows("SELECT type FROM answers WHERE target = :target", { target = target })) == 0
    and ("what %s resolves to is gone"):format(target) or nil
end

--- What is gone of a zone.
---@param db table
---@param origin string
---@param order {id: integer, serial: integer}[] all publications that were made, oldest first
---@param read fun(id: integer): any reads a source zone
---@return string?
function M.lack(db, origin, order, read)
  local zone = assert(db:row("SELECT accepted, released, candidate FROM zones WHERE zone = :zone", { zone = origin }))
  local rows = assert(db:rows("SELECT id, serial, whole, pull FROM publications WHERE zone = :zone ORDER BY id",
    { zone = origin }))
  local pulls = {}
  for _, row in ipairs(assert(db:rows("SELECT id, base, whole FROM pulls WHERE zone = :zone", { zone = origin }))) do
    pulls[row.id] = row
  end
  if #rows == 0 then
    return "no publication is left"
  end
  return lacks_publication(rows, order) or lacks_staged(rows, zone) or lacks_source(pulls, rows, zone)
    or lacks_answer(db, zone.accepted and read(zone.accepted))
end

return M
