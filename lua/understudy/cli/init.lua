--- cli: the command line. Reads the arguments, runs one subcommand, turns what comes out into an
--- exit status: 0 done or clean, 1 findings, differences or a refused plan, 2 wrong usage or
--- unreadable input.
--
-- A subcommand is a module beside this one: { arguments = function(parser),
-- run = function(args, console) → status | nil, err }. Only the one that is asked for is loaded.

local argparse = require "argparse"
local output = require "understudy.cli.output"
local version = require "understudy.version"

local M = {}

-- In the order of the help.
local COMMANDS <const> = {
  { "check", "Check a zone file and report all findings." },
  { "print", "Print a zone file's records in canonical form." },
  { "diff", "Compare two zone files." },
  { "flatten", "Turn ALIAS, POOL and URL into standard records." },
  { "resolve", "Show what an ALIAS to a name would publish, and why." },
  { "pull", "Transfer a zone from a name server, once." },
  { "plan", "Show what would be published, without publishing it." },
  { "sync", "Publish and deliver zones now, and wait until they are served." },
  { "run", "Keep the secondaries in step until stopped." },
  { "reload", "Have the daemon read the policy again." },
  { "status", "Show the state of zones and their secondaries." },
  { "verify", "Compare what name servers really serve with what was published." },
  { "preset", "Show what is known of secondary DNS providers, and check it." },
  { "key", "Make, list and show TSIG keys." },
  { "history", "List what was published of a zone." },
  { "explain", "Show what led to what is served." },
  { "replay", "Try a policy on what was pulled and decided." },
  { "approve", "Publish a plan that is held." },
  { "acknowledge", "Accept a finding until a time." },
  { "freeze", "Hold a zone as it is published." },
  { "thaw", "Let a frozen zone go on." },
  { "rollback", "Publish an earlier version again, and freeze the zone." },
  { "store", "Check, export, import or migrate what is remembered." },
  { "doctor", "Look at everything around understudy that can be wrong." },
  { "init", "Write a first policy, zone file and key." },
  { "repl", "Explore zones in Lua." },
}

---@class understudy.Console
---@field out understudy.Output
---@field err file*
---@field input file*

-- This module has the name that the one of `init` would have.
local MODULES <const> = { init = "starter" }

local function command(name)
  return require("understudy.cli." .. (MODULES[name] or name))
end

local function new_parser(arguments)
  local parser = argparse("understudy", "Keeps secondary DNS providers in step with a zone.")
  parser:help_max_width(79):help_description_margin(16):command_target "command"
  parser:flag("--version", "Print the version and exit."):action(function()
    print("understudy " .. version)
    os.exit(0)
  end)
  for _, entry in ipairs(COMMANDS) do
    local name, summary = table.unpack(entry)
    local subparser = parser:command(name):summary(summary)
    subparser:description(summary):help_description_margin(25)
    if arguments[1] == name then
      command(name).arguments(subparser)
    end
  end
  parser:epilog "Exit status: 0 done or clean, 1 findings or differences, 2 wrong usage or input."
  return parser
end

-- The help that belongs to wrong arguments: that of the subcommand, if one was named.
local function help_for(arguments)
  for _, entry in ipairs(COMMANDS) do
    if arguments[1] == entry[1] then
      return ("understudy %s --help"):format(entry[1])
    end
  end
  return "understudy --help"
end

local function complain(console, message)
  console.err:write("understudy: ", message, "\n")
end

-- An error of the world: its findings, if it has some, else its sentence.
local function report_error(console, err)
  if err.report and #err.report > 0 then
    console.err:write(err.report:text())
  else
    complain(console, tostring(err))
  end
end

local FAULT_MAX <const> = 300 -- characters

-- A fault of the program itself, in one line unless asked for more.
local function report_fault(console, fault)
  complain(console, "internal error: " .. (tostring(fault.message):gsub("\n%s*", " "):sub(1, FAULT_MAX)))
  if os.getenv "UNDERSTUDY_TRACEBACK" then
    console.err:write(fault.traceback, "\n")
  else
    console.err:write("Set UNDERSTUDY_TRACEBACK=1 to see where it happened.\n")
  end
end

local function with_traceback(message)
  if output.is_closed(message) then
    return message
  end
  return { message = message, traceback = debug.traceback(tostring(message), 2) }
end

local function run(arguments, console)
  local ok, args = new_parser(arguments):pparse(arguments)
  if not ok then
    complain(console, args)
    console.err:write(("See '%s'.\n"):format(help_for(arguments)))
    return 2
  end
  local status, err = command(args.command).run(args, console)
  console.out:flush()
  if not status then
    report_error(console, err)
    return 2
  end
  return status
end

--- Runs the command line.
---@param arguments string[]
---@return integer status
function M.main(arguments)
  local console = { out = output.new(io.stdout), err = io.stderr, input = io.stdin }
  local ok, result = xpcall(run, with_traceback, arguments, console)
  if ok then
    return result
  end
  local closed = output.is_closed(result)
  if not closed then
    report_fault(console, result)
  elseif closed.message then
    complain(console, closed.message)
  end
  return 2
end

return M
