--- answers: the answers that one-shot commands keep in a file between runs, so that they have the memory of a daemon:
-- what is fresh is not looked up again, and a lookup that fails takes nothing away.

local cjson = require "cjson"

local error_object = require "understudy.error"
local json = require "understudy.json"

local M = {}

local FILE_MAX <const> = 1 << 30
local ENOENT <const> = 2

local function read_file(path)
  local file <close>, message, code = io.open(path, "rb")
  if not file then
    if code == ENOENT then
      return '{"answers":[]}'
    end
    return error_object.fail("io", "%s", message)
  end
  local text, why = file:read(FILE_MAX)
  if why then
    return error_object.fail("io", "%s: %s", path, why)
  end
  return text or ""
end

-- A person's own mistakes in the file are thrown by `restore`, like those of any caller.
local function restore_all(text, answers)
  local content = cjson.decode(text)
  for _, answer in ipairs(content.answers) do
    assert(answers:restore(answer))
  end
end

--- Fills a memory with what a file has; one that does not exist has nothing.
---@param path string
---@param answers any
---@return true?
---@return understudy.Error? err
function M.read(path, answers)
  local text, err = read_file(path)
  if not text then
    return nil, err
  end
  local ok, why = pcall(restore_all, text, answers)
  if not ok then
    return error_object.fail("syntax", "%s holds no answers: %s", path, (tostring(why):gsub("^.-:%d+: ", "")))
  end
  return true
end

local function sorted(answers)
  local list = {}
  for answer in answers:each() do
    list[#list + 1] = answer
  end
  table.sort(list, function(a, b)
    return a.target < b.target or a.target == b.target and a.type < b.type
  end)
  return list
end

--- Replaces the file by one with all that a memory has.
---@param path string
---@param answers any
---@return true?
---@return understudy.Error? err
function M.write(path, answers)
  local temporary = path .. ".new"
  local file, message = io.open(temporary, "wb")
  if not file then
    return error_object.fail("io", "%s", message)
  end
  local written, why = file:write(json.encode { answers = sorted(answers) }, "\n")
  local closed, why_not = file:close()
  local renamed, problem
  if written and closed then
    renamed, problem = os.rename(temporary, path)
  end
  if not renamed then
    os.remove(temporary)
    return error_object.fail("io", "%s: %s", path, why or why_not or problem)
  end
  return true
end

return M
