--- print: a zone file in canonical form.

local cli_zone = require "understudy.cli.zone"

local M = { summary = "Print a zone file's records in canonical form." }

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname "FILE"
  cli_zone.origin_option(parser)
end

function M.run(args, console)
  local zone, err = cli_zone.read(args.file, args.origin, console.input)
  if not zone then
    return nil, err
  end
  cli_zone.print(zone, console.out)
  return 0
end

return M
