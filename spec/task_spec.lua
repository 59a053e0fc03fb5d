local cqueues = require "cqueues"
local task = require "understudy.task"

describe("a task", function()
  it("that fails closes what it held, tells the log where, and ends no other", function()
    local queue, lines, closed, finished = cqueues.new(), {}, false, false
    local log = { error = function(_, ...)
      lines[#lines + 1] = string.format(...)
    end }
    task.spawn(queue, "first", function()
      local _ <close> = setmetatable({}, { __close = function()
        closed = true
      end })
      cqueues.sleep(0)
      error "oops"
    end, log)
    task.spawn(queue, "second", function()
      cqueues.sleep(0)
      finished = true
    end, log)
    assert(queue:loop(10))
    assert.is_true(closed)
    assert.is_true(finished)
    assert.equal(1, #lines)
    assert.truthy(lines[1]:find("'first' failed: ", 1, true))
    assert.truthy(lines[1]:find("task_spec.lua", 1, true))
  end)
end)
