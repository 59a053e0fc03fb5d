--- sabotage: faults planted into the engine, each of which one invariant has to find.

local names = require "understudy.sync.names"

local M = {}

-- Replaces a function of a module; what is returned puts it back.
local function replace(module_name, name, make)
  local module = require(module_name)
  local original = module[name]
  module[name] = make(original)
  return function()
    module[name] = original
  end
end

-- Throws away more of a zone with each publication, by a condition for what goes.
local function throw_away(table_name, condition)
  local statement = ("DELETE FROM %s WHERE zone = :zone AND %s"):format(table_name, condition)
  return replace("understudy.store.operations", "publish", function(publish)
    return function(db, publication, ...)
      local ids, err = publish(db, publication, ...)
      local _ = ids and assert(db:execute(statement, publication))
      return ids, err
    end
  end)
end

--- By what was sabotaged: {invariant that finds it, function that plants it and returns one that removes it; `at_once`
--- where it is not to be found only at the end of a history}.
M.faults = {
  ["nobody asks whether the worker still has the zone"] = { "fence", function()
    return replace("understudy.store.operations.fence", "check", function()
      return function(db, lease, columns, join)
        local statement = "SELECT z.token%s FROM zones z %s WHERE z.zone = :zone"
        return db:row(statement:format(columns or "", join or ""), lease)
      end
    end)
  end },
  ["a process that was stopped tells targets before it looks whether it still has the zone"] = { "fence", function()
    local clock = { condition = function() end }
    local meta = getmetatable(require("understudy.sync.lease").new({ clock = clock }, {}))
    local good = meta.__index.good
    meta.__index.good = function()
      return true
    end
    return function()
      meta.__index.good = good
    end
  end },
  ["whatever the source says is believed at once"] = { "whole", function()
    return replace("understudy.sync.doubt", "list", function()
      return function()
        return { why = {} }
      end
    end)
  end },
  ["an older version is believed at once"] = { "older", function()
    return replace("understudy.sync.doubt", "older", function()
      return function()
        return false
      end
    end)
  end },
  ["what a read of single names lacks is taken for deleted"] = { "whole", function()
    return replace("understudy.sync.names", "is_gone", function()
      return function()
        return true
      end
    end)
  end },
  ["what was said to be deleted is forgotten with the process"] = { "proven", function()
    return replace("understudy.sync.events", "recall", function()
      return function()
        return true
      end
    end)
  end },
  ["the whole zone is not read any more"] = { "told", function()
    return replace("understudy.sync.names", "with", function()
      return function(named)
        named = named or names.none()
        named.list[#named.list + 1] = { owner = "n1.a.example.", type = "A" }
        return named
      end
    end)
  end },
  ["a publication is made though nothing changed"] = { "serial", function()
    return replace("understudy.zonemd", "same", function()
      return function()
        return false
      end
    end)
  end },
  ["any loss is let through"] = { "guard", function()
    return replace("understudy.sync.guard", "reasons", function()
      return function()
        return {}
      end
    end)
  end },
  ["a publication is served before it is written down"] = { "durable", function()
    return replace("understudy.sync.publish", "save", function(save)
      return function(zone, publication, ...)
        local before = zone.publication
        zone.publication = publication
        local ok, err = save(setmetatable({ publication = before or false }, { __index = zone }), publication, ...)
        return ok, err
      end
    end)
  end },
  ["a broken zone is not told of"] = { "told", function()
    return replace("understudy.sync.judge", "judge", function(judge)
      return function(...)
        local judgement = judge(...)
        judgement.state = judgement.state == "invalid" and "held" or judgement.state
        return judgement
      end
    end)
  end, at_once = true },
  ["all targets are shown what only canaries are to have"] = { "canary", function()
    return replace("understudy.sync.canary", "publication", function()
      return function(zone)
        return zone.publication
      end
    end)
  end },
  ["canaries need not serve for any time"] = { "canary", function()
    return replace("understudy.sync.canary", "succeeded", function()
      return function(delivery)
        delivery.soaked = delivery.zone.publication
      end
    end)
  end },
  ["what canaries have left behind need not have been served for any time"] = { "canary", function()
    return replace("understudy.sync.canary", "left_behind", function()
      return function(zone)
        local serial = zone.candidate and zone.candidate.serial
        return serial ~= zone.publication.serial and serial or nil
      end
    end)
  end },
  ["a probe does not keep others from a target that does not answer"] = { "breaker", function()
    local meta = getmetatable(require("understudy.sync.breaker").new({ name = "" }, {}))
    local begin = meta.__index.begin
    meta.__index.begin = function() end
    return function()
      meta.__index.begin = begin
    end
  end },
  ["a target that asks to be left alone is not"] = { "breaker", function()
    return replace("understudy.sync.retry", "asked", function()
      return function()
        return 0
      end
    end)
  end },
  ["a frozen zone is published"] = { "frozen", function()
    return replace("understudy.sync.freeze", "active", function()
      return function()
        return false
      end
    end)
  end },
  ["a freeze for a time does not end"] = { "told", function()
    return replace("understudy.sync.freeze", "active", function()
      return function(zone)
        return zone.freeze ~= nil
      end
    end)
  end },
  ["a finding is accepted for ever"] = { "told", function()
    return replace("understudy.sync.acknowledge", "expire", function()
      return function() end
    end)
  end },
  ["a finding is not shown"] = { "told", function()
    return replace("understudy.sync.judge", "judge", function(judge)
      return function(...)
        local judgement = judge(...)
        table.remove(judgement.findings.list)
        return judgement
      end
    end)
  end },
  ["the status tells what was found the time before"] = { "told", function()
    local shown = setmetatable({}, { __mode = "k" })
    return replace("understudy.sync.zone", "set_findings", function(set_findings)
      return function(zone, findings)
        set_findings(zone, shown[zone] or findings)
        shown[zone] = findings
      end
    end)
  end, at_once = true },
  ["why a zone is not published is not written down"] = { "told", function()
    return replace("understudy.store.operations", "save_verdict", function()
      return function()
        return 1
      end
    end)
  end, at_once = true },
  ["what is found is not written down"] = { "told", function()
    return replace("understudy.store.operations", "save_findings", function()
      return function()
        return true
      end
    end)
  end, at_once = true },
  ["the log does not say why a zone is not published"] = { "told", function()
    return replace("understudy.log", "new", function(new)
      return function(...)
        local log = new(...)
        return setmetatable({ error = function(_, format, ...)
          return format ~= "%s %s, %s%s" and log:error(format, ...)
        end }, { __index = log })
      end
    end)
  end, at_once = true },
  ["a refused zone is taken for accepted by its status"] = { "told", function()
    return replace("understudy.sync.status", "of", function(of)
      return function(zone, ...)
        return of(setmetatable({ verdict = false }, { __index = zone }), ...)
      end
    end)
  end, at_once = true },
  ["a zone is not judged again that is the same and written otherwise"] = { "told", function()
    return replace("understudy.sync.known", "is_rewritten", function()
      return function()
        return false
      end
    end)
  end },
  ["what is released is thrown away with what is old"] = { "kept", function()
    return throw_away("publications",
      "id < (SELECT MAX(id) FROM publications WHERE zone = :zone AND whole = 1)")
  end },
  ["the candidate is thrown away with what is old"] = { "kept", function()
    return throw_away("publications", "serial = (SELECT candidate FROM zones WHERE zone = :zone) AND id < "
      .. "(SELECT MAX(id) FROM publications WHERE zone = :zone)")
  end },
  ["source zones are thrown away that others are changes of"] = { "kept", function()
    return throw_away("pulls", "id < (SELECT accepted FROM zones WHERE zone = :zone)")
  end },
  ["answers are thrown away that are used"] = { "kept", function()
    local clock = { condition = function() end, monotonic = os.clock, now = os.time }
    local meta = getmetatable(require("understudy.sync.resolve").new { clock = clock })
    local uses = meta.__index.uses
    meta.__index.uses = function()
      return false
    end
    return function()
      meta.__index.uses = uses
    end
  end },
  ["who was stopped for long throws away what is old"] = { "alive", function()
    return replace("understudy.store.operations", "forget_old", function(forget_old)
      return function(db, lease, before)
        local someone = db:row "SELECT worker FROM workers ORDER BY until DESC LIMIT 1"
        return forget_old(db, { worker = someone and someone.worker or "", now = lease.now }, before)
      end
    end)
  end },
  ["what is pushed is taken for whole by its serial"] = { "converge", function()
    return replace("understudy.sync.verify", "content", function()
      return function()
        return true
      end
    end)
  end },
  ["a secondary that did not follow is taken for one that did"] = { "converge", function()
    return replace("understudy.sync.verify", "once", function()
      return function(_, _, publication)
        return true, nil, publication.serial
      end
    end)
  end },
}

return M
