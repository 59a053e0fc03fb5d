--- reading: the operations that only read, as a set: they need no lock of those who write.

local M = {}

for _, name in ipairs {
  "acknowledgements", "answer_changes", "answers", "answers_of", "budgets", "claimable", "compare_policies",
  "deletions", "deliveries", "deltas", "events", "findings", "freezes", "history", "last_publication",
  "members", "newest", "old_answers", "old_deliveries", "owned", "policies_of_others", "publication_chain",
  "published", "published_since", "pull_chain", "pulls", "recall", "runs", "settings", "unknown_settings",
  "verdicts", "waivers", "zones",
} do
  M[name] = true
end

return M
