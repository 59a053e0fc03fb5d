--- publish: gives a zone its serial and makes it what the secondaries get.
--
-- It is written down, durably, before anyone can see it; and only if its content is another than the
-- last. The serial moves forward by RFC 1982, to the source's own when that is newer.

local core = require "understudy.core"

local M = {}

---@class understudy.Publication
---@field zone any the flat zone, with its serial
---@field serial integer
---@field hash string
---@field at number
---@field cause string

--- The next publication, or nil if the content is that of the last.
---@param flat any
---@param last? understudy.Publication
---@param cause string
---@param now number
---@return understudy.Publication?
function M.next(flat, last, cause, now)
  if last and last.hash == flat.hash then
    return nil
  end
  local serial = last and core.serial_next(last.serial, flat.serial) or math.max(flat.serial, 1)
  return {
    zone = flat:with_serial(serial),
    serial = serial,
    hash = flat.hash,
    at = now,
    cause = cause,
  }
end

--- Writes a publication and the source zone it was made from.
---@param store understudy.Store
---@param zone_name string
---@param publication understudy.Publication
---@param source {zone: any, version: string, at: number}
---@return boolean? ok
---@return understudy.Error? err
function M.save(store, zone_name, publication, source)
  return store:publish({
    zone = zone_name,
    serial = publication.serial,
    hash = publication.hash,
    cause = publication.cause,
    at = publication.at,
    records = #publication.zone,
    content = publication.zone:text(),
  }, M.source_row(zone_name, source))
end

--- An accepted source zone as the store keeps it.
---@param zone_name string
---@param source {zone: any, version: string, at: number}
---@return table
function M.source_row(zone_name, source)
  return { zone = zone_name, version = source.version, at = source.at, content = source.zone:text() }
end

--- What changed, in a few words.
---@param last? understudy.Publication
---@param publication understudy.Publication
---@return string
function M.summary(last, publication)
  if not last then
    return ("%d records"):format(#publication.zone)
  end
  local diff = last.zone:diff(publication.zone)
  -- The SOA is always replaced: its serial moved.
  local ttls = diff.ttls > 0 and (", TTL of %d changed"):format(diff.ttls) or ""
  return ("%d added, %d removed%s"):format(math.max(0, diff.added - 1), math.max(0, diff.removed - 1), ttls)
end

return M
