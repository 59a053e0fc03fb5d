--- chain: versions of a zone as a full text now and then, and what changed in between.
--
-- A delta names every RRset that changed: `-owner type` takes it away whole, the `+` lines put it back as
-- it is then. So a small change to a large zone costs a few lines, and the newest version is the last full
-- text with the deltas behind it.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

-- A new full text when the deltas since the last one are together this part of the zone, or so many.
local SHARE_MAX <const> = 0.5
M.DELTAS_MAX = 50

---@class understudy.ChainEnd  the newest version of a chain; what else is known of that version can stand there too
---@field zone any
---@field deltas? integer since the last full text; nil: none, as of most zones
---@field octets? integer of these
---@field size? integer   of that text, about

--- What turns a zone into another, as text. "" if nothing does.
---@param before any
---@param after any of the same origin
---@return string
function M.delta(before, after)
  local lines = {}
  for _, change in ipairs(before:diff(after):totable().changes) do
    if change.before then
      lines[#lines + 1] = ("-%s %s\n"):format(change.owner, change.type)
    end
    for _, data in ipairs(change.after and change.after.records or {}) do
      lines[#lines + 1] = ("+%s %d %s %s\n"):format(change.owner, change.after.ttl, change.type, data)
    end
  end
  return table.concat(lines)
end

--- The owners and types that a delta touches.
---@param delta string
---@return fun(): string?, string?  owner and type, again and again
function M.touched(delta)
  local seen = {}
  local next_line = delta:gmatch "[^\n]+"
  return function()
    for line in next_line do
      local owner, kind = line:match "^%-(%S+) (%S+)$"
      if not owner then
        owner, kind = line:match "^%+(%S+) %d+ (%S+)"
      end
      if not seen[owner .. " " .. kind] then
        seen[owner .. " " .. kind] = true
        return owner, kind
      end
    end
  end
end

--- A zone after a delta.
---@param zone any
---@param delta string
---@return any? zone
---@return understudy.Error? err
function M.apply(zone, delta)
  local added = {}
  return zone:edit(function(draft)
    for sign, line in delta:gmatch "([-+])([^\n]+)\n" do
      if sign == "+" then
        added[#added + 1] = line
      else
        draft:remove(line:match "^(%S+) (%S+)$")
      end
    end
    if #added > 0 then
      draft:add(table.concat(added, "\n"))
    end
  end)
end

--- How a version is to be written: whole, or as a delta from the one before.
---@param before? understudy.ChainEnd written down
---@param after any the zone
---@return {content: any, delta: string, whole: boolean} row  as content a zone, whose text is written, or ""
---@return understudy.ChainEnd new_end for the next one
function M.next(before, after)
  local delta = before and M.delta(before.zone, after) or ""
  local deltas, octets = before and (before.deltas or 0) + 1 or 0, before and (before.octets or 0) + #delta or 0
  local size = before and (before.size or before.zone.memory)
  if before and deltas <= M.DELTAS_MAX and octets <= size * SHARE_MAX then
    return { content = "", delta = delta, whole = false },
      { zone = after, deltas = deltas, octets = octets, size = size }
  end
  return { content = after, delta = delta, whole = true }, { zone = after }
end

--- Notes on a version where its chain stands.
---@param version table
---@param ends? understudy.ChainEnd
function M.note(version, ends)
  if ends then
    version.deltas, version.octets, version.size = ends.deltas, ends.octets, ends.size
  end
end

--- Says that what the store holds of a zone is not what was written.
---@param zone_name string
---@param what string "publication"
---@param why string
---@return nil
---@return understudy.Error err
function M.corrupt(zone_name, what, why)
  return uerror.fail("io", "the store holds a %s of %s that can't be read: %s; 'understudy store check' tells all that "
    .. "is not as it was written, put a backup in its place", what, zone_name, why)
end

-- A full text, which the store may have read already.
local function full(content, zone_name)
  if type(content) ~= "string" then
    return content
  end
  return core.parse { text = content, name = "the store", origin = zone_name }
end

--- The end of a chain whose newest version is known.
---@param zone any
---@param rows {delta: string}[] from a full text on, oldest first
---@return understudy.ChainEnd
function M.ends(zone, rows)
  if #rows == 1 then
    return { zone = zone }
  end
  local octets = 0
  for i = 2, #rows do
    octets = octets + #rows[i].delta
  end
  return { zone = zone, deltas = #rows - 1, octets = octets, size = zone.memory }
end

--- Reads the newest version from its rows.
---@param rows {content: string, delta: string, hash: string, serial?: integer}[] from a full text on, oldest first
---@param zone_name string
---@param what string for messages: "publication"
---@param on_step? fun(number: integer, before: any, after: any) called for each delta, with the number of its row
---@return understudy.ChainEnd? last
---@return understudy.Error? err
function M.read(rows, zone_name, what, on_step)
  local last, zone, err = rows[#rows], full(rows[1].content, zone_name)
  for i = 2, #rows do
    local before = zone
    if before then
      zone, err = M.apply(before, rows[i].delta)
    end
    if on_step and zone then
      on_step(i, before, zone)
    end
  end
  if not zone then
    return M.corrupt(zone_name, what, err.message)
  elseif last.hash ~= "" and zone.hash ~= last.hash then
    return M.corrupt(zone_name, what, "its content is not what was written")
  elseif last.serial and zone.serial ~= last.serial then -- which the hash does not cover
    return M.corrupt(zone_name, what, ("its SOA has serial %s and not %d"):format(zone.serial or "none", last.serial))
  end
  return M.ends(zone, rows)
end

--- The same zone under a serial, which it mostly has already.
---@param zone any
---@param serial integer
---@return any
function M.under_serial(zone, serial)
  return zone.serial == serial and zone or zone:with_serial(serial)
end

--- The source zone that is accepted, from its rows as the store's `newest` gives them. Most are what is published, but
--- for the serial: then they share it.
---@param rows table[]
---@param published any what is published
---@param zone_name string
---@return understudy.ChainEnd? last
---@return understudy.Error? err
function M.accepted(rows, published, zone_name)
  local last = rows[#rows]
  if published and last.serial and last.hash == published.hash then
    return M.ends(M.under_serial(published, last.serial), rows)
  end
  return M.read(rows, zone_name, "pull")
end

--- Goes on from a version with the rows that came after it.
---@param version understudy.ChainEnd
---@param rows {whole: integer, content: string, delta: string, hash: string}[] oldest first
---@param zone_name string
---@param on_step? fun(before: any, after: any) called for each of them
---@return understudy.ChainEnd? last nil if it can't be: then all is to be read
function M.follow(version, rows, zone_name, on_step)
  local last = { zone = version.zone, deltas = version.deltas, octets = version.octets, size = version.size }
  for _, row in ipairs(rows) do
    local before = last.zone
    if row.whole == 1 then
      last = { zone = full(row.content, zone_name) }
    else
      last = {
        zone = M.apply(before, row.delta), deltas = (last.deltas or 0) + 1, octets = (last.octets or 0) + #row.delta,
        size = last.size or before.memory,
      }
    end
    if not last.zone or last.zone.hash ~= row.hash or row.serial and last.zone.serial ~= row.serial then
      return nil
    elseif on_step then
      on_step(before, last.zone)
    end
  end
  return last
end

--- What a store has of one zone: the newest publication and the source zone that it was made from; none of what is not
--- there.
---@param store understudy.Store
---@param zone_name string
---@return {publication?: any, accepted?: any}? zones
---@return understudy.Error? err
function M.newest(store, zone_name)
  local newest, err = store:newest { zone_name }
  if not newest then
    return nil, err
  end
  local publications, pulls = newest.publications[zone_name], newest.pulls[zone_name]
  local published, accepted
  if publications then
    published, err = M.read(publications, zone_name, "publication")
  end
  local publication = published and published.zone
  if pulls and not err then
    accepted, err = M.accepted(pulls, publication, zone_name)
  end
  return not err and { publication = publication, accepted = accepted and accepted.zone } or nil, err
end

return M
