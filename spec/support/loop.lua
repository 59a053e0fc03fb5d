--- Runs tests inside an event loop, and commands beside it.
local cqueues = require "cqueues"
local thread = require "cqueues.thread"

local M = {}

local PATIENCE <const> = 180 -- seconds for a whole test, also of a slow build beside others

--- Runs `test` as a coroutine until it and all coroutines that it started have ended. What it throws is thrown.
---@param test fun(queue: any)
function M.run(test)
  local queue = cqueues.new()
  local failure
  queue:wrap(function()
    local ok, err = xpcall(test, function(err)
      return type(err) == "string" and debug.traceback(err, 2) or err
    end, queue)
    failure = not ok and { err } or nil
  end)
  local deadline = cqueues.monotime() + PATIENCE
  while not queue:empty() and not failure do
    local left = deadline - cqueues.monotime()
    if left <= 0 then
      error("coroutines did not end in time", 0)
    end
    local ok, err = queue:step(left)
    if not ok then
      error(err, 0)
    end
  end
  if failure then
    error(failure[1], 0)
  end
end

--- Runs a shell command while the loop goes on, and returns all that it wrote.
---@param format string
---@return string
function M.command(format, ...)
  local path = os.tmpname()
  local worker, pipe = thread.start(function(_, command, output)
    os.execute(("{ %s; } >%s 2>&1"):format(command, output))
  end, format:format(...), path)
  pipe:read "*a" -- nothing, until the thread has ended
  worker:join()
  pipe:close()
  local file <close> = assert(io.open(path))
  os.remove(path)
  return file:read "a"
end

return M
