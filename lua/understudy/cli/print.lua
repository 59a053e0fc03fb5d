--- print: a zone file in canonical form.

local cli_zone = require "understudy.cli.zone"

local M = {}

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname "FILE"
  cli_zone.origin_option(parser)
  parser:flag("--json", "Print as JSON.")
end

function M.run(args, console)
  local zone, err = cli_zone.read(args.file, args.origin, console.input)
  if not zone then
    return nil, err
  end
  if args.json then
    console.out:json(cli_zone.totable(zone))
  else
    cli_zone.print(zone, console.out)
  end
  return 0
end

return M
