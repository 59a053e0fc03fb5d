--- store: looks after what a policy's daemon remembers: checks it, writes it as text, reads that, brings its tables up
--- to date.

local cli_policy = require "understudy.cli.policy"
local database = require "understudy.store.database"
local folder = require "understudy.store.folder"
local lock = require "understudy.store.lock"
local schema = require "understudy.store.schema"
local uerror = require "understudy.error"
local units = require "understudy.units"

local M = {}

local BLOCK <const> = 65536
local LINE_MAX <const> = 512 * 1024 * 1024 -- a zone is one line

function M.arguments(parser)
  parser:command_target "action"
  for _, action in ipairs {
    { "check", "Look whether all that is stored is whole." },
    { "export", "Write the store as lines of text." },
    { "import", "Fill an empty store from such lines." },
    { "migrate", "Bring the tables of the store up to date." },
  } do
    local sub = parser:command(action[1], action[2])
    cli_policy.option(sub)
    if action[1] == "import" then
      sub:argument("file", "What export has written; - is standard input."):argname "FILE"
    end
    if action[1] ~= "export" then
      sub:flag("--json", "Answer as JSON.")
    end
  end
end

-- The lines of a file, without their ends. What is longer than any that export writes ends them.
local function lines_of(file)
  local block, at = "", 1
  return function()
    local parts, octets = {}, 0
    while true do
      local stop = block:find("\n", at, true)
      parts[#parts + 1] = block:sub(at, stop and stop - 1)
      octets, at = octets + #parts[#parts], stop and stop + 1 or 1
      if stop then
        return table.concat(parts)
      elseif octets > LINE_MAX then
        return nil
      end
      block = file:read(BLOCK) or ""
      if block == "" then
        return octets > 0 and table.concat(parts) or nil
      end
    end
  end
end

-- The store of a policy for reading.
local function open(policy, options)
  local target, lost = folder.store(policy)
  if not target then
    return nil, lost
  end
  options.readonly = true
  return database.open(target, options)
end

-- Runs fn(path) while no daemon of this machine can have the store.
local function alone(policy, fn)
  if policy.store then
    return fn(policy.store) -- the database itself sees to it
  end
  local held <close>, err = lock.take(policy.state)
  if not held then
    return nil, err
  end
  return fn(folder.database(policy.state))
end

local ACTIONS <const> = {}

function ACTIONS.check(policy, args, console)
  local db <close>, err = open(policy, {})
  if not db then
    return nil, err
  end
  local faults = {}
  local counts, problem = require("understudy.store.check").run(db, function(fault)
    faults[#faults + 1] = fault
    if not args.json then
      console.out:line("%s %s: %s", fault.zone, fault.place, fault.message)
    end
  end)
  if not counts then
    return nil, problem
  elseif args.json then
    console.out:json { counts = counts, faults = faults }
  else
    console.out:line("%s, %s and %s looked at: %s", units.count(counts.zones, "zone"),
      units.count(counts.publications, "publication"), units.count(counts.pulls, "pull"),
      counts.faults == 0 and "all whole" or units.count(counts.faults, "fault"))
  end
  return counts.faults == 0 and 0 or 1
end

function ACTIONS.export(policy, _, console)
  local db <close>, err = open(policy, { any_format = true })
  if not db then
    return nil, err
  end
  local count
  count, err = require("understudy.store.dump").export(db, function(text)
    console.out:write(text)
  end)
  return count and 0, err
end

-- Fills the store at `path` from a file.
local function import(path, file)
  local dump, lines = require "understudy.store.dump", lines_of(file)
  local head = lines()
  local format, err = dump.read_head(head)
  if not format then
    return nil, err
  elseif format > #schema.migrations then
    return uerror.fail("refused", "it was written by a newer understudy (format %d, this one knows %d)", format,
      #schema.migrations)
  end
  local db <close>, problem = database.open(path, { last_step = format })
  if not db then
    return nil, problem
  elseif db:format() ~= format then
    return uerror.fail("refused", "%s has tables of format %d, and the file is of format %d: import it into a new one",
      db.name, db:format(), format)
  end
  local count
  count, err = dump.import(db, head, lines)
  if count then
    format, err = db:migrate()
  end
  return format and count, err
end

-- Calls fn with an open file.
local function with_input(name, console, fn)
  if name == "-" then
    return fn(console.input)
  end
  local file <close>, reason = io.open(name, "rb")
  if not file then
    return uerror.fail("absent", "%s", reason)
  end
  return fn(file)
end

function ACTIONS.import(policy, args, console)
  local count, err = with_input(args.file, console, function(file)
    return alone(policy, function(path)
      return import(path, file)
    end)
  end)
  if not count then
    return nil, err.code == "syntax" and uerror.new { code = "syntax", message = args.file .. ": " .. err.message }
      or err
  elseif args.json then
    console.out:json { rows = count }
  else
    console.out:line("%s taken in; to look at them: understudy store check", units.count(count, "row"))
  end
  return 0
end

function ACTIONS.migrate(policy, args, console)
  local before, err = alone(policy, function()
    local target, lost = folder.store(policy)
    if not target then
      return nil, lost
    end
    local db <close>, problem = database.open(target, { last_step = 0 })
    if not db then
      return nil, problem
    end
    return db:migrate()
  end)
  if not before then
    return nil, err
  end
  local now = #schema.migrations
  if args.json then
    console.out:json { before = before, now = now }
  elseif before == now then
    console.out:line("the store has format %d, the newest", now)
  else
    console.out:line("the store had format %d and has format %d now", before, now)
  end
  return 0
end

function M.run(args, console)
  local policy, err = cli_policy.load(args.policy)
  if not policy then
    return nil, err
  end
  local status
  status, err = ACTIONS[args.action](policy, args, console)
  if not status and (err.code == "refused" or err.code == "busy") then
    console.err:write("understudy: ", err.message, "\n")
    return 1
  end
  return status, err
end

return M
