--- lists: the rows of several zones, as a list for each.

---@param rows table[]
---@return table<string, table[]>
return function(rows)
  local lists = {}
  for _, row in ipairs(rows) do
    lists[row.zone] = lists[row.zone] or {}
    table.insert(lists[row.zone], row)
  end
  return lists
end
