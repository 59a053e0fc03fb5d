--- acknowledge: accepts a finding about a zone until a time, for the record.

local ask = require "understudy.cli.ask"
local units = require "understudy.units"

local M = {}

local DAY <const> = 86400

-- The end of a day in UTC, "2026-12-31", or a time from now on, "30d".
local function read_until(text)
  local year, month, day = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  if not year then
    local seconds = units.duration(text)
    return seconds and os.time() + seconds,
      ("'%s' is neither a date such as 2026-12-31 nor a time such as 30d"):format(text)
  end
  local noon = os.time { year = year, month = month, day = day, hour = 12 }
  if os.date("%Y-%m-%d", noon) ~= text then
    return nil, ("there is no day %s"):format(text)
  end
  local parts = os.date("!*t", noon)
  return noon - parts.hour * 3600 - parts.min * 60 - parts.sec + DAY
end

function M.arguments(parser)
  ask.arguments(parser)
  parser:argument("fingerprint", "That of the finding, as 'understudy status' shows it."):argname "FINGERPRINT"
  parser:option("--why", "Why it is accepted."):argname "TEXT"
  parser:option("--until", "When it counts again: a date, whose day is still covered, or a time from now on.")
    :argname "DATE|TIME":convert(read_until)
  parser:option("--by", "Who accepts it (default: you)."):argname "NAME"
  parser:flag("--withdraw", "Let it count again now.")
end

local function request(args)
  local who = args.by or ask.who()
  if args.withdraw then
    return { method = "POST", rest = "/withdraw", body = { who = who, fingerprint = args.fingerprint } }
  end
  return { method = "POST", rest = "/acknowledge", work = true, body = {
    who = who, fingerprint = args.fingerprint, reason = args.why, ["until"] = args["until"],
  } }
end

function M.run(args, console)
  if not args.withdraw and not (args.why and args["until"]) then
    return require("understudy.error").fail("usage", "an acknowledgement needs --why and --until")
  end
  local answer, err = ask.zone(args, request(args))
  return ask.show(args, console, answer, err, function(out, zone)
    if args.withdraw then
      out:line("%s counts again: %s is %s", args.fingerprint, zone.name, zone.state)
    else
      out:line("%s is acknowledged until %s: %s is %s, serial %s", args.fingerprint, units.time(args["until"]),
        zone.name, zone.state, zone.serial or "none")
    end
  end)
end

return M
