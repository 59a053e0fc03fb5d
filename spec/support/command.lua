--- command: runs `understudy` as a person would, and gives back what came out.

local lfs = require "lfs"

local M = {}

M.program = (os.getenv "UNDERSTUDY_BUILD" or os.getenv "PWD" .. "/build") .. "/understudy"

--- A word for the shell.
function M.quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function slurp(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- Runs a line of shell in which $understudy is the command.
---@param line string
---@return { status: integer, out: string, err: string }
function M.shell(line)
  local out, err = os.tmpname(), os.tmpname()
  local _, _, status = os.execute(("understudy=%s; { %s\n} >%s 2>%s"):format(
    M.quoted(M.program), line, out, err))
  local result = { status = status, out = slurp(out), err = slurp(err) }
  os.remove(out)
  os.remove(err)
  return result
end

--- Runs the command with these arguments.
---@param ... string
function M.run(...)
  local words = { ... }
  for i, word in ipairs(words) do
    words[i] = M.quoted(word)
  end
  return M.shell("$understudy " .. table.concat(words, " "))
end

-- A file system in memory, where the system has one.
local MEMORY <const> = "/dev/shm"

--- Puts a file in the place of another, as programs do that may not be seen writing.
---@param path string
---@param text string
function M.replace(path, text)
  local file <close> = assert(io.open(path .. ".new", "wb"))
  file:write(text)
  file:close()
  assert(os.rename(path .. ".new", path))
end

--- The words in front of a command that another user is to run; nil and why if that can't be.
---@return string? words
---@return string? why
function M.as_nobody()
  local words <const> = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
  if M.shell("id -u").out ~= "0\n" then
    return nil, "another user can only be had by root"
  elseif M.shell(words .. " test -r $understudy").status ~= 0 then
    return nil, "another user can't read this checkout"
  end
  return words
end

--- A new folder with files in it; `remove` takes it away again.
---@param files table<string, string>
---@param in_memory? boolean where nothing waits for a disk
---@return string folder
---@return fun() remove
function M.folder(files, in_memory)
  local folder = os.tmpname()
  os.remove(folder)
  folder = in_memory and lfs.attributes(MEMORY, "mode") and MEMORY .. folder:match "/[^/]*$" or folder
  assert(os.execute("mkdir -m 700 " .. folder))
  for name, text in pairs(files) do
    local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
  end
  return folder, function()
    os.execute("rm -rf " .. folder)
  end
end

return M
