--- deliveries: what is known of each target of a zone.

local fence = require "understudy.store.operations.fence"
local lists = require "understudy.store.operations.lists"

local M = {}

--- By zone, lists of {zone, target, state, wanted, served, served_for, attempts, error, since}. `served_for` counts
--- seconds by the store's clock, as each process has its own.
function M.deliveries(db, names, now)
  local rows, err = db:rows(("SELECT d.*, %s - served_at AS served_for FROM deliveries d WHERE zone IN :names")
    :format(db.driver.now), { names = names, now = now })
  return rows and lists(rows), err
end

--- Writes down how a target stands; only the worker that has the zone does.
function M.save_delivery(db, delivery)
  return db:transaction(function()
    fence.check(db, delivery)
    return db:execute(([[INSERT INTO deliveries (zone, target, state, wanted, served, served_at, attempts, error, since)
      VALUES (:zone, :target, :state, :wanted, :served, %s - :served_for, :attempts, :error, :since)
      ON CONFLICT (zone, target) DO UPDATE SET state = excluded.state, wanted = excluded.wanted,
        served = excluded.served, served_at = excluded.served_at, attempts = excluded.attempts,
        error = excluded.error, since = excluded.since]]):format(db.driver.now), delivery)
  end)
end

return M
