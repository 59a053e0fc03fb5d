--- process: servers that run beside the specs. A server ends with its object, or with the test process, however that
--- ends: a shell reads from a pipe that the test process holds, and ends the server when there is no more to read. It
--- is in a session of its own, so that what kills the test process and its group does not reach it.
---
---   local handle = process.serve(folder, "nsd -d -c nsd.conf >>out 2>&1")   -- :close() ends it and waits
local M = {}

-- A word for the shell.
local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Runs lines of shell that read from the test process, and end when there is no more to read. Closing the handle, a
--- file to write to, waits for their end.
---@param lines string
---@return file*
function M.guard(lines)
  local handle = assert(io.popen("exec setsid sh -c " .. quoted(lines), "w"))
  handle:setvbuf "no"
  return handle
end

local SERVE <const> = [[
cd %s || exit
PATH=$PATH:/usr/sbin:/sbin
%s
%s </dev/null &
child=$!
echo $child >pid
read -r _
kill "$child" 2>/dev/null
wait "$child"
rm -rf %s
]]

--- Runs a server in a folder, where its number is in the file pid, and removes the folder in the end.
---@param folder string
---@param command string that stays in the foreground
---@param prepare? string lines of shell before it
---@return file* handle
function M.serve(folder, command, prepare)
  return M.guard(SERVE:format(quoted(folder), prepare or "", command, quoted(folder)))
end

return M
