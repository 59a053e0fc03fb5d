--- flatten: a zone file with ALIAS, POOL and URL turned into standard records, as the daemon would publish it.

local cli_answers = require "understudy.cli.answers"
local cli_findings = require "understudy.cli.findings"
local cli_resolver = require "understudy.cli.resolver"
local cli_settings = require "understudy.cli.settings"
local cli_zone = require "understudy.cli.zone"
local error_object = require "understudy.error"
local judge = require "understudy.sync.judge"
local output = require "understudy.cli.output"

local M = {}

local function time(text)
  local seconds = math.tointeger(tonumber(text))
  if not seconds or seconds < 0 then
    return nil, ("'%s' is not a number of seconds since 1970"):format(text)
  end
  return seconds
end

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname "FILE"
  cli_zone.origin_option(parser)
  cli_resolver.option(parser)
  cli_settings.options(parser)
  parser:option("--region", "Publish the records of this $REGION too; all: those of every one."):argname "CODE"
  parser:option("--answers", "Remember answers in FILE from run to run."):argname "FILE"
  parser:option("--now", "Take this for the time of day."):argname "SECONDS":convert(time)
  parser:flag("--json", "Answer as JSON, findings and answers included.")
end

-- What is not remembered of the targets, or due.
local function due(targets, answers, now)
  local questions = {}
  for _, question in ipairs(cli_resolver.questions(targets)) do
    local answer = answers:get(question[1], question[2])
    if not answer or answer.next_refresh <= now then
      questions[#questions + 1] = question
    end
  end
  return questions
end

-- The memory of answers, with all that the targets need, written down before it is used.
local function answers_for(targets, policy, args, now)
  local answers = judge.answers(policy)
  local lookups, ok, err
  if args.answers then
    ok, err = cli_answers.read(args.answers, answers)
    if not ok then
      return nil, err
    end
  end
  lookups, err = cli_resolver.lookups(due(targets, answers, now), cli_resolver.options(args, policy.alias))
  if not lookups then
    return nil, err
  end
  for _, lookup in ipairs(lookups) do
    answers:learn(lookup, now)
  end
  if args.answers then
    ok, err = cli_answers.write(args.answers, answers)
    if not ok then
      return nil, err
    end
  end
  return answers
end

-- What is known of the targets of the zone.
local function answers_of(targets, answers)
  local list = {}
  for _, question in ipairs(cli_resolver.questions(targets)) do
    list[#list + 1] = answers:get(question[1], question[2])
  end
  return list
end

-- The flat zone to standard output and the findings to standard error; with --json both to the first.
local function write(judgement, targets, answers, args, console)
  local flat, findings = judgement.flat, judgement.findings
  if args.json then
    local answer = flat and cli_zone.totable(flat) or {}
    answer.findings = { errors = findings.errors, warnings = findings.warnings, findings = findings.list }
    answer.answers = answers_of(targets, answers)
    console.out:json(answer)
    return
  end
  local err = output.new(console.err)
  cli_findings.print(err, findings.list, "")
  err:flush()
  if flat then
    cli_zone.print(flat, console.out)
  end
end

function M.run(args, console)
  local now = args.now or os.time()
  local policy, problem = cli_settings.policy(args)
  if not policy then
    return error_object.fail("usage", "%s", problem)
  end
  local zone, err = cli_zone.read(args.file, args.origin, console.input, args.region)
  if not zone then
    return nil, err
  end
  local targets = zone:targets { pool = policy.pool, redirect = policy.redirect }
  local answers
  answers, err = answers_for(targets, policy, args, now)
  if not answers then
    return nil, err
  end
  local judgement = judge.judge(zone, nil, judge.options(policy, answers, now))
  write(judgement, targets, answers, args, console)
  return judgement.flat and 0 or 1
end

return M
