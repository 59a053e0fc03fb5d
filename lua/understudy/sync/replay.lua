--- replay: what another policy would have made of what was pulled, resolved and decided. Reads the store, nothing else.
--
-- The moments at which something came are gone through again: each time that a zone went its way with something to
-- tell, each source zone that was pulled, each change of an answer. What was served and held then is compared with what
-- the policy would have made of it. Persons' acts are taken over: approvals, rollbacks, freezes, acknowledgements.

local doubt = require "understudy.sync.doubt"
local judge = require "understudy.sync.judge"
local names = require "understudy.sync.names"
local plan = require "understudy.sync.plan"
local publish = require "understudy.sync.publish"
local recorded = require "understudy.sync.recorded"
local zonemd = require "understudy.zonemd"

local M = {}

-- Seconds in which what follows from one cause is done: what is between two moments so near is nothing to tell.
local SETTLES_WITHIN <const> = 5
-- Judged by a verdict that was made of something that is not kept.
local NOT_KEPT <const> = "it could not be read then"

---@class understudy.ReplayDifference
---@field at number
---@field cause string
---@field was {state: string, serial?: integer, why?: string}
---@field would {state: string, why?: string, plan?: string, records?: integer}
---@field diff? any  from what was served to what would have been, when these differ

---@class understudy.Replay
---@field zone string
---@field from? number       from when on things are kept, when that is later than asked for
---@field decisions integer  moments that were judged
---@field differences understudy.ReplayDifference[]
---@field unknown string[]   targets that nobody ever asked for: nothing is known of what they resolve to
---@field late string[]      targets of which nothing older is kept: what was known first stands for before

-- ---------------------------------------------------------------- what the policy makes of a moment

local function context_of(run, source, at)
  local state = run.state
  return {
    accepted = state.accepted and state.accepted.zone,
    waiver = run.approved and plan.hash(state.accepted and state.accepted.zone, source.zone) or nil,
    acknowledgements = run.records:acknowledged(at),
    now = at,
  }
end

local function judge_source(run, source, at)
  local state, setting, policy = run.state, run.setting, run.policy
  local context = context_of(run, source, at)
  if source ~= state.accepted then
    local doubts = doubt.list(state.seen, setting.source, policy.guard, at)
    context.doubts, state.recheck = doubts.why, doubts["until"]
  end
  return judge.judge(source.zone, state.last and state.last.zone,
    judge.options(policy, run.answers.memory, at, setting.checks), context)
end

local function serve(run, flat, moment)
  local state = run.state
  state.last = publish.next(flat, state.last, moment.cause, moment.at, run.setting.zonemd) or state.last
end

-- The zone that is served follows its answers although the newest source zone is refused.
local function follow(run, moment)
  local judged = judge_source(run, run.state.accepted, moment.at)
  if judged.flat then
    serve(run, judged.flat, moment)
  end
end

-- Judges the newest source zone, if there is one that could be read.
local function decide(run, moment)
  local state, at = run.state, moment.at
  local source = state.newest
  run.result.decisions = run.result.decisions + 1
  if not source then
    return follow(run, moment)
  end
  state.seen = doubt.look(state.seen,
    { source = run.setting.source, accepted = state.accepted, pulled = source, at = at }, moment.gone)
  local judged = judge_source(run, source, at)
  if judged.flat then
    serve(run, judged.flat, moment)
    state.accepted, state.seen, state.recheck, state.verdict = source, nil, nil, nil
    return
  end
  state.verdict = judged
  if state.accepted and state.accepted ~= source then
    follow(run, moment)
  end
end

-- ---------------------------------------------------------------- comparing

-- Whether what is served is the same, digests of the zone in itself aside.
local function same_content(was, would)
  return was == would or was and would and (was.hash == would.hash or zonemd.same(was, would)) or false
end

