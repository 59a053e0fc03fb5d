--- diff: what changes between two zone files.

local cli_zone = require "understudy.cli.zone"

local M = {}

function M.arguments(parser)
  parser:argument("old", "Zone file, or - for standard input."):argname "OLD"
  parser:argument("new", "Zone file, or - for standard input."):argname "NEW"
  cli_zone.origin_option(parser)
  parser:option("--format", "text (default), json, or nsupdate: a script for nsupdate(1).")
    :argname "FORMAT":choices { "text", "json", "nsupdate" }:default "text":show_default(false)
  parser:flag("--json", "The same as --format json.")
end

local function write(diff, format, out)
  if format == "json" then
    out:json(diff:totable())
  elseif #diff > 0 then
    local text, err
    if format == "nsupdate" then
      text, err = diff:nsupdate()
    else
      text, err = diff:text()
    end
    if not text then
      return nil, err
    end
    out:write(text)
  end
  return true
end

function M.run(args, console)
  local old, new, diff, err
  old, err = cli_zone.read(args.old, args.origin, console.input)
  if not old then
    return nil, err
  end
  new, err = cli_zone.read(args.new, args.origin, console.input)
  if not new then
    return nil, err
  end
  diff, err = old:diff(new)
  if not diff then
    return nil, err
  end
  local ok
  ok, err = write(diff, args.json and "json" or args.format, console.out)
  if not ok then
    return nil, err
  end
  return #diff > 0 and 1 or 0
end

return M
