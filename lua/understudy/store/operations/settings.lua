--- settings: under what settings zones are run, and by which policy each process goes that is alive.
--
-- The settings of a zone are a text of understudy.policy.settings, which stands here once for all zones that have it.
-- A policy is the list of its zones with the hashes of their settings, and stands here once for all processes.

local digest = require "openssl.digest"

local hex = require "understudy.hex"

local M = {}

local PAIRS_MAX <const> = 20 -- of settings that are told of two policies
local NAMES_MAX <const> = 3  -- of zones

--- Those of some hashes whose settings are not written down.
---@param hashes string[]
---@return string[]? unknown
---@return understudy.Error? err
function M.unknown_settings(db, hashes)
  local rows, err = db:rows("SELECT hash FROM settings WHERE hash IN :hashes", { hashes = hashes })
  if not rows then
    return nil, err
  end
  local known, unknown = {}, {}
  for _, row in ipairs(rows) do
    known[row.hash] = true
  end
  for _, hash in ipairs(hashes) do
    unknown[#unknown + 1] = not known[hash] and hash or nil
  end
  return unknown
end

--- Writes settings down: {hash, text, at}.
function M.save_settings(db, rows)
  return db:transaction(function()
    for _, row in ipairs(rows) do
      assert(db:execute("INSERT INTO settings (hash, text, at) VALUES (:hash, :text, :at) ON CONFLICT DO NOTHING", row))
    end
    return true
  end)
end

--- The texts of settings by their hashes, as far as they are kept.
---@return table<string, string>?
---@return understudy.Error? err
function M.settings(db, hashes)
  local rows, err = db:rows("SELECT hash, text FROM settings WHERE hash IN :hashes", { hashes = hashes })
  local texts = {}
  for _, row in ipairs(rows or {}) do
    texts[row.hash] = row.text
  end
  return rows and texts, err
end

local OTHERWISE <const> = " FROM zones WHERE zone IN :names AND worker = :worker "
  .. "AND (settings IS NULL OR settings <> :hash)"

--- Says under which settings a worker runs some of the zones that it has. What is so already is not written. It waits
--- for nobody, as it locks many zones while the calls beside it wait for one: what another has locked is left.
---@return {written: integer, left: integer}? counts
---@return understudy.Error? err
function M.note_settings(db, worker, hash, names)
  local values = { worker = worker, hash = hash, names = names }
  return db:transaction(function()
    local written = assert(db:execute(("UPDATE zones SET settings = :hash WHERE zone IN (SELECT zone%s%s)"):format(
      OTHERWISE, db.driver.for_update_of_free), values))
    return { written = written, left = assert(db:row("SELECT COUNT(*) AS count" .. OTHERWISE, values)).count }
  end)
end

-- The text of a policy from the names of its zones by their settings, "a.example.\nb.example.\n".
local function text_of(zones)
  local hashes, parts = {}, {}
  for hash in pairs(zones) do
    hashes[#hashes + 1] = hash
  end
  table.sort(hashes)
  for _, hash in ipairs(hashes) do
    local names = {}
    for name in zones[hash]:gmatch "[^\n]+" do
      names[#names + 1] = name
    end
    table.sort(names)
    parts[#parts + 1] = ("= %s\n%s\n"):format(hash, table.concat(names, "\n"))
  end
  return table.concat(parts)
end

-- The hash of the settings of each zone of such a text.
local function read(text)
  local zones, hash = {}, nil
  for line in text:gmatch "[^\n]+" do
    local begins = line:match "^= (%x+)$"
    hash = begins or hash
    zones[line] = not begins and hash or nil
  end
  return zones
end

--- Says by which policy a worker goes. One that another goes by is not written again.
---@param worker string
---@param zones table<string, string> names of the zones by the hashes of their settings, each with a line end
---@return string? policy by what it is known again
---@return understudy.Error? err
function M.announce_policy(db, worker, zones)
  local values = { worker = worker, zones = text_of(zones) }
  values.policy = hex.encode(digest.new("sha256"):final(values.zones):sub(1, 16))
  return db:transaction(function()
    if #assert(db:rows("SELECT policy FROM policies WHERE policy = :policy", values)) == 0 then
      assert(db:execute("INSERT INTO policies (policy, zones) VALUES (:policy, :zones) ON CONFLICT DO NOTHING", values))
      assert(db:execute([[DELETE FROM policies WHERE policy <> :policy
        AND policy NOT IN (SELECT policy FROM workers WHERE policy IS NOT NULL)]], values))
    end
    assert(db:execute("UPDATE workers SET policy = :policy WHERE worker = :worker", values))
    return values.policy
  end)
end

--- The policies of the other workers that are alive, as far as they are known: {worker, policy}.
function M.policies_of_others(db, worker, now)
  return db:rows(("SELECT worker, policy FROM workers WHERE worker <> :worker AND policy IS NOT NULL AND until > %s "
    .. "ORDER BY worker"):format(db.driver.now), { worker = worker, now = now })
end

-- Counts zones, and keeps the first of their names.
local function tally()
  local names = {}
  local found = { count = 0, names = names }
  return found, function(name)
    found.count = found.count + 1
    if #names < NAMES_MAX or name < names[#names] then
      names[math.min(#names, NAMES_MAX - 1) + 1] = name
      table.sort(names)
    end
  end
end

--- In what two policies differ: how many zones have other settings, or stand in one of them only, the first of their
--- names, and pairs of settings that zones have here and there. False if one of them is not there.
---@param here string
---@param there string
---@return {differing: table, here: table, there: table, pairs: string[][]}|false|nil
---@return understudy.Error? err
function M.compare_policies(db, here, there)
  local rows, err = db:rows("SELECT policy, zones FROM policies WHERE policy IN :policies",
    { policies = { here, there } })
  if not rows then
    return nil, err
  elseif #rows < 2 then
    return false
  end
  local zones = { [rows[1].policy] = read(rows[1].zones), [rows[2].policy] = read(rows[2].zones) }
  local ours, theirs = zones[here], zones[there]
  local found, add, seen = { pairs = {} }, {}, {}
  for _, name in ipairs { "differing", "here", "there" } do
    found[name], add[name] = tally()
  end
  for name, hash in pairs(ours) do
    local other = theirs[name]
    if not other then
      add.here(name)
    elseif other ~= hash then
      add.differing(name)
      if not seen[hash .. other] and #found.pairs < PAIRS_MAX then
        seen[hash .. other], found.pairs[#found.pairs + 1] = true, { hash, other }
      end
    end
  end
  for name in pairs(theirs) do
    if not ours[name] then
      add.there(name)
    end
  end
  return found
end

return M
