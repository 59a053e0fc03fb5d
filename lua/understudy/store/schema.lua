--- schema: the tables of the store, as numbered steps.
--
-- A step that was released never changes; what comes later is another step. The number of the last one
-- done stands in the file itself (PRAGMA user_version).

local M = {}

---@type string[][] statements of each step
M.migrations = {
  {
    -- The source zone last accepted, from which a zone can be published again without its source.
    [[CREATE TABLE sources (
        zone    TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        at      REAL NOT NULL,
        content TEXT NOT NULL)]],
    -- What was published, newest last. The same serial never stands for two contents.
    [[CREATE TABLE publications (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        zone    TEXT NOT NULL,
        serial  INTEGER NOT NULL,
        hash    TEXT NOT NULL,
        cause   TEXT NOT NULL,
        at      REAL NOT NULL,
        records INTEGER NOT NULL,
        content TEXT NOT NULL,
        UNIQUE (zone, serial))]],
    -- Why the newest source zone is not published, if it is not.
    [[CREATE TABLE verdicts (
        zone     TEXT PRIMARY KEY,
        state    TEXT NOT NULL,
        since    REAL NOT NULL,
        why      TEXT NOT NULL,
        findings TEXT NOT NULL)]],
    [[CREATE TABLE answers (
        target       TEXT NOT NULL,
        type         TEXT NOT NULL,
        state        TEXT NOT NULL,
        last         TEXT NOT NULL,
        ttl          INTEGER NOT NULL,
        addresses    TEXT NOT NULL,
        last_success REAL NOT NULL,
        last_lookup  REAL NOT NULL,
        next_refresh REAL NOT NULL,
        first_empty  REAL NOT NULL,
        failures     INTEGER NOT NULL,
        empties      INTEGER NOT NULL,
        error        TEXT NOT NULL,
        PRIMARY KEY (target, type))]],
    [[CREATE TABLE deliveries (
        zone     TEXT NOT NULL,
        target   TEXT NOT NULL,
        state    TEXT NOT NULL,
        wanted   INTEGER NOT NULL,
        served   INTEGER,
        attempts INTEGER NOT NULL,
        error    TEXT,
        since    REAL NOT NULL,
        PRIMARY KEY (zone, target))]],
  },
  {
    [[ALTER TABLE answers ADD COLUMN failure TEXT NOT NULL DEFAULT 'none']],
    [[ALTER TABLE answers ADD COLUMN chain TEXT NOT NULL DEFAULT '']],
    [[ALTER TABLE answers ADD COLUMN ttl_seen REAL NOT NULL DEFAULT 0]],
    [[ALTER TABLE answers ADD COLUMN low_ttls INTEGER NOT NULL DEFAULT 0]],
  },
}

return M
