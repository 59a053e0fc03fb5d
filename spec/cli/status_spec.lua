-- What a person reads of targets that are limited, left alone or first in line.
local status = require "understudy.cli.status"

-- The lines that are printed of a zone.
local function printed(zone)
  local lines = {}
  status.print({
    line = function(_, format, ...)
      lines[#lines + 1] = format:format(...)
    end,
    columns = function(_, rows)
      for _, row in ipairs(rows) do
        lines[#lines + 1] = table.concat(row, " | ")
      end
    end,
  }, { zone })
  return lines
end

describe("the status for people", function()
  it("tells of canaries, breakers, budgets, what was given up and what is wrong with the policy", function()
    local now = os.time()
    local lines = printed {
      name = "example.com.", state = "frozen", why = "frozen by ann: holiday", remedy = "understudy thaw example.com.",
      canary = { why = "canary a: no answer; the other targets keep serial 9" },
      policy_errors = { "policy.lua:7: oops; the default rule stands in for it" },
      targets = {
        { name = "a", canary = true, state = "unreachable", error = "no answer", next_attempt = 90,
          breaker = { since = now - 120, failures = 7 } },
        { name = "b", state = "ok", serial = 9,
          account = { name = "acme", daily = 5000, used = 4999, refills_at = 1767312000 } },
        { name = "c", state = "lagging", serial = 8, error = "serves serial 8, not 9", given_up = "ten attempts" },
      },
    }
    local text = table.concat(lines, "\n"):gsub("open for 2m%d*s?", "open for 2m")
    assert.equal([[
example.com.  frozen
  frozen by ann: holiday
  → understudy thaw example.com.
  canary a: no answer; the other targets keep serial 9
  policy: policy.lua:7: oops; the default rule stands in for it
  canary a | unreachable | no answer; next attempt in 1m30s; breaker open for 2m after 7 failures
  target b | ok | serves serial 9; account acme: 4999 of 5000 used, refills at 2026-01-02T00:00:00Z
  target c | lagging | serves serial 8, not 9; no more attempts: ten attempts]], text)
  end)
end)
