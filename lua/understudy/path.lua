--- path: where a file is that is named in another file.

local M = {}

--- The folder of a file; "." if its path names none.
---@param path string
---@return string
function M.folder(path)
  local folder = path:match "^(.*)/[^/]*$"
  return folder == "" and "/" or folder or "."
end

--- A path as seen from a folder.
---@param folder string
---@param path string
---@return string
function M.join(folder, path)
  if folder == "." or path:sub(1, 1) == "/" then
    return path
  end
  return (folder:gsub("/$", "")) .. "/" .. path
end

return M
