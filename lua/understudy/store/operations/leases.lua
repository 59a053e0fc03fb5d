--- leases: which worker has which zone. A worker is alive as long as it says so in time; a zone whose worker is not
--- can be claimed by another, under a token that is one more.

local M = {}

local ALIVE <const> = "(SELECT worker FROM workers WHERE until > %s)"

local function alive(db)
  return ALIVE:format(db.driver.now)
end

--- Makes the zones known that are not yet.
function M.register(db, names)
  return db:transaction(function()
    local known = {}
    for _, row in ipairs(assert(db:rows("SELECT zone FROM zones WHERE zone IN :names", { names = names }))) do
      known[row.zone] = true
    end
    for _, name in ipairs(names) do
      if not known[name] then -- unless another process makes it known at the same time
        assert(db:execute("INSERT INTO zones (zone, token) VALUES (:zone, 0) ON CONFLICT DO NOTHING", { zone = name }))
      end
    end
    return true
  end)
end

-- How many workers are alive, and how many zones one of them has.
local function standing(db, values)
  return db:row(([[SELECT (SELECT COUNT(*) FROM workers WHERE until > %s) AS workers,
    (SELECT COUNT(*) FROM zones WHERE worker = :worker) AS owned]]):format(db.driver.now), values)
end

--- Announces a worker for so many seconds. `dead` is one that is known to be dead; true says that all others are.
---@param dead? string|boolean
---@return {workers: integer, owned: integer}? standing how many are alive then, and how many zones this one has
---@return understudy.Error? err
function M.join(db, worker, seconds, now, dead)
  local values = { worker = worker, seconds = seconds, now = now, dead = dead ~= true and dead or nil }
  return db:transaction(function()
    if dead == true then
      assert(db:execute "DELETE FROM workers")
    end
    assert(db:execute("DELETE FROM workers WHERE worker = :dead OR until < " .. db.driver.now .. " - 3600", values))
    assert(db:execute(([[INSERT INTO workers (worker, until) VALUES (:worker, %s + :seconds)
      ON CONFLICT (worker) DO UPDATE SET until = excluded.until]]):format(db.driver.now), values))
    return standing(db, values)
  end)
end

--- Says that a worker is alive. `false` when it came too late: what it had can be another's.
---@return {workers: integer, owned: integer}|false|nil standing
---@return understudy.Error? err
function M.heartbeat(db, worker, seconds, now)
  local values = { worker = worker, seconds = seconds, now = now }
  local touched, err = db:execute(([[UPDATE workers SET until = %s + :seconds
    WHERE worker = :worker AND until > %s]]):format(db.driver.now, db.driver.now), values)
  if not touched then
    return nil, err
  elseif touched == 0 then
    return false
  end
  return standing(db, values)
end

--- Names of zones behind `after` that nobody has, in order, at most `limit`.
function M.claimable(db, after, limit, now)
  local rows, err = db:rows(([[SELECT zone FROM zones WHERE zone > :after
    AND (worker IS NULL OR worker NOT IN %s) ORDER BY zone LIMIT :limit]]):format(alive(db)),
    { after = after, limit = limit, now = now })
  if not rows then
    return nil, err
  end
  for i, row in ipairs(rows) do
    rows[i] = row.zone
  end
  return rows
end

--- Takes those of the zones that nobody has and no session holds, and lists those that the worker has then: rows
--- {zone, token}.
function M.claim(db, worker, names, now)
  local values = { worker = worker, names = names, now = now }
  return db:transaction(function()
    assert(db:execute(([[UPDATE zones SET worker = :worker, token = token + 1 WHERE zone IN
        (SELECT zone FROM zones WHERE zone IN :names AND (worker IS NULL OR worker NOT IN %s)%s)
      AND EXISTS (SELECT 1 FROM workers WHERE workers.worker = :worker AND until > %s)]])
      :format(alive(db), db.driver.for_update_of_free, db.driver.now), values))
    return db:rows("SELECT zone, token FROM zones WHERE worker = :worker AND zone IN :names", values)
  end)
end

--- The names of the zones that a worker has, in order.
function M.owned(db, worker)
  local rows, err = db:rows("SELECT zone FROM zones WHERE worker = :worker ORDER BY zone", { worker = worker })
  for i, row in ipairs(rows or {}) do
    rows[i] = row.zone
  end
  return rows, err
end

--- Gives zones back that a worker has.
function M.release(db, worker, names)
  return db:execute("UPDATE zones SET worker = NULL WHERE worker = :worker AND zone IN :names",
    { worker = worker, names = names })
end

--- Ends a worker: all that it has can be claimed at once.
function M.leave(db, worker)
  return db:transaction(function()
    assert(db:execute("UPDATE zones SET worker = NULL WHERE worker = :worker", { worker = worker }))
    return db:execute("DELETE FROM workers WHERE worker = :worker", { worker = worker })
  end)
end

return M
