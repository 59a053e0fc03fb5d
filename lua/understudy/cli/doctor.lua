--- doctor: looks at everything around understudy that can be wrong, and says what to do. It changes nothing.
--
-- Each group is a module beside this one: look(context, say), which calls say(state, what, message, action?). Those of
-- a stage look at the same time, and need only what stages before have found out. None keeps the others from looking.

local cli_policy = require "understudy.cli.policy"
local cqueues = require "cqueues"
local expand = require "understudy.expand"
local log = require "understudy.log"
local members = require "understudy.policy.members"
local task = require "understudy.task"
local units = require "understudy.units"

local M = {}

-- In the order of what is printed.
local GROUPS <const> = { "policy", "system", "state", "store", "listen", "resolvers", "sources", "targets" }
-- Who looks when, and the seconds after which those who still wait are left alone: they bound the whole command.
local STAGES <const> = {
  { seconds = 7, "policy", "state", "store" }, -- libpq takes 5 to give up
  { seconds = 5, "system", "listen", "resolvers", "sources", "targets" },
}
local TO_TELL <const> = 0.5 -- seconds of these for a group to say whom it waited for

local WORDS <const> = { ok = "ok", warning = "warning", fault = "FAULT" }

---@class understudy.DoctorFinding
---@field group string
---@field what string     that was looked at
---@field state "ok"|"warning"|"fault"
---@field message string  how it is, or what is wrong and what follows
---@field action? string  what to do

---@class understudy.DoctorContext
---@field policy understudy.Policy
---@field deadline number    of the stage, in the time of cqueues.monotime
---@field daemon? table      what a running one says of itself
---@field holder? integer    the process that has the state folder
---@field newest? number     when the newest publication was made
---@field alias? string      a name that an ALIAS leads to
---@field readable? boolean  whether the store can be read

function M.arguments(parser)
  cli_policy.option(parser)
  parser:flag("--json", "Answer as JSON.")
end

local function with_traceback(err)
  return debug.traceback(tostring(err), 2)
end

-- Has a group look, whatever comes of it. Gives what it found, a list that grows, with `done` in the end.
local function start(queue, name, context)
  local found = {}
  local function say(state, what, message, action)
    found[#found + 1] = { group = name, what = what, state = state, message = message, action = action }
  end
  task.spawn(queue, "doctor", function()
    local ok, problem = xpcall(require("understudy.cli.doctor." .. name).look, with_traceback, context, say)
    if not ok then
      say("fault", name, "it can't be looked at: " .. problem:match "[^\n]*", "report this with what "
        .. "UNDERSTUDY_TRACEBACK=1 shows: it is a fault of understudy")
      if os.getenv "UNDERSTUDY_TRACEBACK" then
        io.stderr:write(problem, "\n")
      end
    end
    found.done = true
  end, log.new())
  return found, say
end

local function all_done(groups)
  for _, found in pairs(groups) do
    if not found.done then
      return false
    end
  end
  return true
end

-- Has the groups of a stage look, and adds what they found.
local function run_stage(stage, context, findings)
  local queue, groups, says = cqueues.new(), {}, {}
  local over = cqueues.monotime() + stage.seconds
  context.deadline = over - TO_TELL
  for _, name in ipairs(stage) do
    groups[name], says[name] = start(queue, name, context)
    findings[name] = groups[name]
  end
  local left = stage.seconds
  while left > 0 and not all_done(groups) do
    assert(queue:step(left))
    left = over - cqueues.monotime()
  end
  for name, found in pairs(groups) do
    if not found.done then
      says[name]("fault", name, ("not looked at to the end within %s"):format(units.span(stage.seconds)),
        "look whether a disk or a server that it needs hangs")
    end
  end
end

-- The policy with the zones that its catalogs list, if they can be known.
local function expanded(context)
  local policy = context.policy
  if not context.readable or #members.catalogs(policy) == 0 then
    return policy
  end
  local store <close> = cli_policy.store(policy)
  return store and expand.by_store(policy, store) or policy
end

-- All findings in the order of the groups, and how many there are of each state.
local function look(context)
  local by_group, list, counts = {}, {}, { ok = 0, warning = 0, fault = 0 }
  for _, stage in ipairs(STAGES) do
    run_stage(stage, context, by_group)
    context.policy = expanded(context)
  end
  for _, name in ipairs(GROUPS) do
    for _, finding in ipairs(by_group[name]) do
      list[#list + 1] = finding
      counts[finding.state] = counts[finding.state] + 1
    end
  end
  return list, counts
end

local function print_text(out, list, counts)
  for _, finding in ipairs(list) do
    out:line("%-7s  %-9s  %s: %s", WORDS[finding.state], finding.group, finding.what,
      (finding.message:gsub("%s*\n%s*", "; ")))
    if finding.action then
      out:line("%20s→ %s", "", finding.action)
    end
  end
  out:line("%s, %s, %d ok", units.count(counts.fault, "fault"), units.count(counts.warning, "warning"), counts.ok)
end

function M.run(args, console)
  local policy, err = cli_policy.load(args.policy)
  if not policy then
    return nil, err
  end
  local list, counts = look { policy = policy }
  if args.json then
    console.out:json(list)
  else
    print_text(console.out, list, counts)
  end
  return counts.fault == 0 and 0 or 1
end

return M
