--- steps: divides what turns one zone into another among dynamic updates (RFC 2136), none larger than a message.
--
-- What changes at one name stays together: a CNAME comes in the message in which other data goes. First come new names
-- with addresses, then other new names, then those that change, then those that go: so what is pointed to is there.
-- Each step has a serial of its own, for each must move the zone forward and the next asks for just that serial.

local core = require "understudy.core"
local uerror = require "understudy.error"

local M = {}

--- Octets of a message that a step is to fill, by estimate; and the least that is tried.
M.OCTETS, M.OCTETS_MIN = 60000, 1000

local RECORD <const> = 28 -- octets of a record without its data: a compressed owner, type, class, TTL, length
local DATA_LEAST <const> = 16

-- What becomes of a name, in the order of the messages.
local HOST <const>, NEW <const>, CHANGED <const>, GONE <const> = 1, 2, 3, 4
local IS_ADDRESS <const> = { A = true, AAAA = true }

-- About how many octets a set takes; it stands in a message as a prerequisite, as a change or as both.
local function size_of(set)
  local size = 0
  for _, data in ipairs(set and set.records or {}) do
    size = size + RECORD + math.max(#data, DATA_LEAST)
  end
  return size
end

local function kind_of(change)
  if not change.before then
    return IS_ADDRESS[change.type] and HOST or NEW
  end
  return change.after and CHANGED or GONE
end

-- What two changes at a name are together.
local function join_kinds(a, b)
  if a == b or a == nil then
    return b
  end
  return a <= NEW and b <= NEW and NEW or CHANGED
end

-- The changes by the name at which they are, in the order of the messages, the SOA aside: each message has its own.
local function groups_of(there, wanted)
  local list, by_owner = {}, {}
  for _, change in ipairs(there:diff(wanted):totable().changes) do
    if change.type ~= "SOA" or change.owner ~= there.origin then
      local group = by_owner[change.owner]
      if not group then
        group = { size = #change.owner, number = #list }
        by_owner[change.owner], list[#list + 1] = group, group
      end
      group[#group + 1] = change
      group.size = group.size + 2 * size_of(change.before) + size_of(change.after)
      group.kind = join_kinds(group.kind, kind_of(change))
    end
  end
  table.sort(list, function(a, b)
    if a.kind ~= b.kind then
      return a.kind < b.kind
    end
    return a.number < b.number
  end)
  return list
end

-- Fills message after message.
local function divide(groups, octets)
  local messages, filled = {}, math.huge
  for _, group in ipairs(groups) do
    if filled + group.size > octets then
      messages[#messages + 1], filled = {}, 0
    end
    filled = filled + group.size
    table.insert(messages[#messages], group)
  end
  return messages
end

-- How many serials there are after one, up to another.
local function distance(from, to)
  return (to - from) & 0xffffffff
end

--- Divides the way from one zone to another.
---@param there any
---@param wanted any its serial is newer
---@param octets integer of a message to fill, by estimate
---@return table[]? steps for `advance`, one a message
---@return understudy.Error? err
function M.plan(there, wanted, octets)
  local list = divide(groups_of(there, wanted), octets)
  local room = distance(there.serial, wanted.serial)
  if #list > room then
    return uerror.fail_temporarily("lagging", "the update needs %d messages, each with a serial of its own, and serial "
      .. "%d is only %d after %d: raise the serial of the source", #list, wanted.serial, room, there.serial)
  end
  return list
end

--- The zone after one step that is not the last.
---@param zone any
---@param groups table one of the steps
---@return any? zone under the next serial
---@return understudy.Error? err
function M.advance(zone, groups)
  local changed, err = zone:edit(function(draft)
    for _, group in ipairs(groups) do
      for _, change in ipairs(group) do
        draft:remove(change.owner, change.type)
        for _, data in ipairs(change.after and change.after.records or {}) do
          draft:add(("%s %d %s %s"):format(change.owner, change.after.ttl, change.type, data))
        end
      end
    end
  end)
  return changed and changed:with_serial(core.serial_next(zone.serial, zone.serial)), err
end

return M
