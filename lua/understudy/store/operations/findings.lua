--- findings: what the newest judgement of each zone found.

local fence = require "understudy.store.operations.fence"
local lists = require "understudy.store.operations.lists"

local M = {}

--- By zone, lists of {zone, position, rule, severity, fingerprint, owner, message, detail, since} in their order.
function M.findings(db, names)
  local rows, err = db:rows("SELECT * FROM findings WHERE zone IN :names ORDER BY zone, position", { names = names })
  return rows and lists(rows), err
end

--- Puts the findings of a zone in the place of those before; one that was there before keeps the time since when it is.
---@param db table
---@param lease {zone: string, at: number}
---@param findings {rule: string, severity: string, fingerprint: string, owner: string, message: string,
---  detail: string}[]
function M.save_findings(db, lease, findings)
  return db:transaction(function()
    fence.check(db, lease)
    local since = {}
    for _, row in ipairs(assert(db:rows("SELECT fingerprint, since FROM findings WHERE zone = :zone", lease))) do
      since[row.fingerprint] = row.since
    end
    assert(db:execute("DELETE FROM findings WHERE zone = :zone", lease))
    for i, finding in ipairs(findings) do
      finding.zone, finding.position, finding.since = lease.zone, i, since[finding.fingerprint] or lease.at
      assert(db:execute([[INSERT INTO findings
          (zone, position, rule, severity, fingerprint, owner, message, detail, since)
        VALUES (:zone, :position, :rule, :severity, :fingerprint, :owner, :message, :detail, :since)]], finding))
    end
    return true
  end)
end

return M
