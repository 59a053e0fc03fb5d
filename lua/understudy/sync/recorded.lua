--- recorded: what the store remembers of one zone over time, for those who go through it again: runs, source zones,
-- publications and the answers of ALIAS targets.

local chain = require "understudy.store.chain"
local judge = require "understudy.sync.judge"
local names = require "understudy.sync.names"
local parts = require "understudy.parts"

local M = {}

local RUNS_MAX <const> = 10000
local TARGETS_A_CALL <const> = 500

local Recorded = {}
Recorded.__index = Recorded
Recorded.__name = "understudy.Recorded"

---@class understudy.Moment
---@field at number
---@field cause string
---@field run? table      the row of it
---@field pull? integer   the source zone that came
---@field gone understudy.Names what events had said to be deleted

local function reversed(list)
  local result = {}
  for i = #list, 1, -1 do
    result[#result + 1] = list[i]
  end
  return result
end

-- The zone of a chain; throws what is wrong, which the caller's caller tells.
local function zone_of(rows, err, name, what)
  if not rows then
    error(err, 0)
  elseif #rows == 0 then
    return nil
  end
  local ends, problem = chain.read(rows, name, what)
  return ends and ends.zone or error(problem, 0)
end

--- The zone that was published under a serial; nil if it is not kept any more.
---@param serial integer
---@return any? zone
function Recorded:publication(serial)
  if self.last_serial ~= serial then
    local rows, err = self.store:publication_chain(self.name, serial)
    self.last_serial, self.last_publication = serial, zone_of(rows, err, self.name, "publication")
  end
  return self.last_publication
end

--- The zone that a run published.
---@param run table
---@return any? zone
function Recorded:publication_of(run)
  local row = self.publication_rows[run.publication]
  return row and self:publication(row.serial)
end

--- A source zone, always the same for a number; nil if it is not kept any more.
---@param id integer
---@return {id: integer, zone: any, version: string}?
function Recorded:pull(id)
  local known = self.pulled[id]
  if not known then
    local rows, err = self.store:pull_chain(id)
    local zone = zone_of(rows, err, self.name, "pull")
    known = zone and { id = id, zone = zone, version = rows[#rows].version }
    self.pulled[id] = known
  end
  return known
end

--- Whether a person had approved what a run published.
---@param run table
---@return boolean
function Recorded:is_approved(run)
  local row = self.publication_rows[run.publication]
  return row ~= nil and row.who ~= ""
end

--- The acknowledgements that held at a time, by fingerprint.
---@param at number
---@return table
function Recorded:acknowledged(at)
  local found = {}
  for fingerprint, row in pairs(self.acknowledgements) do
    found[fingerprint] = row.since <= at and row or nil
  end
  return found
end

--- The publication that was the newest before the moments since a time.
---@param from number
---@return table? row
function Recorded:before(from)
  local later = {}
  for _, run in ipairs(self.runs) do
    if run.at >= from and run.publication then
      later[run.publication] = true
    end
  end
  local found
  for _, row in ipairs(self.publications) do
    found = row.at < from and not later[row.id] and row or found
  end
  return found
end

-- How each run left the zone: {state=, serial=, why=}.
local function standings(self)
  local row_before = self:before(self.begins or math.huge)
  local state, why, serial, refused = "ok", nil, row_before and row_before.serial, nil
  self.stood_before = { state = state, serial = serial }
  for _, run in ipairs(self.runs) do
    local row = self.publication_rows[run.publication]
    if run.outcome == "held" or run.outcome == "invalid" then
      state, why, refused = run.outcome, run.why, run.pull or math.huge
    elseif run.outcome == "cleared" or run.outcome == "published" and run.pull and run.pull >= (refused or 0) then
      state, why, refused = "ok", nil, nil
    end
    serial = row and row.serial or serial
    run.stood = { state = state, why = why, serial = serial }
  end
end

--- How the zone stood at a time.
---@param at number
---@return {state: string, serial?: integer, why?: string}
function Recorded:stood(at)
  local found = self.stood_before
  for _, run in ipairs(self.runs) do
    found = run.at <= at and run.stood or found
  end
  return found
end

-- What came of a run depends on nothing that is kept when its source could not be read.
local function is_input(run)
  return run.outcome ~= "unreachable"
end

--- The moments since a time, in their order. Changes of answers that a moment follows on within `settle` seconds are
--- part of that.
---@param from number
---@param changes number[] when answers changed
---@param settle number
---@return understudy.Moment[]
function Recorded:moments(from, changes, settle)
  local list, known = {}, {}
  for _, run in ipairs(self.runs) do
    if run.at >= from and is_input(run) then
      list[#list + 1] = { at = run.at, cause = run.cause, run = run, pull = run.pull, gone = names.read_gone(run.gone) }
    end
    known[run.pull or 0] = true
  end
  for _, pull in ipairs(self.pulls) do
    if pull.at >= from and not known[pull.id] then
      list[#list + 1] = { at = pull.at, cause = "source changed", pull = pull.id, gone = names.all() }
    end
  end
  for _, at in ipairs(changes) do
    if at >= from then
      list[#list + 1] = { at = at, cause = "alias refresh", answers = true, gone = names.all() }
    end
  end
  for i, moment in ipairs(list) do
    moment.number = i
  end
  table.sort(list, function(a, b)
    return a.at < b.at or a.at == b.at and a.number < b.number
  end)
  local kept = {}
  for i, moment in ipairs(list) do
    local next_one = list[i + 1]
    if not (moment.answers and next_one and next_one.at - moment.at <= settle) then
      kept[#kept + 1] = moment
    end
  end
  return kept
end

-- ---------------------------------------------------------------- answers

local Answers = {}
Answers.__index = Answers

-- What a memory of answers takes.
local function answer_of(change)
  return {
    target = change.target, type = change.type, state = change.state, last = change.last, failure = change.failure,
    ttl = change.ttl, addresses = change.addresses, chain = change.chain, last_lookup = change.at,
    last_success = change.at, error = change.error ~= "" and change.error or nil,
  }
end

--- Takes in what changed up to a time.
---@param at number
function Answers:advance(at)
  local list = self.list
  while list[self.next] and list[self.next].at <= at do
    self.memory:restore(answer_of(list[self.next]))
    self.next = self.next + 1
  end
end

-- All targets that source zones since a time need, and those of the one before.
local function targets_of(self, policy, from)
  local set, list = {}, {}
  local row = self:before(from)
  for _, pull in ipairs(self.pulls) do
    local known = (pull.at >= from or row and pull.id == row.pull) and self:pull(pull.id)
    for _, target in ipairs(known and known.zone:targets { pool = policy.pool, redirect = policy.redirect } or {}) do
      list[#list + 1] = not set[target] and target or nil
      set[target] = true
    end
  end
  return list
end

local function changes_of(store, targets)
  local list = {}
  for part in parts.of(targets, TARGETS_A_CALL) do
    local rows, err = store:answer_changes(part)
    if not rows then
      return nil, err
    end
    table.move(rows, 1, #rows, #list + 1, list)
  end
  table.sort(list, function(a, b)
    return a.at < b.at or a.at == b.at and a.id < b.id
  end)
  return list
end

--- What is known of the answers that the zone needs, as it was at a time and as it changed.
---@param policy understudy.Policy
---@param from number
---@return table? answers {memory=, changes=, unknown=, late=}
---@return understudy.Error? err
function Recorded:answers(policy, from)
  local done, targets = pcall(targets_of, self, policy, from)
  if not done then
    return nil, targets
  end
  local list, err = changes_of(self.store, targets)
  if not list then
    return nil, err
  end
  local answers = setmetatable({
    memory = judge.answers(policy), list = list, next = 1, changes = {}, unknown = {}, late = {},
  }, Answers)
  local first = {}
  for _, change in ipairs(list) do
    answers.changes[#answers.changes + 1] = change.at
    local key = change.target .. " " .. change.type
    if not first[key] then
      first[key] = change
      answers.memory:restore(answer_of(change)) -- until something older is known, the oldest stands for it
    end
  end
  for _, target in ipairs(targets) do
    local known = first[target .. " A"] or first[target .. " AAAA"]
    local told = not known and answers.unknown or known.at > from and answers.late
    if told then
      told[#told + 1] = target
    end
  end
  answers:advance(from)
  return answers
end

--- Reads what is kept of a zone, but for the contents.
---@param store understudy.Store
---@param name string
---@return table? records
---@return understudy.Error? err
function M.read(store, name)
  local runs, err = store:runs(name, RUNS_MAX)
  local history, problem = store:history(name)
  local pulls, trouble = store:pulls(name, 0)
  local acknowledgements, fault = store:acknowledgements { name }
  if not runs or not history or not pulls or not acknowledgements then
    return nil, err or problem or trouble or fault
  end
  local self = setmetatable({
    store = store, name = name, runs = reversed(runs), publications = reversed(history), pulls = pulls,
    publication_rows = {}, acknowledgements = acknowledgements[name] or {},
    pulled = setmetatable({}, { __mode = "v" }),
  }, Recorded)
  for _, row in ipairs(history) do
    self.publication_rows[row.id] = row
  end
  self.begins = self.runs[1] and self.runs[1].at
  standings(self)
  return self
end

return M
