--- patience: opens the store of a daemon whose database server may not be there yet: it is tried again until it is, and
-- whoever asks the daemon meanwhile is told what it waits for.

local control = require "understudy.server.http.control"
local folder = require "understudy.store.folder"
local http = require "understudy.server.http"
local status = require "understudy.sync.status"
local store = require "understudy.store"

local M = {}

local PAUSE_FIRST <const>, PAUSE_MAX <const> = 1, 15 -- seconds

-- The errors so far, as a store that can't be written to tells of them.
local function note(trouble, err, host)
  if err.message ~= trouble.why then
    host.log:error("the store can't be opened; it is tried again until it can: %s", err.message)
  end
  trouble.why = err.message
end

--- Opens the store. What time may mend of a database server is waited for.
---@param policy understudy.Policy
---@param host table
---@param ending {wait: fun(self, seconds: number): any} what ends the daemon
---@param describe fun(): table what to say of the daemon itself
---@return understudy.Store? store nil without an error: the daemon was ended
---@return understudy.Error? err
function M.open(policy, host, ending, describe)
  local opened, err = store.open(policy.store, host.clock, host.spawn)
  if opened or not err.temporary then
    return opened, err
  end
  local trouble, pause = { since = host.clock.now() }, PAUSE_FIRST
  local api <close>, problem = http.serve(folder.socket(policy.state), control.waiting(describe, function()
    return status.of_store(trouble, true)
  end), host.log)
  if not api then
    return nil, problem
  end
  repeat
    note(trouble, err, host)
    if ending:wait(pause * (1 + host.random()) / 2) then
      return nil
    end
    pause = math.min(2 * pause, PAUSE_MAX)
    opened, err = store.open(policy.store, host.clock, host.spawn)
  until opened or not err.temporary
  if opened then
    host.log:info "the store can be opened"
  end
  return opened, err
end

return M
