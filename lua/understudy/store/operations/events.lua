--- events: what was said to have changed in zones, for the worker that has them, or the next one.
--
-- One is forgotten when that worker has taken it; one that says that something was deleted only with a run that took it
-- into account (ledger.lua), as no read can tell that again. Each row names one thing or nothing.

local uerror = require "understudy.error"

local M = {}

-- Of a zone: whoever sends without end must not fill the store.
local DELETIONS_MAX <const>, OTHERS_MAX <const> = 100, 100

-- What is said again replaces what was said before, under a new number: the other can be in hand, and be forgotten.
local REPLACE <const> = [[DELETE FROM events WHERE zone = :zone AND owner = :owner AND type = :type AND gone = :gone
  AND (owner <> '' OR cause = :cause)]]

-- How old a deletion is has to be told by others, so it counts by the clock of the database.
local ADD <const> = [[INSERT INTO events (zone, cause, at, owner, type, gone)
  VALUES (:zone, :cause, %s, :owner, :type, :gone)]]

local function add(db, row)
  assert(db:execute(REPLACE, row))
  return assert(db:insert(ADD:format(row.gone == 1 and db.driver.now or ":now"), row))
end

local function count(db, zone, gone)
  return assert(db:row("SELECT COUNT(*) AS count FROM events WHERE zone = :zone AND gone = :gone",
    { zone = zone, gone = gone })).count
end

local function refuse_too_many(zone)
  error(uerror.new { code = "busy", temporary = true, message = ("more than %d deletions in %s wait to be looked at: "
    .. "say it again later, or let what is missing be confirmed by time"):format(DELETIONS_MAX, zone) }, 0)
end

--- Leaves events for the worker that has the zone: one that names nothing, or some. Where too many wait that prove
--- nothing, one that names nothing stands for them all; deletions are refused then.
---@param db table
---@param zone string
---@param cause string for people
---@param now number
---@param events? understudy.Event[] owners absolute
---@return integer[]? ids of the events
---@return understudy.Error? err
function M.post_event(db, zone, cause, now, events)
  local function row_of(event)
    return {
      zone = zone, cause = cause, now = now,
      owner = event.owner or "", type = event.type or "", gone = event.gone and 1 or 0,
    }
  end
  return db:transaction(function()
    local ids = {}
    for i, event in ipairs(events and #events > 0 and events or { {} }) do
      ids[i] = add(db, row_of(event))
    end
    if count(db, zone, 1) > DELETIONS_MAX then
      refuse_too_many(zone)
    elseif count(db, zone, 0) > OTHERS_MAX then
      assert(db:execute("DELETE FROM events WHERE zone = :zone AND gone = 0", { zone = zone }))
      add(db, row_of {})
    end
    return ids
  end)
end

-- An event as it was said; `age` counts seconds by the clock of the database.
local function as_said(rows, err)
  for _, row in ipairs(rows or {}) do
    row.owner, row.type = row.owner ~= "" and row.owner or nil, row.type ~= "" and row.type or nil
    row.gone = row.gone == 1 or nil
  end
  return rows, err
end

local EVENT <const> = "SELECT e.id, e.zone, e.cause, e.owner, e.type, e.gone, %s - e.at AS age FROM events e "

--- The events for zones that a worker has and that it does not have in hand, oldest first:
--- {id, zone, cause, owner?, type?, gone?, age}.
function M.events(db, worker, limit, now)
  return as_said(db:rows((EVENT .. [[JOIN zones z ON e.zone = z.zone
    WHERE z.worker = :worker AND e.taken < z.token ORDER BY e.id LIMIT :limit]]):format(db.driver.now),
    { worker = worker, limit = limit, now = now }))
end

--- The deletions that are kept of some zones, in hand or not, oldest first.
function M.deletions(db, zones, now)
  return as_said(db:rows((EVENT .. "WHERE e.gone = 1 AND e.zone IN :zones ORDER BY e.id"):format(db.driver.now),
    { zones = zones, now = now }))
end

--- A worker has taken events: they are forgotten, and deletions are in its hand for as long as it has the zone.
function M.take_events(db, worker, ids)
  local values = { worker = worker, ids = ids }
  return db:transaction(function()
    assert(db:execute("DELETE FROM events WHERE gone = 0 AND id IN :ids", values))
    return db:execute([[UPDATE events SET taken = (SELECT token FROM zones z WHERE z.zone = events.zone)
      WHERE id IN :ids AND zone IN (SELECT zone FROM zones WHERE worker = :worker)]], values)
  end)
end

return M
