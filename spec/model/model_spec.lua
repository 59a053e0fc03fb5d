-- The model of queue, lease and publication: spin tries all orders of its steps, and finds the mistake in each of the
-- models that have one. docs/model.md says what follows from that.
local command = require "spec.support.command"

local MODEL <const> = "spec/model/queue.pml"
-- The model has no part in the core: one run is enough.
local SANITIZED <const> = (os.getenv "UNDERSTUDY_BUILD" or ""):match "sanitize" ~= nil

-- Nothing is lost, so nobody needs to look without an event.
local QUIET <const> = "-DNO_LOSS -DNO_REFRESH -DCRASHES=0 -DSTALE=0 -DLOST=0 "
local DEATHS <const> = "-DNO_LOSS -DNO_REFRESH -DTAKEOVERS=0 -DSTALE=0 -DLOST=0 "

-- Searches all states: {states=, errors=, what= the assertion that failed}.
local function search(settings)
  local folder <close> = setmetatable({ command.folder {} }, { __close = function(made)
    made[2]()
  end })
  local result = command.shell(([[model=$PWD/%s && cd %s && spin %s -a $model &&
    gcc -w -O1 -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c && ./pan -m1000000]])
    :format(MODEL, folder[1], settings))
  local errors = math.tointeger(result.out:match "errors: (%d+)")
  assert(errors, result.out .. result.err)
  assert(not result.out:find "search depth too small" and not result.out:find "out of memory", result.out)
  return {
    states = math.tointeger(result.out:match "(%d+) states, stored"), errors = errors,
    what = result.out:match "assertion violated ([^\n]*) %(at depth",
  }
end

if not SANITIZED then
  describe("the model", function()
    for what, settings in pairs {
      ["of one zone, with all faults"] = "-DZONES=1 -DCRASHES=2",
      ["of one zone that is edited often"] = "-DZONES=1 -DEDITS=3 -DTAKEOVERS=1",
      ["of two zones"] = "-DZONES=2 -DEDITS=1 -DTAKEOVERS=1 -DSTALE=0 -DLOST=0",
      ["without refresh, where nothing is lost"] = "-DZONES=1 " .. QUIET,
      ["without refresh, where only processes die"] = "-DZONES=1 " .. DEATHS,
    } do
      it(what .. " keeps its promises in every order of its steps", function()
        local found = search(settings)
        assert.same({ 0 }, { found.errors, found.what })
        assert.is_true(found.states > 1000)
      end)
    end
  end)

  describe("a model", function()
    for mistake, case in pairs {
      NO_FENCE = { "-DZONES=1 -DNO_FENCE", "mine" },
      NO_BASE = { "-DZONES=1 -DNO_BASE", "have.*>published" },
      TRUST_EVENT = { "-DZONES=1 -DTRUST_EVENT", "published.*==source" },
      BELIEVE_OLD = { "-DZONES=1 -DBELIEVE_OLD", "have.*>published" },
      RECORD_FIRST = { "-DZONES=1 -DRECORD_FIRST", "secondary.*==published" },
      NO_REFRESH = { "-DZONES=1 -DNO_REFRESH", "published.*==source" },
      CLEAR_LATE = { "-DZONES=1 -DCLEAR_LATE " .. QUIET, "published.*==source" },
      NO_START = { "-DZONES=1 -DNO_START " .. DEATHS .. "-DCRASHES=1", "published.*==source" },
      KEEP_TO_ITSELF = { "-DZONES=1 -DKEEP_TO_ITSELF " .. QUIET, "published.*==source" },
    } do
      it("with the mistake " .. mistake .. " does not", function()
        local found = search(case[1])
        assert.equal(1, found.errors)
        assert.matches(case[2], found.what)
      end)
    end
  end)
end
