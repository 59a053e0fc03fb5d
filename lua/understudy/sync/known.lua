--- known: which source zone a read gave: one that is known already, or a new one.
--
-- What is found in the text of a zone and not in its content, such as a record that stands there twice, comes and goes
-- under one version; and a zone from the store knows neither that nor where its records stand.

local doubt = require "understudy.sync.doubt"

local M = {}

-- The source zone that is known under the version of what was pulled.
local function find(zone, pulled)
  for _, source in ipairs { zone.accepted or {}, zone.refused or {} } do
    if source.version == pulled.version then
      return source
    end
  end
end

-- What is found in the text of a zone alone.
local function written(zone)
  local report, fingerprints = zone.reading, {}
  for i = 1, #report do
    fingerprints[i] = report[i].fingerprint
  end
  return table.concat(fingerprints, " ")
end

local function differ(source, pulled)
  return not rawequal(source.zone, pulled.zone) and written(source.zone) ~= written(pulled.zone)
end

--- Whether what was pulled is known, and written otherwise.
---@param zone understudy.SyncZone
---@param pulled {zone: any, version: string}
---@return boolean
function M.is_rewritten(zone, pulled)
  local source = find(zone, pulled)
  return source ~= nil and differ(source, pulled)
end

--- The source zone that was pulled. An older version of the same content is no other.
---@param zone understudy.SyncZone
---@param pulled {zone: any, version: string, ids?: table, placeless?: boolean}
---@param now number
---@return table source {zone=, version=, at=, ids=, placed=, id=}
function M.source_of(zone, pulled, now)
  local source, accepted = find(zone, pulled), zone.accepted
  if source and differ(source, pulled) then
    source.zone, source.ids, source.placed = pulled.zone, pulled.ids, not pulled.placeless or nil
  elseif not source and accepted and accepted.zone.hash == pulled.zone.hash
    and doubt.older(zone.source, accepted, pulled) then
    source = accepted
  end
  return source or {
    zone = pulled.zone, version = pulled.version, ids = pulled.ids, placed = not pulled.placeless or nil, at = now,
  }
end

--- A source zone as it was just read, with where its records stand; as it is kept where its source did not read it.
---@param source table
---@param pulled {zone: any, version: string, ids?: table, placeless?: boolean}
---@return {zone: any, ids?: table, placed?: boolean}
function M.read_of(source, pulled)
  if pulled.version ~= source.version or rawequal(pulled.zone, source.zone) then
    return source
  end
  return { zone = pulled.zone, ids = pulled.ids, placed = not pulled.placeless or nil }
end

return M