local function compare(run, moment)
  local state, was = run.state, run.records:stood(moment.at)
  local would_state, would_zone = state.verdict and state.verdict.state or "ok", state.last and state.last.zone
  local zone = was.serial and run.records:publication(was.serial)
  local same = same_content(zone, would_zone)
  local told = ("%s %s %s %s"):format(was.state, was.serial or "", would_state, same and "" or would_zone and
    would_zone.hash or "none")
  local differs = not same or was.state ~= would_state
  if not differs then
    run.told = nil
  elseif told ~= run.told then
    run.told = told
    table.insert(run.result.differences, {
      at = moment.at, cause = moment.cause, was = was,
      would = {
        state = would_state, why = state.verdict and state.verdict.why, plan = state.verdict and state.verdict.plan,
        records = would_zone and #would_zone,
      },
      diff = not same and zone and would_zone and zone:diff(would_zone) or nil,
    })
  end
end

-- ---------------------------------------------------------------- going through the moments

-- Takes a moment in: what is new with it. Whether there is something to decide.
local function take(run, moment)
  local state, row = run.state, moment.run
  run.approved = false
  if row and (row.outcome == "frozen" or row.outcome == "thawed") then
    state.frozen = row.outcome == "frozen"
    return not state.frozen and (state.newest or state.accepted) ~= nil
  elseif row and row.outcome == "rolled back" then
    local zone = run.records:publication_of(row)
    state.last, state.frozen = zone and { zone = zone, serial = zone.serial, hash = zone.hash } or state.last, true
    return false
  elseif row then
    state.frozen = false
  end
  if state.frozen then
    return false
  end
  run.approved = row and row.outcome == "published" and run.records:is_approved(row) or false
  local pull = moment.pull and run.records:pull(moment.pull)
  -- What is published of an older source zone than the newest only follows its answers.
  local newest_id = state.newest and state.newest.id or state.unread and math.huge or 0
  if row and row.outcome == "invalid" and not row.pull then
    state.newest, state.unread, state.verdict = nil, true, { state = "invalid", why = NOT_KEPT }
  elseif pull and not (row and row.outcome == "published" and newest_id > pull.id) then
    state.newest, state.unread = pull, false
  end
  return (state.newest or state.accepted) ~= nil
end

-- Judges again when a doubt ends before the next moment: the source was as it is, or there would be one.
local function end_doubt(run, next_at)
  local recheck = run.state.recheck
  if recheck and recheck < next_at and run.state.newest and not run.state.frozen then
    local moment = { at = recheck, cause = "confirmed", gone = names.all() }
    run.answers:advance(recheck)
    decide(run, moment)
    compare(run, moment)
  end
end

local function go_through(run, moments, now)
  for i, moment in ipairs(moments) do
    local next_at = moments[i + 1] and moments[i + 1].at or now
    local settled = i == #moments or next_at - moment.at > SETTLES_WITHIN
    run.answers:advance(moment.at)
    -- A zone that was thawed is read again; what came of that is the next moment.
    local thawed = moment.run and moment.run.outcome == "thawed"
    if take(run, moment) and (settled or not thawed) then
      decide(run, moment)
    end
    if settled then
      compare(run, moment)
      end_doubt(run, next_at)
    end
  end
end

-- How things stood before the first moment.
local function begin(records, first)
  local row = records:before(first)
  local zone = row and records:publication(row.serial)
  local accepted = row and row.pull and records:pull(row.pull)
  return {
    last = zone and { zone = zone, serial = zone.serial, hash = zone.hash },
    accepted = accepted, newest = accepted, frozen = false,
  }
end

--- Replays one zone under a policy.
---@param store understudy.Store
---@param setting table the zone in the policy
---@param policy understudy.Policy
---@param since number
---@param now number
---@return understudy.Replay? replay
---@return understudy.Error? err
function M.zone(store, setting, policy, since, now)
  local records, err = recorded.read(store, setting.name)
  if not records then
    return nil, err
  end
  local from = math.max(since, records.begins or now)
  local answers, problem = records:answers(policy, from)
  if not answers then
    return nil, problem
  end
  local moments = records:moments(from, answers.changes, SETTLES_WITHIN)
  local result = {
    zone = setting.name, from = from > since and from or nil, decisions = 0, differences = {},
    unknown = answers.unknown, late = answers.late,
  }
  local run = {
    records = records, answers = answers, setting = setting, policy = policy, result = result,
    state = begin(records, from),
  }
  local ok, failed = pcall(go_through, run, moments, now)
  if not ok then
    return nil, require("understudy.error").from(failed)
  end
  return result
end

return M
