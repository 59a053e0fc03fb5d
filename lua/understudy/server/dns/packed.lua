--- packed: whole transfers of small zones, each in its one message, for all who ask for it in the same words.
--
-- What an unsigned AXFR gets over TCP depends on the query behind its id and on the snapshot, on nothing else: neither
-- has to be read or packed again. Who may have it is decided each time, see answer.lua.

local M = {}

local RECORDS_MAX <const> = 100        -- of a zone whose transfers are remembered
local OCTETS_MAX <const> = 1 << 20     -- of all that is remembered; what would be more begins anew
local OCTETS_BESIDE <const> = 1000     -- about what one takes beside its message

---@class understudy.server.PackedTransfer
---@field name string     the zone's name,
---@field zone any        its snapshot,
---@field summary string  and what the log says of it
---@field transfer string its message, under the id of whoever asked first

---@class understudy.server.Packed
local Packed = {}
Packed.__index = Packed

--- Whether transfers of a zone are to be remembered.
---@param zone any
---@return boolean
function M.takes(zone)
  return #zone <= RECORDS_MAX
end

--- What those got who asked in these words last.
---@param query string octets
---@return understudy.server.PackedTransfer?
function Packed:find(query)
  return self.transfers[query:sub(3)]
end

--- Remembers it.
---@param query string octets
---@param transfer understudy.server.PackedTransfer
function Packed:add(query, transfer)
  local octets = #query + #transfer.transfer + OCTETS_BESIDE
  if self.octets + octets > OCTETS_MAX then
    self.transfers, self.octets = {}, 0
  end
  self.transfers[query:sub(3)], self.octets = transfer, self.octets + octets
end

--- Nothing is remembered yet.
---@return understudy.server.Packed
function M.new()
  return setmetatable({ transfers = {}, octets = 0 }, Packed)
end

return M
