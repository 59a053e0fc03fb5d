--- descriptors: whether so many files can be open that the daemon can work. Too few show in odd places: a thread that
--- does not start, a signal that is not heard.

local errno = require "cqueues.errno"

local uerror = require "understudy.error"

local M = {}

local NEEDED <const> = 32 -- by one that listens at one address, and does one thing at a time
local ENFILE <const>, EMFILE <const> = errno.ENFILE, errno.EMFILE

--- Tries it.
---@return boolean? ok
---@return understudy.Error? err that says what to do
function M.check()
  local files, number, _ = {}, nil, nil
  while #files < NEEDED and not number do
    files[#files + 1], _, number = io.open "/dev/null"
  end
  for _, file in ipairs(files) do
    file:close()
  end
  if number == ENFILE or number == EMFILE then
    return uerror.fail("limit", "only %d more files can be open here, and %d are needed: raise the limit of %s", #files,
      NEEDED, number == ENFILE and "the system (fs.file-max)" or "open files (LimitNOFILE= of the service, ulimit -n)")
  end
  return true
end

return M
