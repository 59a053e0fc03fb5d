--- check: what is wrong with a zone file, or by which rules that is told.

local checks = require "understudy.reference.checks"
local cli_zone = require "understudy.cli.zone"
local core = require "understudy.core"
local error = require "understudy.error"

local M = {}

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname("FILE"):args "?"
  cli_zone.origin_option(parser)
  parser:flag("--rules", "List all rules instead.")
  parser:flag("--json", "Report as JSON.")
end

local function print_text(out, report, zone)
  if #report > 0 then
    out:write(report:text())
  else
    out:line("%s: no findings", tostring(zone))
  end
end

local function print_json(out, report, zone)
  local result = report:totable()
  result.findings = result.findings or {}
  if zone then
    result.zone, result.serial, result.records = zone.origin, zone.serial, #zone
  end
  out:json(result)
end

local function print_rules(out, as_json)
  if as_json then
    out:json { rules = core.rules() }
  else
    out:write(checks.list())
  end
  return 0
end

function M.run(args, console)
  if args.rules then
    return print_rules(console.out, args.json)
  elseif not args.file then
    return error.fail("usage", "missing argument 'file'")
  end
  local zone, err = cli_zone.read(args.file, args.origin, console.input)
  local report
  if zone then
    report, err = zone:check()
  else
    report = err.report
  end
  if not report then
    return nil, err
  end
  local show = args.json and print_json or print_text
  show(console.out, report, zone)
  return report.errors > 0 and 1 or 0
end

return M
