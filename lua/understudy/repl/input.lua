--- input: where lines come from: a terminal with GNU readline if the module `readline` is there, a
--- terminal without it, or a file.
--
-- A reader is a function: prompt → line, or nil at the end; or nil, true when Ctrl-C came instead.

local core = require "understudy.core"

local M = {}

--- Reads lines of a file or pipe, without prompts.
---@param file file*
function M.from_file(file)
  return function()
    return file:read "l"
  end
end

--- Reads from a terminal that does the editing itself.
---@param file file*
function M.from_terminal(file)
  return function(prompt)
    io.stdout:write(prompt):flush()
    if not core.await_key() then
      io.stdout:write "\n"
      return nil, true
    end
    local line = file:read "l"
    if not line then
      io.stdout:write "\n"
    end
    return line
  end
end

local function set_up(readline, history, complete)
  -- The file of the history is ours, and none of readline's.
  readline.set_options { histfile = "", auto_add = false }
  readline.set_complete_function(function(text, from, past)
    readline.set_completion_append_character ""
    return complete(text:sub(1, past - 1), from)
  end)
  for _, line in ipairs(history and history:lines() or {}) do
    readline.add_history(line)
  end
end

-- Reads with readline's callbacks, which leave the waiting to us. After Ctrl-C the next call installs
-- its handler over the old one: to remove that amid a line is what the module `readline` cannot do.
local function edit_line(readline, prompt)
  local line, done
  readline.handler_install(prompt, function(text)
    line, done = text, true
    readline.handler_remove()
  end)
  while not done do
    if not core.await_key() then
      io.stdout:write("^C\n"):flush()
      return nil, true
    end
    readline.read_char()
  end
  if not line then
    io.stdout:write "\n"
  end
  return line
end

--- Reads from a terminal with editing, history and completion; nil where the module `readline` is
--- not installed.
---@param history? understudy.repl.History
---@param complete fun(text: string, from: integer): string[]
function M.from_readline(history, complete)
  if not os.getenv "HOME" then
    return nil -- the module complains without
  end
  local found, readline = pcall(require, "readline")
  if not found then
    return nil
  end
  set_up(readline, history, complete)
  return function(prompt)
    io.stdout:flush()
    local line, interrupted = edit_line(readline, prompt)
    if line and (not history or history:add(line)) then
      readline.add_history(line)
    end
    return line, interrupted
  end
end

return M
