--- rollback: publishes the content of an earlier publication again, under a serial that is newer than all.
--
-- The zone is frozen with it: else its source would bring back at once what a person wanted to be rid of.

local canary = require "understudy.sync.canary"
local freeze = require "understudy.sync.freeze"
local publish = require "understudy.sync.publish"
local shell = require "understudy.shell"
local uerror = require "understudy.error"

local M = {}

-- The publication that is to come.
local function publication_of(zone, serial, host)
  local earlier, err = publish.kept(zone.name, serial, host)
  if earlier == nil then
    return nil, err
  elseif not earlier then
    return uerror.fail("absent", "%s has no publication with serial %d any more; 'understudy history %s' lists them",
      zone.name, serial, shell.word(zone.name))
  end
  local publication = publish.next(earlier.zone, zone.publication, ("rolled back to serial %d"):format(serial),
    host.clock.now(), zone.setting.zonemd)
  if not publication then
    return uerror.fail("refused", "serial %d has the content that is published now", serial)
  end
  return publication
end

--- Rolls a zone back. To be called by the worker that has it, when it does nothing else with it.
---@param zone understudy.SyncZone
---@param order {serial: integer, who: string, reason?: string, seconds?: number}
---@param run {generation: integer}
---@param host table
---@return integer? serial the new one
---@return understudy.Error? err
function M.run(zone, order, run, host)
  if not zone.accepted then
    return uerror.fail("absent", "nothing is published of %s", zone.name)
  end
  local publication, err = publication_of(zone, order.serial, host)
  if not publication then
    return nil, err
  end
  -- Frozen first: who dies between the two has frozen a zone, and not published what nobody holds.
  local ok, problem = freeze.freeze(zone, {
    reason = order.reason or publication.cause, who = order.who, seconds = order.seconds,
  }, host, { zone = zone.name, cause = publication.cause, at = publication.at })
  if not ok then
    return nil, problem
  end
  publication.who, publication.step = order.who, "rollback"
  local summary, released = publish.summary(zone.publication, publication), canary.passes(zone, publication)
  ok, problem = publish.save(zone, publication, zone.accepted, { generation = run.generation, released = released },
    host)
  if not ok then
    return nil, problem
  end
  publish.serve(zone, publication, summary, released, host)
  run.pull, run.publication = publication.pull, publication.id
  return publication.serial
end

return M
