--- store: whether what is remembered can be reached, has the format that this version knows, and is whole as far as
-- that can be seen quickly; of PostgreSQL also its version, how far it is away, and its clock.

local cqueues = require "cqueues"
local database = require "understudy.store.database"
local folder = require "understudy.store.folder"
local lfs = require "lfs"
local schema = require "understudy.store.schema"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"

local M = {}

local CHECKED_MAX <const> = 512 * 1024 * 1024 -- octets of a file that is read as a whole
local FAR <const> = 0.1                        -- seconds for a question and its answer
local CLOCKS_APART <const> = 30                -- seconds

-- What is wrong, without the names that are told anyway. A connection string that libpq can't read stands in what it
-- says of that, a password perhaps with it.
local function reason(err, target)
  local message = err.message
  for _, prefix in ipairs { target, "the PostgreSQL database", "error connecting to database. PostgreSQL" } do
    message = message:find(prefix, 1, true) == 1 and message:sub(#prefix + 1):gsub("^[: ]+", "") or message
  end
  local unread = message:find("connection info string", 1, true) or message:find("URI", 1, true)
    or message:find("percent", 1, true)
  return unread and "libpq can't read the words of the policy that say where it is" or message
end

local function look_at_format(db, what, say)
  local format = assert(db:format())
  if format < #schema.migrations then
    say("warning", what, ("its tables have format %d, and this version needs %d"):format(format, #schema.migrations),
      "the daemon of this version brings them up to date when it starts, as does: understudy store migrate")
  else
    say("ok", what, ("it can be read, and has format %d"):format(format))
  end
end

-- The quick form of `understudy store check`.
local function look_at_file(db, path, say)
  local size = lfs.attributes(path, "size")
  if size > CHECKED_MAX then
    return say("ok", path, ("its %d MiB are too many to be looked at quickly; understudy store check does")
      :format(size >> 20))
  end
  local ok, err = db.driver.check(db, "quick_check(1)")
  if ok then
    say("ok", path, "it is whole, as far as can be seen quickly; understudy store check looks at all")
  else
    say("fault", path, reason(err, path),
      "stop the daemon, keep a copy, and restore a backup, or import what understudy store export still writes")
  end
end

local function look_at_server(db, what, say)
  local began = cqueues.monotime()
  local row = assert(db:row([[SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
    CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION) AS now]]))
  local took, apart = cqueues.monotime() - began, math.abs(row.now - os.time())
  say(took > FAR and "warning" or "ok", what, ("version %s, answers within %s"):format(row.version, units.span(took)),
    took > FAR and "each publication waits for several answers: have the database nearer" or nil)
  if row.replica == "t" then
    say("fault", what, "it is a replica, which takes nothing in: nothing new is published",
      "connect to the server that writes (target_session_attrs=read-write), or promote this one")
  end
  if apart > CLOCKS_APART then
    say("warning", what, ("its clock and that of this machine are %s apart"):format(units.span(apart)),
      "set both by NTP")
  end
end

-- What others need to know.
local function facts(db)
  local newest = assert(db:rows "SELECT at FROM publications ORDER BY id DESC LIMIT 1")[1]
  local alias = assert(db:rows "SELECT target FROM answers ORDER BY target LIMIT 1")[1]
  return { newest = newest and newest.at, alias = alias and alias.target }
end

--- Looks at a database. Gives what to say, a list, and facts for the other groups.
---@param target string what database.open takes
---@return {[1]: table[], open?: boolean, newest?: number, alias?: string}
function M.look_at_database(target)
  local say, list = together.keeper()
  local is_file = not target:find "^postgresql "
  local what = is_file and target or "PostgreSQL"
  local db <close>, err = database.open(target, { readonly = true, any_format = true })
  if not db and err.code == "absent" and (not is_file or not lfs.attributes(target)) then
    say("ok", what, "nothing is stored yet")
    return { list }
  elseif not db then
    say("fault", what, reason(err, target) .. "; nothing new is published",
      is_file and "if it is damaged: stop the daemon, keep a copy, and restore a backup; else mind its owner and mode"
      or "look whether the server runs, and whether it lets this user in")
    return { list }
  end
  local ok, problem = pcall(function()
    look_at_format(db, what, say)
    local look = is_file and look_at_file or look_at_server
    look(db, what, say)
    return facts(db)
  end)
  if not ok then
    say("fault", what, "it can't be read: " .. tostring(problem), "look into the log of the daemon and of the database")
    return { list }
  end
  problem[1], problem.open = list, true
  return problem
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local policy = context.policy
  local target = policy.store or folder.database(policy.state)
  local found, problem = together.aside(context.deadline, "understudy.cli.doctor.store", "look_at_database", target)
  if not found then
    say("fault", policy.store and "PostgreSQL" or target, problem .. ": nothing new is published",
      "look whether the disk or the server hangs")
    return
  end
  together.retell(found[1], say)
  context.newest, context.alias, context.readable = found.newest, found.alias, found.open
end

return M
