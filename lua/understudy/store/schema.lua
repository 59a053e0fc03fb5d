--- schema: the tables of the store, as numbered steps.
--
-- A step that others can have run never changes; what comes later is another step. The number of the last one
-- done stands in the database itself. Statements are in SQLite's words; the driver of PostgreSQL puts its own in
-- the place of AUTOINCREMENT, INTEGER and REAL.

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
  -- Contents become chains: `content` is the zone when `whole` is 1, else "", and `delta` what changed: for a
  -- publication since the one before, for a pull since the one that was accepted then (store/chain.lua).
  {
    -- What was pulled, whether it was published or refused, oldest first.
    [[CREATE TABLE pulls (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        zone    TEXT NOT NULL,
        version TEXT NOT NULL,
        serial  INTEGER,
        hash    TEXT NOT NULL,
        records INTEGER NOT NULL,
        at      REAL NOT NULL,
        base    INTEGER,            -- the pull that the delta starts from
        whole   INTEGER NOT NULL,
        content TEXT NOT NULL,
        delta   TEXT NOT NULL)]],
    "CREATE INDEX pulls_of_zone ON pulls (zone, id)",
    -- One row a zone: what it is at, and the worker that has it, with the token that grows with each new one.
    [[CREATE TABLE zones (
        zone     TEXT PRIMARY KEY,
        accepted INTEGER,           -- the pull that is published
        worker   TEXT,
        token    INTEGER NOT NULL)]],
    "CREATE INDEX zones_of_worker ON zones (worker)",
    "CREATE TABLE workers (worker TEXT PRIMARY KEY, until REAL NOT NULL)",
    [[INSERT INTO zones (zone, token) SELECT DISTINCT zone, 0 FROM
        (SELECT zone FROM sources UNION SELECT zone FROM publications) known]],
    -- A source zone of the old format has no hash: the empty one says that it need not be compared.
    [[INSERT INTO pulls (zone, version, hash, records, at, whole, content, delta)
        SELECT zone, version, '', 0, at, 1, content, '' FROM sources]],
    "UPDATE zones SET accepted = (SELECT MAX(id) FROM pulls WHERE pulls.zone = zones.zone)",
    "DROP TABLE sources",
    "ALTER TABLE publications ADD COLUMN whole INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE publications ADD COLUMN delta TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE publications ADD COLUMN who TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE publications ADD COLUMN pull INTEGER",
    "ALTER TABLE publications ADD COLUMN token INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE publications ADD COLUMN generation INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX publications_of_zone ON publications (zone, id)",
    -- The plan that a verdict holds back, to be approved by its hash.
    "ALTER TABLE verdicts ADD COLUMN plan TEXT NOT NULL DEFAULT ''",
    -- Each time a zone went its way with something to tell, and what came of it.
    [[CREATE TABLE runs (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        zone        TEXT NOT NULL,
        generation  INTEGER NOT NULL, -- of the newest event that it covers
        cause       TEXT NOT NULL,
        at          REAL NOT NULL,
        outcome     TEXT NOT NULL,
        why         TEXT NOT NULL,
        pull        INTEGER,
        publication INTEGER,
        worker      TEXT NOT NULL)]],
    "CREATE INDEX runs_of_zone ON runs (zone, id)",
    -- Events that another worker has to hear of, until it has.
    [[CREATE TABLE events (
        id    INTEGER PRIMARY KEY AUTOINCREMENT,
        zone  TEXT NOT NULL,
        cause TEXT NOT NULL,
        at    REAL NOT NULL)]],
    [[CREATE TABLE freezes (
        zone   TEXT PRIMARY KEY,
        reason TEXT NOT NULL,
        who    TEXT NOT NULL,
        since  REAL NOT NULL,
        until  REAL)]],
    -- A person's word for one plan, by its hash.
    [[CREATE TABLE waivers (
        zone TEXT PRIMARY KEY,
        plan TEXT NOT NULL,
        who  TEXT NOT NULL,
        at   REAL NOT NULL)]],
  },
  {
    -- Findings that a person knows of and accepts until a time.
    [[CREATE TABLE acknowledgements (
        zone        TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        rule        TEXT NOT NULL,
        who         TEXT NOT NULL,
        reason      TEXT NOT NULL,
        since       REAL NOT NULL,
        until       REAL NOT NULL,
        PRIMARY KEY (zone, fingerprint))]],
  },
  {
    -- Serial of the publication that all targets may have; canaries may have the newest.
    "ALTER TABLE zones ADD COLUMN released INTEGER",
    [[UPDATE zones SET released = (SELECT serial FROM publications WHERE id =
        (SELECT MAX(id) FROM publications WHERE publications.zone = zones.zone))]],
    -- Since when a target is known to serve that serial.
    "ALTER TABLE deliveries ADD COLUMN served_at REAL",
    -- What an account has used of its budget on a day, counted from 1970-01-01.
    [[CREATE TABLE budgets (
        account TEXT NOT NULL,
        day     INTEGER NOT NULL,
        used    INTEGER NOT NULL,
        PRIMARY KEY (account, day))]],
    -- What changed with a publication: "source", "answers" or "rollback".
    "ALTER TABLE publications ADD COLUMN step TEXT NOT NULL DEFAULT 'source'",
  },
  {
    -- What the newest judgement of a zone found, for processes that did not make it.
    [[CREATE TABLE findings (
        zone        TEXT NOT NULL,
        position    INTEGER NOT NULL,
        rule        TEXT NOT NULL,
        severity    TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        owner       TEXT NOT NULL,
        message     TEXT NOT NULL,
        detail      TEXT NOT NULL,  -- the whole of it, as JSON
        since       REAL NOT NULL,
        PRIMARY KEY (zone, position))]],
    -- What of an answer was published, each time that it changed: so that another policy can be tried on it.
    [[CREATE TABLE answer_changes (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        target    TEXT NOT NULL,
        type      TEXT NOT NULL,
        at        REAL NOT NULL,
        state     TEXT NOT NULL,
        last      TEXT NOT NULL,
        failure   TEXT NOT NULL,
        ttl       INTEGER NOT NULL,
        addresses TEXT NOT NULL,
        chain     TEXT NOT NULL,
        error     TEXT NOT NULL)]],
    "CREATE INDEX answer_changes_of_target ON answer_changes (target, type, id)",
    [[INSERT INTO answer_changes (target, type, at, state, last, failure, ttl, addresses, chain, error)
        SELECT target, type, last_lookup, state, last, failure, ttl, addresses, chain, error FROM answers]],
  },
  -- What events had said to be deleted when a zone went its way: an owner, or an owner and a type, a line.
  { "ALTER TABLE runs ADD COLUMN gone TEXT NOT NULL DEFAULT ''" },
  -- Whose each zone is that a catalog lists: a restart must not give it to another, nor overlook that its name means
  -- another zone by now (RFC 9432 §4.3.1, §5.4).
  { [[CREATE TABLE members (
        zone    TEXT PRIMARY KEY,
        catalog TEXT NOT NULL,
        label   TEXT NOT NULL,
        epoch   INTEGER NOT NULL)]] },
  -- Serial of the publication that canaries served rightly, and that others are to have when newer ones keep coming;
  -- and since when it is that.
  {
    "ALTER TABLE zones ADD COLUMN candidate INTEGER",
    "ALTER TABLE zones ADD COLUMN candidate_at REAL",
  },
  {
    -- What a policy says of zones, a row for each text that any of them has (policy/settings.lua).
    [[CREATE TABLE settings (
        hash TEXT PRIMARY KEY,
        text TEXT NOT NULL,
        at   REAL NOT NULL)]],
    -- Under which settings its worker runs a zone, and a publication was made.
    "ALTER TABLE zones ADD COLUMN settings TEXT",
    "ALTER TABLE publications ADD COLUMN settings TEXT",
    -- By which policy each worker goes, so that others see whether that is theirs: its zones with their settings.
    [[CREATE TABLE policies (
        policy TEXT PRIMARY KEY,
        zones  TEXT NOT NULL)]],
    "ALTER TABLE workers ADD COLUMN policy TEXT",
  },
  -- What an event names, nothing if it is "", whether that was deleted, and the token under which a worker has it in
  -- hand.
  {
    "ALTER TABLE events ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE events ADD COLUMN type TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE events ADD COLUMN gone INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE events ADD COLUMN taken INTEGER NOT NULL DEFAULT 0",
  },
}

return M
