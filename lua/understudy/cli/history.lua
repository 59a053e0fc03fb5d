--- history: the publications of a zone that are kept.

local ask = require "understudy.cli.ask"
local units = require "understudy.units"

local M = {}

M.arguments = ask.arguments

local function print_rows(out, answer)
  local rows = { { "serial", "published", "records", "because" } }
  for i, row in ipairs(answer.publications) do
    local who = row.who ~= "" and (" (%s)"):format(row.who) or ""
    rows[i + 1] = { tostring(row.serial), units.time(row.at), tostring(row.records), row.cause .. who }
  end
  out:columns(rows)
end

function M.run(args, console)
  local answer, err = ask.zone(args, { method = "GET", rest = "/history" })
  return ask.show(args, console, answer, err, print_rows)
end

return M
