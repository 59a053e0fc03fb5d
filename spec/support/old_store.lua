--- old_store: fills the tables of a store of any format with what daemons wrote there: versions of several zones, whole
--- and as deltas, refused pulls, what people said, what targets serve, answers.
---
--- Rows stand here once, in the columns of the newest format; a format gets those that it has. A table or a column that
--- is not told of here gets something by its type, or its default.
local chain = require "understudy.store.chain"
local core = require "understudy.core"

local M = {}

M.ZONES = { "a.example.", "b.example.", "new.example.", "refused.example." }

-- A zone of awkward records, large enough that a delta is worth while.
local function zone_of(name, serial)
  local lines = { ("@ 60 SOA ns h %d 1 1 1 1\n@ 60 NS ns.example.net.\nv 60 TXT \"%d\""):format(serial, serial) }
  for i = 1, 60 do
    lines[#lines + 1] = ("h%d 300 TXT \"it's; \\\\ \\255 \\\"%d\\\"\""):format(i, i)
  end
  return assert(core.parse { name = "test", origin = name, text = table.concat(lines, "\n") })
end

-- Publications of a zone and the pulls that they were made from, and one pull that was refused: each a row with the
-- zone itself as `made`.
local function versions(name, serials, refused, first)
  local publications, pulls, last, last_pull, accepted = {}, {}, nil, nil, nil
  local function pull(serial, made, ends)
    pulls[#pulls + 1] = {
      id = first + #pulls, zone = name, version = "v\t" .. serial, serial = serial, hash = made.hash, records = #made,
      at = serial + 0.25, made = made, base = not ends.whole and accepted or nil, whole = ends.whole and 1 or 0,
      content = ends.whole and made:text() or "", delta = ends.delta,
    }
    return pulls[#pulls].id
  end
  for i, serial in ipairs(serials) do
    local made = zone_of(name, serial)
    local row, ends = chain.next(last, made)
    local pulled, pull_ends = chain.next(last_pull, made)
    last, last_pull, accepted = ends, pull_ends, pull(serial, made, pulled)
    publications[i] = {
      id = first + i, zone = name, serial = serial, hash = made.hash, cause = "it's a 'cause' \\", at = serial + 0.5,
      records = #made, made = made, whole = row.whole and 1 or 0, content = row.whole and made:text() or "",
      delta = row.delta, who = i == 2 and "ann" or "", pull = accepted, token = i, generation = i,
      step = i == 2 and "rollback" or "source", settings = i > 2 and "s1" or nil,
    }
  end
  if refused then
    local made = zone_of(name, refused)
    pull(refused, made, (chain.next(last_pull, made)))
  end
  return publications, pulls
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

-- The rows of all tables.
local function rows()
  local a, a_pulls = versions("a.example.", { 1, 2, 3, 4, 5, 6, 7, 8 }, 9, 10)
  local b, b_pulls = versions("b.example.", { 4294967290, 4294967295, 3 }, nil, 30)
  local _, refused_pulls = versions("refused.example.", {}, 5, 50)
  local function answer(target, kind, addresses, fields)
    local row = {
      target = target, type = kind, state = "fresh", last = "addresses", failure = "none", ttl = 300, ttl_seen = 1.25,
      low_ttls = 2, addresses = addresses, chain = "c1.example. c2.example.", last_success = 1767225600.0625,
      last_lookup = 1767225601.5, next_refresh = 1767225900.5, first_empty = 0.0, failures = 0, empties = 1, error = "",
    }
    for name, value in pairs(fields or {}) do
      row[name] = value
    end
    return row
  end
  local answers = {
    answer("host.example.", "A", "192.0.2.1 192.0.2.2"),
    answer("host.example.", "AAAA", "", { state = "stale", last = "failure", error = "no answer; it's 'down'" }),
  }
  return {
    sources = { a_pulls[8], b_pulls[3] },
    pulls = join(a_pulls, b_pulls, refused_pulls),
    publications = join(a, b),
    verdicts = { { zone = "refused.example.", state = "held", since = 9.5, why = "too much is gone\n", findings = "[]",
      plan = "abc123" } },
    answers = answers,
    answer_changes = {
      { id = 3, target = "host.example.", type = "A", at = 1.5, state = "fresh", last = "addresses", failure = "none",
        ttl = 60, addresses = "192.0.2.9", chain = "", error = "" },
    },
    deliveries = {
      { zone = "a.example.", target = "ns-b", state = "ok", wanted = 8, served = 8, served_at = 3.5, attempts = 0,
        since = 9.5 },
      { zone = "b.example.", target = "ns-b", state = "lagging", wanted = 3, served = 4294967290, served_at = 1.5,
        attempts = 7, error = "it's 'old'", since = 8.5 },
    },
    zones = {
      { zone = "a.example.", accepted = a_pulls[8].id, worker = "dead", token = 9, released = 7, candidate = 8,
        candidate_at = 4.5, settings = "s1" },
      { zone = "b.example.", accepted = b_pulls[3].id, worker = "dead", token = 4, released = 3 },
      { zone = "refused.example.", token = 1 },
      { zone = "new.example.", token = 0 },
    },
    settings = { { hash = "s1", text = "source = file\nsource: path = it's \\x5c\n", at = 1.5 } },
    policies = { { policy = "p1", zones = "= s1\na.example.\n" } },
    workers = { { worker = "dead", ["until"] = 10.5, policy = "p1" } },
    runs = { { id = 5, zone = "a.example.", generation = 3, cause = "NOTIFY", at = 8.5, outcome = "published", why = "",
      pull = a_pulls[8].id, publication = a[8].id, worker = "dead", gone = "www.a.example. A\n" } },
    events = {
      { id = 4, zone = "a.example.", cause = "it's a NOTIFY", at = 8.75 },
      { id = 7, zone = "a.example.", cause = "asked for", at = 8.75, owner = "old.a.example.", type = "A", gone = 1,
        taken = 9 },
    },
    freezes = { { zone = "b.example.", reason = "line\nbreak\r\\", who = "ann", since = 1.5, ["until"] = 4e9 } },
    waivers = { { zone = "refused.example.", plan = "abc123", who = "ann", at = 2.5 } },
    acknowledgements = { { zone = "a.example.", fingerprint = "f1", rule = "mx.cname", who = "ann", reason = "known",
      since = 1.5, ["until"] = 4e9 } },
    budgets = { { account = "acme's", day = 20000, used = 99 } },
    findings = { { zone = "a.example.", position = 1, rule = "mx.cname", severity = "warning", fingerprint = "f2",
      owner = "www.a.example.", message = "it's so", since = 3.5, detail = [[{"rule":"mx.cname","severity":"warning",
      "fingerprint":"f2","owner":"www.a.example.","message":"it's so"}]] } },
    members = { { zone = "a.example.", catalog = "b.example.", label = "l1", epoch = 2 } },
  }
end

--- The rows by table; those of versions have the zone as `made`.
M.ROWS = rows()

local BY_TYPE <const> = { INTEGER = 7, REAL = 1.5, TEXT = "it's 'new'" }

-- One row of a table that is not told of here.
local function any_row(columns)
  local row = {}
  for _, column in ipairs(columns) do
    row[column.name] = column.name == "zone" and M.ZONES[1] or BY_TYPE[column.type]
  end
  return row
end

-- A row as this format keeps it: before there were deltas, all versions were whole.
local function in_format(row, has)
  if not row.made or has.whole then
    return row
  end
  return setmetatable({ content = row.made:text() }, { __index = row })
end

local function insert(db, name, row, columns)
  local names, values = {}, {}
  for _, column in ipairs(columns) do
    values[column.name] = row[column.name]
    names[#names + 1] = values[column.name] ~= nil and column.name or nil
  end
  assert(db:execute(("INSERT INTO %s (%s) VALUES (:%s)"):format(name, table.concat(names, ", "),
    table.concat(names, ", :")), values))
end

--- Fills an empty store of any format.
---@param db table
function M.fill(db)
  for _, described in ipairs(assert(db.driver.tables(db))) do
    local name, columns, has = described.name, assert(db.driver.columns(db, described.name)), {}
    for _, column in ipairs(columns) do
      has[column.name] = true
    end
    for _, row in ipairs(M.ROWS[name] or { any_row(columns) }) do
      insert(db, name, in_format(row, has), columns)
    end
    if has.id then
      assert(db.driver.resume_numbers(db, name))
    end
  end
end

--- All rows of a store, by table, in the order of their keys.
---@param db table
---@return table<string, table[]>
function M.read(db)
  local found = {}
  for _, described in ipairs(assert(db.driver.tables(db))) do
    local key = {}
    for _, column in ipairs(assert(db.driver.columns(db, described.name))) do
      if column.key > 0 then
        key[column.key] = column.name
      end
    end
    found[described.name] = assert(db:rows(("SELECT * FROM %s ORDER BY %s"):format(described.name,
      table.concat(key, ", "))))
  end
  return found
end

return M
