--- key: TSIG keys: makes them, lists them, and prints what a secondary needs to use one.

local core = require "understudy.core"
local cli_secondary = require "understudy.cli.secondary"
local key = require "understudy.policy.key"
local lfs = require "lfs"
local shell = require "understudy.shell"
local uerror = require "understudy.error"

local M = {}

function M.arguments(parser)
  parser:command_target "action"
  local new = parser:command("new", "Make a key with a fresh secret.")
  new:argument("name", "Its name, the same on both sides."):argname "NAME"
  new:option("--algorithm", "hmac-sha256 (default), hmac-sha384 or hmac-sha512."):argname "ALGORITHM"
    :choices(key.ALGORITHMS)
  new:option("--out", "File to write (default: NAME.key)."):argname "FILE"
  local list = parser:command("list", "List the keys of a folder.")
  list:argument("folder", "Where *.key files are (default: here)."):argname "DIR":args "?"
  local show = parser:command("show", "Show a key, or what a secondary needs to use it.")
  show:argument("file", "File of the key."):argname "FILE"
  cli_secondary.options(show)
  for _, command in ipairs { new, list, show } do
    command:flag("--json", "Answer as JSON.")
  end
end

local function new(args, console)
  local fields = key.fresh(args.name, args.algorithm)
  local made, err = core.key(fields)
  if not made then
    return nil, err
  end
  local path = args.out or args.name:gsub("%.$", "") .. ".key"
  if lfs.attributes(path) then
    return uerror.fail("exists", "%s: exists already; nothing was written", path)
  end
  local ok, problem = core.create_file(path, key.text(fields), true)
  if not ok then
    return nil, problem
  elseif args.json then
    console.out:json { file = path, name = made.name, algorithm = made.algorithm }
  else
    console.out:line("wrote %s: key %s %s", path, made.name, made.algorithm)
    console.out:line("for the policy, relative to its folder: key = key %q", path)
    console.out:line("for the secondary: understudy key show %s --for nsd, or knot, bind, powerdns", shell.word(path))
  end
  return 0
end

-- Every key file of a folder, and what is wrong with it, if something is.
local function keys_of(folder)
  local list = {}
  for name in lfs.dir(folder) do
    if name:find "%.key$" then
      local path = folder == "." and name or folder .. "/" .. name
      local made, err = key.read(path, { sha1 = true })
      list[#list + 1] = {
        file = path, name = made and made.name, algorithm = made and made.algorithm,
        error = err and err.message,
      }
    end
  end
  table.sort(list, function(a, b)
    return a.file < b.file
  end)
  return list
end

local function list(args, console)
  local folder = args.folder or "."
  if lfs.attributes(folder, "mode") ~= "directory" then
    return uerror.fail("absent", "%s: is no folder", folder)
  end
  local keys, status = keys_of(folder), 0
  local rows = {}
  for i, entry in ipairs(keys) do
    status = entry.error and 1 or status
    rows[i] = { entry.file, entry.name or "-", entry.error or entry.algorithm }
  end
  if args.json then
    console.out:json(keys)
  else
    console.out:columns(rows)
  end
  return status
end

-- A key, and what its file says.
local function read(path)
  local text, err = key.slurp(path)
  if not text then
    return nil, err
  end
  local made, fault = key.parse(text, path, { sha1 = true })
  if not made then
    return nil, fault
  end
  return made, key.fields(text, path)
end

local function show(args, console)
  local made, fields = read(args.file)
  if not made then
    return nil, fields
  elseif #args.kinds > 0 then
    return cli_secondary.print(args, fields, console)
  elseif args.json then
    console.out:json { file = args.file, name = made.name, algorithm = made.algorithm }
  else
    console.out:line("key %s %s", made.name, made.algorithm)
  end
  return 0
end

local ACTIONS <const> = { new = new, list = list, show = show }

function M.run(args, console)
  return ACTIONS[args.action](args, console)
end

return M
