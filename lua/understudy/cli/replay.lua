--- replay: tries a policy on what was pulled, resolved and decided, and shows what would have come out otherwise. Reads
-- the store, and touches nothing else.

local cli_policy = require "understudy.cli.policy"
local replay = require "understudy.sync.replay"
local units = require "understudy.units"

local M = {}

local LINES_SHOWN <const> = 10 -- of a diff

function M.arguments(parser)
  cli_policy.zones_argument(parser)
  parser:option("--policy", "The policy to try."):argname "FILE":count(1)
  parser:option("--since", "How far back, such as 7d (default)."):argname "TIME":default "7d":show_default(false)
    :convert(units.duration)
  parser:option("--current", "The policy in use, whose store is read (default: understudy.lua here, else that of the "
    .. "system, else the one to try)."):argname "FILE"
  parser:flag("--json", "Answer as JSON.")
end

-- The store of the policy in use.
local function open(args, tried)
  local current, err = tried, nil
  if args.current or cli_policy.exists() then
    current, err = cli_policy.load(args.current)
  end
  if not current then
    return nil, err
  end
  return cli_policy.store(current)
end

local function was_text(was)
  local served = was.serial and ("serial %d served"):format(was.serial) or "nothing served"
  return was.state == "ok" and served or ("%s, %s: %s"):format(was.state, served, was.why)
end

local function would_text(difference)
  local would, diff = difference.would, difference.diff
  local served = would.records and units.count(would.records, "record") .. " served" or "nothing served"
  local other = diff and (" (%d added, %d removed)"):format(diff.added, diff.removed) or ""
  return would.state == "ok" and served .. other or ("%s, %s%s: %s"):format(would.state, served, other, would.why)
end

local function print_diff(out, diff)
  local shown = 0
  for line in diff:text():gmatch "[^\n]+" do
    if shown == LINES_SHOWN then
      out:line("      …")
      return
    end
    shown = shown + 1
    out:line("      %s", line)
  end
end

local function print_replay(out, result)
  local count = #result.differences
  out:line("%s  %s, %s%s", result.zone, units.count(result.decisions, "decision"),
    count == 0 and "nothing would have come out otherwise" or units.count(count, "difference"),
    result.from and (" (what is kept begins %s)"):format(units.time(result.from)) or "")
  for _, difference in ipairs(result.differences) do
    out:line("  %s  %s", units.time(difference.at), difference.cause)
    out:line("    was:   %s", was_text(difference.was))
    out:line("    would: %s", would_text(difference))
    if difference.diff then
      print_diff(out, difference.diff)
    end
  end
  if #result.unknown > 0 then
    out:line("  nobody ever asked for %s: what would have come of it can't be told", table.concat(result.unknown, ", "))
  end
  if #result.late > 0 then
    out:line("  of %s nothing so old is kept: what was known first stands for it", table.concat(result.late, ", "))
  end
end

local function print_json(out, since, results)
  for _, result in ipairs(results) do
    for _, difference in ipairs(result.differences) do
      difference.diff = difference.diff and difference.diff:totable()
    end
  end
  out:json { since = since, zones = results }
end

function M.run(args, console)
  local policy, zones, err = cli_policy.load_zones(args)
  if not policy then
    return nil, err
  end
  local store <close>, problem = open(args, policy)
  if not store then
    return nil, problem
  end
  local now, results, status = os.time(), {}, 0
  local since = now - args.since
  for i, zone in ipairs(zones) do
    results[i], err = replay.zone(store, zone, policy, since, now)
    if not results[i] then
      return nil, err
    end
    status = #results[i].differences > 0 and 1 or status
    if not args.json then
      print_replay(console.out, results[i])
      results[i] = { zone = zone.name }
    end
  end
  if args.json then
    print_json(console.out, since, results)
  end
  return status
end

return M
