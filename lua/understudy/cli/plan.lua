--- plan: what a publication would change. Reads everything, writes nothing.

local alias = require "understudy.policy.alias"
local cli_findings = require "understudy.cli.findings"
local cli_policy = require "understudy.cli.policy"
local cli_resolver = require "understudy.cli.resolver"
local chain = require "understudy.store.chain"
local doubt = require "understudy.sync.doubt"
local judge = require "understudy.sync.judge"
local names = require "understudy.sync.names"
local publish = require "understudy.sync.publish"
local pull = require "understudy.sync.pull"
local shell = require "understudy.shell"

local M = {}

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  cli_policy.option(parser)
  parser:flag("--json", "Answer as JSON.")
end

---@class understudy.Step
---@field zone string
---@field action "publish"|"none"|"refused"
---@field from? integer    the serial that is published now
---@field to? integer      the serial of the next publication
---@field records? integer that it holds
---@field state? string    why it is refused, in a word
---@field why? string      the same in a sentence
---@field findings table[]
---@field plan? string     the hash to approve it by, if that can be done
---@field diff? any        from the last publication to the next

-- The answers that the daemon remembers.
local function remembered(policy, store)
  local answers = judge.answers(policy)
  local ok, err = store:each_answer(function(answer)
    answers:restore(answer)
  end)
  return ok and answers, err
end

-- Looks up what is not remembered of the targets.
local function complete(answers, targets, policy)
  local unknown, servers = {}, {}
  for _, target in ipairs(targets) do
    if not answers:get(target, "A") or not answers:get(target, "AAAA") then
      unknown[#unknown + 1] = target
    end
  end
  for i, server in ipairs(policy.resolver or {}) do
    servers[i] = server.text
  end
  if #unknown == 0 then
    return true
  end
  local lookups, err = cli_resolver.lookups(cli_resolver.questions(unknown), alias.resolver(
    policy.alias, #servers > 0 and servers or nil))
  for _, lookup in ipairs(lookups or {}) do
    answers:learn(lookup, os.time())
  end
  return lookups and true, err
end

-- What the store knows of a zone, as far as judging needs it.
local function remembered_zone(store, zone)
  local zone_name, member = zone.name, zone.member
  local zones, err = chain.newest(store, zone_name)
  local waivers, problem = store:waivers { zone_name }
  local acknowledgements, trouble = store:acknowledgements { zone_name }
  if not zones or not waivers or not acknowledgements then
    return nil, err or problem or trouble
  end
  local last = zones.publication
  return {
    publication = last and { zone = last, serial = last.serial, hash = last.hash },
    accepted = not (member and member.renewed) and zones.accepted or nil,
    waiver = waivers[zone_name],
    acknowledgements = acknowledgements[zone_name],
  }
end

local function judgement(zone, known, answers, policy)
  local pulled, err = pull.whole(zone.source, zone.name)
  if not pulled then
    return judge.unreadable(err)
  end
  local ok
  ok, err = complete(answers, pulled.zone:targets { pool = policy.pool, redirect = policy.redirect }, policy)
  if not ok then
    return judge.unreadable(err)
  end
  local now, last = os.time(), known.publication
  local accepted = known.accepted and { zone = known.accepted }
  local seen = doubt.look(nil, { source = zone.source, accepted = accepted, pulled = pulled, at = now }, names.none())
  local doubts = doubt.list(seen, zone.source, policy.guard, now)
  -- As in understudy.sync.worker: where nothing is accepted, what is published is of another zone.
  return judge.judge(pulled.zone, accepted and last and last.zone, judge.options(policy, answers, now, zone.checks), {
    accepted = known.accepted,
    doubts = doubts.why,
    waiver = known.waiver and known.waiver.plan,
    acknowledgements = known.acknowledgements,
    ids = pulled.ids,
    now = now,
  })
end

local function plan_zone(zone, store, answers, policy)
  local known, err = remembered_zone(store, zone)
  if not known then
    return nil, err
  end
  local last = known.publication
  local judged = judgement(zone, known, answers, policy)
  local step = {
    zone = zone.name, action = "refused", from = last and last.serial,
    state = judged.state, why = judged.why, plan = judged.plan, findings = judged.findings.list,
  }
  local flat = judged.flat or judged.proposal
  local next_one = flat and publish.next(flat, last, "plan", 0, zone.zonemd)
  if next_one then
    step.to, step.records = next_one.serial, #next_one.zone
    step.diff = last and last.zone:diff(next_one.zone)
  end
  if judged.flat then
    step.action = next_one and "publish" or "none"
  end
  return step
end

local function headline(step)
  if step.action == "refused" then
    return ("%s: %s"):format(step.state, step.why)
  elseif step.action == "none" then
    return ("nothing to do, serial %d is up to date"):format(step.from)
  elseif step.from then
    return ("would publish serial %d in place of %d"):format(step.to, step.from)
  end
  return ("would publish serial %d, the first, with %d records"):format(step.to, step.records)
end

local function print_text(out, steps)
  for _, step in ipairs(steps) do
    out:line("%s  %s", step.zone, headline(step))
    cli_findings.print(out, step.findings, "  ", step.zone)
    if step.diff then
      out:write(step.diff:text())
    end
    if step.plan then
      out:line("to publish this and nothing else: understudy approve %s %s", shell.word(step.zone), step.plan)
    end
  end
end

local function print_json(out, steps)
  for _, step in ipairs(steps) do
    step.diff = step.diff and step.diff:totable()
  end
  out:json { zones = steps }
end

function M.run(args, console)
  local policy, zones, store, answers, err
  policy, zones, err = cli_policy.load_zones(args)
  if not policy then
    return nil, err
  end
  store, err = cli_policy.store(policy)
  if not store then
    return nil, err
  end
  answers, err = remembered(policy, store)
  if not answers then
    return nil, err
  end
  local steps, status = {}, 0
  for i, zone in ipairs(zones) do
    steps[i], err = plan_zone(zone, store, answers, policy)
    if not steps[i] then
      return nil, err
    end
    status = steps[i].action ~= "none" and 1 or status
  end
  local show = args.json and print_json or print_text
  show(console.out, steps)
  return status
end

return M
