--- reload: has the daemon read its policy again, and shows what that changes.

local ask = require "understudy.cli.ask"
local cli_policy = require "understudy.cli.policy"
local folder = require "understudy.store.folder"
local units = require "understudy.units"

local M = {}

local ANSWER_WITHIN <const> = 90 -- seconds
local NAMES_SHOWN <const> = 20

function M.arguments(parser)
  cli_policy.option(parser)
  parser:flag("--plan", "Only show what would change.")
  parser:flag("--json", "Answer as JSON.")
end

-- A line for each name, as many as a person reads.
local function print_names(out, sign, names, remark)
  for i = 1, math.min(#names, NAMES_SHOWN) do
    local name = names[i]
    out:line("  %s %s", sign, type(name) == "table" and ("%s: %s"):format(name.name, table.concat(name.what, ", "))
      or name .. remark)
  end
  if #names > NAMES_SHOWN then
    out:line("  %s … and %d more", sign, #names - NAMES_SHOWN)
  end
end

--- Writes a plan for people.
---@param out understudy.Output
---@param plan understudy.PolicyPlan
---@param dry boolean whether it is not carried out
local function print_plan(out, plan, dry)
  local zones, targets = plan.zones, plan.targets
  local changes = #zones.added + #zones.removed + #zones.changed + #plan.settings + #plan.restart
  out:line("%s: %s", plan.file, changes == 0 and "nothing changes" or dry and "would be taken up" or "taken up")
  print_names(out, "+ zone", zones.added, "")
  print_names(out, "- zone", zones.removed, "  (not served and not delivered any more; what the store has of it stays)")
  print_names(out, "~ zone", zones.changed, "")
  out:line("    %s as before", units.count(zones.same, "zone"))
  print_names(out, "+ target", targets.added, "")
  print_names(out, "- target", targets.removed, "")
  print_names(out, "~ target", targets.changed, "")
  if #plan.settings > 0 then
    out:line("  settings that change: %s%s", table.concat(plan.settings, ", "),
      plan.judge and "; all zones are judged again" or "")
  end
  if #plan.restart > 0 then
    out:line("  only a restart changes: %s", table.concat(plan.restart, ", "))
  end
end

function M.run(args, console)
  local state, err = cli_policy.state(args.policy)
  if not state then
    return nil, err
  end
  local client = require "understudy.server.http.client"
  local plan
  plan, err = client.request(folder.socket(state), "POST", "/v1/reload", ANSWER_WITHIN,
    { who = ask.who(), dry = args.plan })
  if not plan and err.code == "absent" and err.message:find "^no understudy listens" then
    local policy, problem = cli_policy.load(args.policy)
    if not policy then
      return nil, problem
    end
    console.err:write("understudy: no daemon runs with the state folder ", state, "; ", policy.file,
      " is sound and is read when one starts\n")
    return 1
  elseif not plan and err.code == "policy" then
    console.err:write(err.message, "\nunderstudy: the policy from before stays in use\n")
    return 1
  end
  return ask.show(args, console, plan, err, function(out, answer)
    print_plan(out, answer, args.plan)
  end)
end

return M
