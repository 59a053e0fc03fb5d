--- background: long work beside which the loop goes on: secondaries are answered while a large zone is read. What the
-- core does is done on another thread, and what Lua does in turns.
--
-- Outside a loop, and where it is too little to be worth that, it is done at once.

local cqueues = require "cqueues"
local lfs = require "lfs"

local core = require "understudy.core"

local M = {}

local OCTETS_MIN <const> = 512 * 1024 -- of a file
local RECORDS_MIN <const> = 10000     -- of a zone
local STEPS_A_TURN <const> = 500      -- of work in Lua on one zone each

-- What the work gives, once it is done.
local function await(job, err)
  if not job then
    return nil, err
  end
  local _ <close> = job
  while not job.done do
    cqueues.poll(job)
  end
  cqueues.cancel(job:pollfd()) -- the loop must forget a descriptor before it is closed
  return job:finish()
end

-- Not for the main program, which is no task of a loop.
local function in_loop()
  return cqueues.running() ~= nil
end

--- Lets others have their turn now and then. To be called in each step of a long work.
---@param step integer its number
function M.turn(step)
  if step % STEPS_A_TURN == 0 and in_loop() then
    cqueues.sleep(0)
  end
end

--- core.parse of a file.
---@param options table
---@return any? zone
---@return understudy.Error? err
function M.parse_file(options)
  local size = in_loop() and lfs.attributes(options.file, "size") or 0
  if size < OCTETS_MIN then
    return core.parse(options)
  end
  options.background = true
  return await(core.parse(options))
end

--- zone:check.
---@param zone any
---@param options table
---@return any? report
---@return understudy.Error? err
function M.check(zone, options)
  if not in_loop() or #zone < RECORDS_MIN then
    return zone:check(options)
  end
  local copy = {}
  for name, value in pairs(options) do
    copy[name] = value
  end
  copy.background = true
  return await(zone:check(copy))
end

return M
