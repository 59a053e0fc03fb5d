--- state: the state folder and the daemon that may have it: whether that answers, and by which policy it goes.

local client = require "understudy.server.http.client"
local core = require "understudy.core"
local folder = require "understudy.store.folder"
local lfs = require "lfs"
local shell = require "understudy.shell"
local together = require "understudy.cli.doctor.together"
local units = require "understudy.units"
local version = require "understudy.version"

local M = {}

local ANSWER_WITHIN <const> = 5 -- seconds
-- What the daemon has in its folder.
local FILES <const> = {
  "understudy.db", "understudy.db-wal", "understudy.db-shm", "lock", "pid", "worker", "control.sock",
}

-- The number of a user; nil if there is none of that name. Without a name that of who asks.
local function uid_of(name)
  local pipe <close> = io.popen(("id -u %s 2>/dev/null"):format(name and "-- " .. shell.word(name) or ""))
  return pipe and pipe:read "n"
end

-- ---------------------------------------------------------------- the folder, on a thread of its own

local function look_at_owner(path, uid, user, say)
  local me = uid_of()
  local wanted = user and uid_of(user) or me
  if user and not uid_of(user) then
    say("fault", path, ("the policy names the user '%s', whom this machine does not have: no daemon starts")
      :format(user), "adduser --system, or another user in the policy")
  elseif uid ~= wanted and (user or me ~= 0) then
    say("fault", path, ("it belongs to the user %d, and %s is %d: the daemon can't work in it"):format(uid,
      user and "the policy's " .. user or "who asks", wanted),
      user and ("chown -R %s %s"):format(shell.word(user), shell.word(path))
      or "run this, and the daemon, as the user whose it is")
  end
end

-- A command that ran as another user leaves files that the daemon can't write.
local function look_at_files(path, uid, say)
  for _, name in ipairs(FILES) do
    local file = path .. "/" .. name
    local owner = lfs.attributes(file, "uid")
    if owner and owner ~= uid then
      say("fault", file, ("it belongs to the user %d and the folder to %d, as after a command that ran as another "
        .. "user: the daemon can't use it"):format(owner, uid),
        ("chown --reference=%s %s"):format(shell.word(path), shell.word(file)))
    end
  end
end

local function look_at_mode(path, permissions, say)
  if permissions:sub(5, 5) == "w" or permissions:sub(8, 8) == "w" then
    say("fault", path, "others than its owner can write there, so they can take the daemon's place",
      "chmod 700 " .. shell.word(path))
  elseif permissions:sub(4):find "[^-]" then
    say("warning", path, "others than its owner can look into it", "chmod 700 " .. shell.word(path))
  end
  if permissions:sub(1, 3) ~= "rwx" or core.disk_space(path).readonly then
    say("fault", path, "nothing can be written there: nothing new is published",
      "make it writable: chmod 700, or mount its file system for writing")
  end
end

--- Looks at the folder. Gives what to say, a list, and who has locked it.
---@param path string
---@param user? string whom the daemon becomes
---@return {[1]: table[], holder: integer|boolean|nil}
function M.look_at_folder(path, user)
  local say, list = together.keeper()
  local found = { list }
  local seen = lfs.attributes(path)
  if not seen then
    say("ok", path, "it is not there yet: the daemon makes it when it starts")
  elseif seen.mode ~= "directory" then
    say("fault", path, "it is no folder: no daemon starts", "move it away, or name another folder: state = …")
  else
    look_at_owner(path, seen.uid, user, say)
    look_at_files(path, seen.uid, say)
    look_at_mode(path, seen.permissions, say)
    if #list == 0 then
      say("ok", path, "it is there, for its owner only, and can be written")
    end
    found.holder = lfs.attributes(path .. "/lock") and core.lock_holder(path .. "/lock")
  end
  return found
end

-- ---------------------------------------------------------------- the daemon

-- By which policy it goes.
local function look_at_policy(used, policy, say)
  local failed = used.error
  if failed then
    local sentence = "the daemon could not take it up at %s (reload by %s) and keeps the one of %s: %s"
    say("fault", policy.file, sentence:format(units.time(failed.at), failed.who, units.time(used.since),
      failed.message), "mend it, then: understudy reload")
  elseif used.digest ~= policy.digest then
    say("warning", policy.file, ("it is another one than that of %s, by which the daemon goes"):format(
      units.time(used.since)), "understudy reload --plan shows what it changes, understudy reload takes it up")
  else
    say("ok", policy.file, "the daemon goes by it as it is")
  end
  if #used.restart > 0 then
    say("warning", policy.file, "the daemon goes on with what it said before of " .. table.concat(used.restart, ", "),
      "restart the daemon")
  end
end

local function look_at_daemon(daemon, policy, say)
  local what = ("daemon %d"):format(daemon.pid or 0)
  if daemon.version ~= version then
    say("warning", what, ("it runs version %s, and %s is installed"):format(daemon.version, version),
      "restart the daemon")
  else
    say("ok", what, ("it runs since %s and answers"):format(units.time(daemon.since)))
  end
  local store = daemon.store
  if store and store.state ~= "ok" then
    say("fault", what, ("its store is %s since %s: %s"):format(store.state, units.time(store.since), store.why),
      store.remedy)
  end
  if daemon.policy then
    look_at_policy(daemon.policy, policy, say)
  end
  for _, other in ipairs(daemon.other_policies or {}) do
    say("warning", what, other.message, other.remedy)
  end
end

-- What it means that none answered.
local function explain_silence(holder, err, say)
  if err.code ~= "absent" then
    say("fault", "daemon", ("it took the question and does not answer: %s"):format(err.message),
      holder and ("if it goes on: kill %d, and start it again"):format(holder) or "restart the daemon")
  elseif err.message:find("Permission denied", 1, true) then
    say("warning", "daemon", "this user may not ask whether one runs", "run this as root or as the daemon's user")
  elseif err.message:find "^there is nothing" then
    say("warning", "daemon", "an older version runs, which tells less of itself", "restart the daemon")
  elseif holder then
    say("fault", "daemon", ("the process %d has the state folder and can't be asked: %s"):format(holder, err.message),
      ("if it is no command that is at work, and goes on: kill %d, and start the daemon again"):format(holder))
  else
    say("warning", "daemon", "none runs: nothing is read, published or served", "understudy run, or start its service")
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local policy = context.policy
  local found, problem = together.aside(context.deadline, "understudy.cli.doctor.state", "look_at_folder", policy.state,
    policy.user)
  if not found then
    say("fault", policy.state, "it can't be looked at: " .. problem, "look whether its disk hangs")
    return
  end
  together.retell(found[1], say)
  context.holder = found.holder or nil
  local daemon, err = client.request(folder.socket(policy.state), "GET", "/v1/daemon", ANSWER_WITHIN)
  if daemon then
    context.daemon = daemon
    look_at_daemon(daemon, policy, say)
  else
    explain_silence(context.holder, err, say)
  end
end

return M
