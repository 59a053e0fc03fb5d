--- marks: what people and rules have said about zones.

local events = require "understudy.store.operations.events"
local fence = require "understudy.store.operations.fence"

local M = {}

local function by_zone(rows, err)
  if not rows then
    return nil, err
  end
  local found = {}
  for _, row in ipairs(rows) do
    found[row.zone] = row
  end
  return found
end

local function of_zones(table_name)
  return function(db, names)
    return by_zone(db:rows(("SELECT * FROM %s WHERE zone IN :names"):format(table_name), { names = names }))
  end
end

--- By zone: why the newest source zone is not published: {zone, state, since, why, findings, plan}.
M.verdicts = of_zones "verdicts"

--- By zone: {zone, reason, who, since, until?}.
M.freezes = of_zones "freezes"

--- By zone: {zone, plan, who, at}.
M.waivers = of_zones "waivers"

--- By zone: {zone, accepted?, worker?, token, released?, candidate?, candidate_for?}. `candidate_for` counts seconds by
--- the store's clock, as each process has its own.
function M.zones(db, names, now)
  return by_zone(db:rows(("SELECT z.*, %s - candidate_at AS candidate_for FROM zones z WHERE zone IN :names")
    :format(db.driver.now), { names = names, now = now }))
end

M.save_verdict = fence.operation(function(db, verdict)
  return db:execute([[INSERT INTO verdicts (zone, state, since, why, findings, plan)
    VALUES (:zone, :state, :since, :why, :findings, COALESCE(:plan, ''))
    ON CONFLICT (zone) DO UPDATE SET state = excluded.state, since = excluded.since, why = excluded.why,
      findings = excluded.findings, plan = excluded.plan]], verdict)
end)

M.forget_verdict = fence.operation(function(db, lease)
  return db:execute("DELETE FROM verdicts WHERE zone = :zone", lease)
end)

-- What people say of a zone; with an event, the worker that has the zone hears of it, or nothing was said.
local function said(operation)
  return function(db, values, event)
    return db:transaction(function()
      local done = assert(operation(db, values))
      if event then
        assert(events.post_event(db, event.zone, event.cause, event.at))
      end
      return done
    end)
  end
end

--- Holds a zone as it is, until a time or for good.
M.freeze = said(function(db, freeze)
  return db:execute([[INSERT INTO freezes (zone, reason, who, since, until)
    VALUES (:zone, :reason, :who, :since, :until)
    ON CONFLICT (zone) DO UPDATE SET reason = excluded.reason, who = excluded.who, since = excluded.since,
      until = excluded.until]], freeze)
end)

--- Lets a zone go on; the number of freezes that this ended.
M.thaw = said(function(db, zone)
  return db:execute("DELETE FROM freezes WHERE zone = :zone", { zone = zone })
end)

--- Lets one plan pass that is held.
M.waive = said(function(db, waiver)
  return db:execute([[INSERT INTO waivers (zone, plan, who, at) VALUES (:zone, :plan, :who, :at)
    ON CONFLICT (zone) DO UPDATE SET plan = excluded.plan, who = excluded.who, at = excluded.at]], waiver)
end)

--- By zone and fingerprint: {zone, fingerprint, rule, who, reason, since, until}, expired ones too.
function M.acknowledgements(db, names)
  local rows, err = db:rows("SELECT * FROM acknowledgements WHERE zone IN :names", { names = names })
  if not rows then
    return nil, err
  end
  local found = {}
  for _, row in ipairs(rows) do
    found[row.zone] = found[row.zone] or {}
    found[row.zone][row.fingerprint] = row
  end
  return found
end

--- Accepts a finding until a time.
M.acknowledge = said(function(db, acknowledgement)
  return db:execute([[INSERT INTO acknowledgements (zone, fingerprint, rule, who, reason, since, until)
    VALUES (:zone, :fingerprint, :rule, :who, :reason, :since, :until)
    ON CONFLICT (zone, fingerprint) DO UPDATE SET rule = excluded.rule, who = excluded.who,
      reason = excluded.reason, since = excluded.since, until = excluded.until]], acknowledgement)
end)

--- Forgets that a finding was accepted: {zone, fingerprint}.
M.withdraw = said(function(db, acknowledgement)
  return db:execute("DELETE FROM acknowledgements WHERE zone = :zone AND fingerprint = :fingerprint", acknowledgement)
end)

return M
