--- worker: goes the way of one zone: pull, resolve, judge, publish, deliver.
--
-- What is wrong with the newest source zone never touches what is served: the last publication stays, and
-- goes on following the answers of its ALIAS targets, from the source zone last accepted.

local account = require "understudy.sync.account"
local acknowledge = require "understudy.sync.acknowledge"
local canary = require "understudy.sync.canary"
local check_finding = require "understudy.check.finding"
local chain = require "understudy.store.chain"
local doubt = require "understudy.sync.doubt"
local findings = require "understudy.sync.findings"
local freeze = require "understudy.sync.freeze"
local judge = require "understudy.sync.judge"
local known = require "understudy.sync.known"
local names = require "understudy.sync.names"
local proof = require "understudy.sync.proof"
local publish = require "understudy.sync.publish"
local pull = require "understudy.sync.pull"
local rollback = require "understudy.sync.rollback"
local shell = require "understudy.shell"
local sync_zone = require "understudy.sync.zone"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local ERRORS_SHOWN <const> = 20

--- Says which ALIAS targets a zone needs: those of the source zone that is served, of the one that was
--- refused and of the one that is judged.
---@param zone understudy.SyncZone
---@param judged? {zone: any}
---@param host table
function M.use_targets(zone, judged, host)
  local targets = {}
  for _, source in pairs { accepted = zone.accepted, refused = zone.refused, judged = judged } do
    for _, target in ipairs(source.zone:targets { pool = host.policy.pool, redirect = host.policy.redirect }) do
      targets[#targets + 1] = target
    end
  end
  host.resolve:use(zone.name, targets)
end

-- Findings of severity error, one a line, as many as a person reads.
local function errors_text(judgement)
  local lines, more = {}, judgement.findings.errors - ERRORS_SHOWN
  for _, finding in ipairs(judgement.findings.list) do
    if finding.severity == "error" and #lines < ERRORS_SHOWN then
      local place = finding.records and finding.records[1]
      local where = place and place.file and check_finding.place(place) .. ": " or ""
      lines[#lines + 1] = ("%serror %s: %s"):format(where, finding.id, finding.message)
    end
  end
  if more > 0 then
    lines[#lines + 1] = ("… and %s more"):format(units.count(more, "error"))
  end
  return table.concat(lines, "\n")
end

-- What came of a run, as it is written down.
local function run_row(run, outcome, why, host)
  return {
    generation = run.generation, cause = run.cause, at = host.clock.now(), outcome = outcome, why = why,
    pull = run.pull, publication = run.publication, gone = names.gone_text(run.names),
  }
end

-- Writes down what came of a run, and with it forgets what was said to be deleted and proves nothing any more.
local function record(zone, run, outcome, why, host)
  local row = publish.leased(zone, host.clock.now(), run_row(run, outcome, why, host))
  row.forget = proof.ended(zone)
  local ok, err = host.store:save_run(row)
  if ok then
    proof.forget(zone, row.forget)
  else
    host.log:warning("%s the run is not written down: %s", zone.name, err.message)
  end
end

-- The same where nothing else is to be written down.
local function settle_proofs(zone, run, host)
  proof.holding(zone, host.clock.monotonic(), doubt.proven_for(zone.source, host.policy.guard))
  local text = proof.text(zone)
  if text then
    record(zone, run, "unchanged", text, host)
  end
end

local function report_verdict(zone, host)
  local verdict = zone.verdict
  local served = zone.publication and ("serial %d stays served"):format(zone.publication.serial)
    or "nothing is served"
  local why = verdict.text == "" and ": " .. verdict.why or ""
  host.log:error("%s %s, %s%s", zone.name, verdict.state, served, why)
  for line in verdict.text:gmatch "[^\n]+" do
    host.log:error("%s %s", zone.name, line)
  end
  if verdict.plan then
    host.log:error("%s to publish it nevertheless: understudy approve %s %s", zone.name, shell.word(zone.name),
      verdict.plan)
  end
end

-- Writes down why the newest source zone is not published, or that it is; what fails is tried again by the next run.
local function write_verdict(zone, host)
  local verdict, row = zone.verdict, publish.leased(zone, host.clock.now())
  local ok, err
  if verdict then
    row.state, row.since, row.why, row.findings, row.plan = verdict.state, verdict.since, verdict.why, verdict.text,
      verdict.plan
    ok, err = host.store:save_verdict(row)
  else
    ok, err = host.store:forget_verdict(row)
  end
  zone.verdict_unwritten = not ok or nil
  if not ok then
    host.log:warning("%s the verdict is not %s: %s", zone.name, verdict and "written down" or "forgotten", err.message)
  end
end

-- Remembers why the newest source zone is not published, and says so once.
local function set_verdict(zone, judgement, run, host)
  local text = errors_text(judgement)
  local before = zone.verdict
  if before and before.state == judgement.state and before.why == judgement.why and before.text == text
    and before.plan == judgement.plan then
    return
  end
  zone.verdict = {
    state = judgement.state,
    why = judgement.why,
    text = text,
    plan = judgement.plan,
    since = before and before.state == judgement.state and before.since or host.clock.now(),
  }
  report_verdict(zone, host)
  write_verdict(zone, host)
  record(zone, run, judgement.state, judgement.why, host)
end

local function clear_verdict(zone, run, host)
  if zone.verdict then
    local text = ("not %s any more"):format(zone.verdict.state)
    host.log:info("%s is %s", zone.name, text)
    zone.verdict = nil
    run.pull = run.pull or zone.accepted.id
    record(zone, run, "cleared", text, host)
    write_verdict(zone, host)
  end
end

-- Makes a judged zone the publication, if its content is new.
local function release(zone, source, judgement, run, host)
  local last = zone.publication
  local publication = publish.next(judgement.flat, last, run.cause, host.clock.now(), zone.setting.zonemd)
  if publication then
    -- An approval is over then, whether it was for this step or for another on the same ground.
    local waiver = source ~= zone.accepted and zone.waiver or nil
    publication.who = judgement.waived and waiver and waiver.who or nil
    if source == zone.accepted and last and last.step ~= "rollback" then
      publication.step = "answers"
    end
    local summary, released = publish.summary(last, publication), canary.passes(zone, publication)
    local row = run_row(run, "published", summary, host)
    row.forget = proof.ended(zone, source ~= zone.accepted and run.proofs or nil)
    local ok, err = publish.save(zone, publication, source, {
      generation = run.generation, waiver = waiver, run = row, released = released,
    }, host)
    if not ok then
      return nil, err
    end
    proof.forget(zone, row.forget)
    publish.serve(zone, publication, summary, released, host)
    run.pull, run.publication = publication.pull, publication.id
  elseif not zone.accepted or zone.accepted.version ~= source.version then
    local row, ends = publish.pull_row(zone, source)
    local id, err = host.store:accept_pull(publish.leased(zone, host.clock.now()), row)
    if not id then
      return nil, err
    end
    source.id = id
    chain.note(source, ends)
  end
  -- What was seen and said of another source zone stays while the accepted one only follows its answers.
  if source ~= zone.accepted then
    zone.accepted, zone.waiver, zone.seen, zone.recheck = source, nil, nil, nil
  end
  return true
end

-- The records of the findings that there are, by fingerprint. Of a zone from the store nothing else tells where its
-- source has them.
local function known_places(zone)
  local placed = {}
  for _, list in ipairs { zone.findings.list, zone.findings.acknowledged } do
    for _, finding in ipairs(list) do
      placed[finding.fingerprint] = finding.records
    end
  end
  return placed
end

-- Judges a source zone, of which `read` may tell more than what is kept of it, and publishes it if it may be. nil and
-- an error when the store failed.
local function consider(zone, source, read, run, host)
  M.use_targets(zone, source, host)
  if not host.resolve:complete(zone.name) then
    zone.outdated = true
    return uerror.fail_temporarily("io", "what its ALIAS targets resolve to can't be written down")
  end
  local by_new_answers = zone.outdated
  zone.outdated = nil
  local last, accepted = zone.publication, zone.accepted
  local doubts = zone.seen and source ~= accepted
    and doubt.list(zone.seen, zone.source, host.policy.guard, zone.read_at)
  local options = judge.options(host.policy, host.answers, host.clock.now(), zone.checks)
  -- Where nothing is accepted, what is published is of another zone, which had the name before (RFC 9432 §5.4).
  local judgement = judge.judge(read.zone, accepted and last and last.zone, options, {
    accepted = accepted and accepted.zone,
    doubts = doubts and doubts.why,
    waiver = zone.waiver and zone.waiver.plan,
    acknowledgements = zone.acknowledgements,
    ids = read.ids,
    placed = not read.placed and known_places(zone) or nil,
    now = host.clock.now(),
  })
  judgement.recheck, judgement.by_new_answers = doubts and doubts["until"], by_new_answers
  if judgement.flat then
    local ok, err = release(zone, source, judgement, run, host)
    if not ok then
      zone.outdated = true
      return nil, err
    end
  end
  return judgement
end

-- Whether what the source gave was judged before, by all that there is to judge it by.
local function is_judged(zone, pulled, run)
  return pulled.version == zone.judged and not zone.outdated and not next(run.names.gone)
    and not known.is_rewritten(zone, pulled)
    and not (zone.recheck and zone.read_at >= zone.recheck)
    and not (zone.waiver and zone.verdict)
end

-- Writes a source zone down that is not accepted, for those who ask what it was.
local function keep_refused(zone, source, run, host)
  zone.refused = source
  if source.id then
    run.pull = source.id
    return
  end
  local row, ends = publish.pull_row(zone, source)
  local id, err = host.store:refuse_pull(publish.leased(zone, host.clock.now()), row, host.policy.keep.publications)
  if id then
    source.id, run.pull = id, id
    chain.note(source, ends)
  else
    host.log:warning("%s the refused zone is not written down: %s", zone.name, err.message)
  end
end

-- Judges what the source gave, unless that was done: nothing then.
local function take(zone, pulled, run, host)
  if is_judged(zone, pulled, run) then
    return nil
  end
  local source = known.source_of(zone, pulled, host.clock.now())
  proof.see(run.proofs, pulled.zone)
  zone.seen = doubt.look(zone.seen,
    { source = zone.source, accepted = zone.accepted, pulled = source, at = zone.read_at }, run.names)
  local judgement, err = consider(zone, source, known.read_of(source, pulled), run, host)
  if not judgement then
    return nil, err
  end
  zone.judged, zone.refused = pulled.version == source.version and source.version or pulled.version, nil
  zone.recheck = not judgement.flat and judgement.recheck or nil
  if judgement.flat then
    proof.accept(run.proofs)
  else
    keep_refused(zone, source, run, host)
  end
  M.use_targets(zone, nil, host)
  return judgement
end

-- A source's failure is told when it begins, when it changes and when it ends.
local function note_source(zone, err, run, host)
  local before = zone.source_error
  if err then
    zone.source_error = {
      message = err.message,
      since = before and before.since or host.clock.now(),
      budget = err.code == "budget",
    }
    if not before or before.message ~= err.message then
      host.log:error("%s the source can't be read: %s", zone.name, tostring(err))
      record(zone, run, "unreachable", err.message, host)
    end
  elseif before then
    zone.source_error = nil
    host.log:info("%s the source can be read again", zone.name)
  end
end

-- The same for the store. A publication that another process was quicker with is no failure of it.
local function note_store(zone, err, host)
  local before = zone.unsaved
  zone.unsaved = err and err.code == "io" and { why = err.message, since = before and before.since or host.clock.now() }
    or nil
  if err and not (before and before.why == err.message) then
    host.log:error("%s is not published: %s", zone.name, err.message)
  end
end

local function take_judgement(zone, judgement, run, host)
  sync_zone.set_findings(zone, judgement.findings)
  findings.save(zone, host)
  if judgement.flat then
    clear_verdict(zone, run, host)
  else
    set_verdict(zone, judgement, run, host)
  end
end

-- Takes what came of judging, if that was done, and writes down what the runs before could not.
local function note_judgement(zone, judgement, run, host)
  local owes_verdict = zone.verdict_unwritten
  if judgement then
    take_judgement(zone, judgement, run, host)
  else
    findings.catch_up(zone, host)
  end
  if owes_verdict and zone.verdict_unwritten then
    write_verdict(zone, host)
  end
end

-- The served zone follows its answers although the newest source zone can't be had or is refused. nil, or an error, and
-- whether these answers are others than those that the newest was judged by.
local function follow(zone, run, host)
  local judgement, err = consider(zone, zone.accepted, zone.accepted, run, host)
  if judgement and not judgement.flat and not zone.verdict then
    run.pull = zone.accepted.id
    set_verdict(zone, judgement, run, host)
  end
  return err, judgement and judgement.by_new_answers
end

-- Whether the zone that was accepted is the newest that is known of its source, and nothing is in doubt.
local function is_settled(zone)
  return zone.accepted and zone.judged == zone.accepted.version and not zone.verdict and not zone.recheck
    and not zone.source_error and zone.failures == 0
end

-- Asks the source, by a function of understudy.sync.pull, as its account allows. What is read says how things were when
-- the reading began, however long it takes until someone looks at it.
local function ask(zone, host, reading, ...)
  local source = zone.source
  local paid = source.account and account.of(source, host)
  local ok, unpaid = true, nil
  if paid then
    ok, unpaid = paid:admit()
  end
  if not ok then
    return nil, unpaid
  end
  zone.read_at = host.clock.monotonic()
  local pulled, err = reading(source, zone.name, zone.accepted, ...)
  if paid then
    paid:learn(err)
  end
  return pulled, err
end

-- What was said to be deleted until now is proven by what is read from now on.
local function hold_proofs(zone, run, host)
  run.proofs = proof.holding(zone, zone.read_at, doubt.proven_for(zone.source, host.policy.guard))
  run.names = { whole = run.names.whole, list = run.names.list, gone = proof.gone(run.proofs) }
end

-- What the source has: those names that events named where that is enough, else all of it.
local function read(zone, run, host)
  zone.read_at = host.clock.monotonic()
  hold_proofs(zone, run, host)
  local named, accepted, whole_at = run.names, zone.accepted, zone.read_whole_at
  if not named.whole and is_settled(zone) and names.has_all(named, run.proofs) then
    zone.read_whole_at = whole_at
    if #named.list == 0 then
      return accepted
    elseif zone.source.pull_names then
      local pulled, why = ask(zone, host, pull.names, named)
      if pulled then
        run.cause = run.cause .. ": " .. names.text(named)
        return pulled
      end
      host.log:info("%s is read whole, for its names are in doubt: %s", zone.name, why.message)
    end
  end
  zone.read_whole_at = nil
  return ask(zone, host, pull.whole, zone.outdated and accepted and not accepted.placed)
end

-- Pulls, and publishes what can be. Returns true, or nil and an error that time may mend.
local function advance(zone, run, host)
  local outdated = zone.outdated
  local pulled, unread = read(zone, run, host)
  local judgement, err
  if pulled then
    judgement, err = take(zone, pulled, run, host)
  elseif unread.report and #unread.report > 0 then
    judgement, unread, zone.judged = judge.unreadable(unread), nil, nil
  end
  note_source(zone, unread, run, host)
  note_judgement(zone, judgement, run, host)
  if outdated and zone.accepted and not err and not (judgement and judgement.flat) then
    local by_new_answers
    err, by_new_answers = follow(zone, run, host)
    zone.judged = judgement and not by_new_answers and zone.judged or nil -- what is newest is to be judged by these too
  end
  note_store(zone, err, host)
  return not err and not unread or nil, err or unread
end

-- That a zone is frozen, or not any more, is told once.
local function note_freeze(zone, frozen, run, host)
  if frozen ~= (zone.frozen or false) then
    zone.frozen = frozen
    record(zone, run, frozen and "frozen" or "thawed", frozen and zone.freeze.reason or "", host)
  end
end

-- Does what is to be done for a zone now: a person's order, nothing while it is frozen, or the whole way.
local function proceed(zone, run, host)
  if zone.lacked then
    local ok, err = publish.again(zone, run, host)
    note_store(zone, err, host)
    if not ok then
      return nil, err
    end
  end
  if zone.order then
    local order = zone.order
    zone.order = nil
    order.result, order.problem = rollback.run(zone, order, run, host)
    order.done = true
    if order.result then
      record(zone, run, "rolled back", ("to serial %d"):format(order.serial), host)
    end
  end
  local frozen = freeze.active(zone, host)
  note_freeze(zone, frozen, run, host)
  if frozen then
    zone.read_whole_at = host.clock.monotonic() -- it will be, once it is not frozen any more
    return true
  end
  acknowledge.expire(zone, host)
  return advance(zone, run, host)
end

--- Goes the whole way for a zone once.
---@param zone understudy.SyncZone
---@param lease {cause: string, number: integer, names: understudy.Names} of the queue
---@param host table
---@return boolean? ok
---@return understudy.Error? err worth another try
function M.run(zone, lease, host)
  local before, run = {}, { cause = lease.cause, generation = lease.number, names = lease.names, proofs = {} }
  for _, delivery in ipairs(zone.deliveries) do
    before[delivery] = delivery:publication()
  end
  if host.policy.pool == "rotate" then
    zone.outdated = true
  end
  local done, ok, err = xpcall(proceed, debug.traceback, zone, run, host)
  if not done then
    ok, err, zone.outdated = nil, uerror.from(ok), true
    host.log:error("%s %s", zone.name, err.message)
  end
  settle_proofs(zone, run, host)
  canary.consider(zone, host)
  for _, delivery in ipairs(zone.deliveries) do
    delivery:want(delivery:publication() ~= before[delivery])
  end
  return ok, err
end

return M
