--- thread: the store's own thread, so that the loop never waits for a disk.
--
-- It answers the calls that store/init.lua sends, in order. Calls that wait together and write share one commit, and no
-- answer leaves before that commit is on disk. Each call is done whole or not at all, whatever becomes of those beside
-- it.

local codec = require "understudy.store.codec"
local database = require "understudy.store.database"
local operations = require "understudy.store.operations"
local reading = require "understudy.store.reading"

local M = {}

local GROUP_MAX <const> = 64

local function plain(err)
  if type(err) ~= "table" then
    return { code = "internal", message = tostring(err) }
  end
  return { code = err.code, message = err.message, temporary = err.temporary }
end

-- Waits for a call, then takes those that are already there.
local function take_group(socket)
  local group = {}
  repeat
    local call = codec.read(socket)
    if not call then
      break
    end
    group[#group + 1] = call
  until #group == GROUP_MAX or socket:pending() == 0
  return group
end

-- The answer to a call.
local function run(db, call)
  local value, problem = operations[call.operation](db, table.unpack(call.arguments, 1, call.count))
  return { id = call.id, value = value, err = value == nil and plain(problem) or nil }
end

-- The calls of a group in parts that only read, and others, in their order. Reading large zones takes long, and no row
-- must be locked meanwhile.
local function parts_of(group)
  local parts = {}
  for _, call in ipairs(group) do
    local part, reads = parts[#parts], reading[call.operation] or false
    if not part or part.reads ~= reads then
      part = { reads = reads }
      parts[#parts + 1] = part
    end
    part[#part + 1] = call
  end
  return parts
end

-- Who only reads does not wait for another program that writes, or is about to.
local function bracket(db, group, fn)
  if group.reads then
    return db:snapshot(fn)
  end
  return db:transaction(fn)
end

-- All of a group or nothing; then also the call that failed, if it was one.
local function try_together(db, group)
  local failing
  local replies, err = bracket(db, group, function()
    local made = {}
    for i, call in ipairs(group) do
      failing = call
      made[i] = run(db, call)
      if made[i].err then
        return nil, made[i].err
      end
    end
    failing = nil
    return made
  end)
  return replies, err, failing
end

-- All of a group but what fails. What the database could not do, as a row is held, is not waited for again.
local function try_apart(db, group, failed, why)
  failed = why.code == "io" and failed or nil
  return bracket(db, group, function()
    if failed and db.driver.hurry then
      assert(db:execute(db.driver.hurry))
    end
    local replies = {}
    for i, call in ipairs(group) do
      local reply, problem = nil, why
      if call ~= failed then
        reply, problem = db:step(function()
          local made = run(db, call)
          return not made.err and made or nil, made.err
        end)
      end
      replies[i] = reply or { id = call.id, err = plain(problem) }
    end
    return replies
  end)
end

-- Nearly always all goes well. If a call fails, all is done again, each call for itself; and over a new connection if
-- that was lost: what was committed already does no harm twice.
local function run_group(db, group)
  local replies, err, failing = try_together(db, group)
  if not replies and not db:alive() then
    local connected
    connected, err = db:connect()
    if connected then
      replies, err, failing = try_together(db, group)
    end
  end
  if failing and #group > 1 and db:alive() then
    replies, err = try_apart(db, group, failing, err)
  end
  if not replies then
    replies = {}
    for i, call in ipairs(group) do
      replies[i] = { id = call.id, err = plain(err) }
    end
  end
  return replies
end

-- The same, whatever happens: a thread that ends would leave the daemon without its store.
local function answer_group(db, group)
  local ok, replies = xpcall(run_group, debug.traceback, db, group)
  if not ok then
    db:close() -- who knows how it stands; the next call connects anew
    local err = { code = "internal", message = replies, temporary = true }
    replies = {}
    for i, call in ipairs(group) do
      replies[i] = { id = call.id, err = err }
    end
  end
  return replies
end

--- Serves a database on a socket until the other side closes it.
---@param socket any a cqueues socket
---@param path string
function M.serve(socket, path)
  local db <close>, err = database.open(path)
  codec.write(socket, { value = db ~= nil, err = not db and plain(err) or nil })
  while db do
    local group = take_group(socket)
    if #group == 0 then
      break
    end
    for _, part in ipairs(parts_of(group)) do
      for _, reply in ipairs(answer_group(db, part)) do
        codec.write(socket, reply)
      end
    end
  end
end

--- Starts the thread.
---@param path string of the database, see understudy.store.database
---@return any thread
---@return any socket
function M.start(path)
  local thread = require "cqueues.thread"
  return thread.start(function(socket, lua_path, lua_cpath, database_path)
    package.path, package.cpath = lua_path, lua_cpath
    collectgarbage("setpause", 120) -- what was sent is of no more use here
    require("understudy.store.thread").serve(socket, database_path)
  end, package.path, package.cpath, path)
end

return M
