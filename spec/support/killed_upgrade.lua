-- Opens a database, which brings it up to date, and kills itself before a statement:
-- lua5.4 spec/support/killed_upgrade.lua DATABASE NUMBER.
local database = require "understudy.store.database"
local quote = require "understudy.store.quote"
local signal = require "cqueues.signal"

local left, bind = math.tointeger(tonumber(arg[2])), quote.bind
function quote.bind(...)
  left = left - 1
  if left == 0 then
    signal.raise(signal.SIGKILL)
  end
  return bind(...)
end

assert(database.open(arg[1])):close()
