--- proof: what events said to be deleted in a zone, and for how long that proves it.
--
-- A read that began after the event, and lacks what it said to be deleted, is believed. The proof ends with the first
-- read that has it: whatever is missing later was there again. It ends when a zone without it is accepted. And it ends
-- when it is old: what was created again, and is lacking in a read that is torn before any other saw it, can't be told
-- from what was deleted, so that must not be possible for longer than time alone needs to confirm that it is missing.

local names = require "understudy.sync.names"

local M = {}

---@class understudy.Proof
---@field id integer     of the event in the store
---@field owner string
---@field type? string
---@field at number      when it was said, on the clock that is never set
---@field over? string   why it proves nothing any more; the event is to be forgotten

--- When something was said that is of an age, by a clock that others may set: what is not yet said is none.
---@param asked_at number
---@param age number
---@return number
function M.said_at(asked_at, age)
  return age >= 0 and asked_at - age or -math.huge
end

--- Adds what an event said, in the place of the same that was said before.
---@param zone understudy.SyncZone
---@param proof understudy.Proof
---@return boolean new false if this event is there already
function M.add(zone, proof)
  local list = {}
  for _, known in ipairs(zone.proofs or {}) do
    local same = known.owner == proof.owner and known.type == proof.type
    if same and known.id == proof.id then
      return false
    end
    list[#list + 1] = not same and known or nil
  end
  list[#list + 1] = proof
  zone.proofs = list
  return true
end

--- Those that hold for a read that begins at a time. Those that are too old then are over.
---@param zone understudy.SyncZone
---@param at number
---@param seconds number for how long they hold
---@return understudy.Proof[]
function M.holding(zone, at, seconds)
  local list = {}
  for _, proof in ipairs(zone.proofs or {}) do
    if at - proof.at > seconds then
      proof.over = proof.over or "was said too long ago to prove anything"
    end
    list[#list + 1] = not proof.over and proof or nil
  end
  return list
end

--- What they say to be deleted, by the keys of understudy.sync.names.
---@param proofs understudy.Proof[]
---@return table<string, boolean>
function M.gone(proofs)
  local gone = {}
  for _, proof in ipairs(proofs) do
    gone[names.key(proof.owner, proof.type)] = true
  end
  return gone
end

-- Whether a zone has anything of what was said to be deleted.
local function has(zone, proof)
  local first = zone:rrsets { under = proof.owner, type = proof.type } () -- an owner stands before all that is below it
  return first ~= nil and first.owner == proof.owner
end

--- Those are over of which a read has something that began after they were said.
---@param proofs understudy.Proof[]
---@param zone any
function M.see(proofs, zone)
  for _, proof in ipairs(proofs) do
    proof.over = proof.over or has(zone, proof) and "is there all the same" or nil
  end
end

--- All of them are over: a read that they held for is accepted.
---@param proofs understudy.Proof[]
function M.accept(proofs)
  for _, proof in ipairs(proofs) do
    proof.over = proof.over or "is gone"
  end
end

--- The ids of those of a zone that are over, and of others; nil if there are none.
---@param zone understudy.SyncZone
---@param others? understudy.Proof[]
---@return integer[]?
function M.ended(zone, others)
  local ids, seen = {}, {}
  for _, list in ipairs { zone.proofs or {}, others or {} } do
    for _, proof in ipairs(list) do
      if (proof.over or list == others) and not seen[proof] then
        seen[proof], ids[#ids + 1] = true, proof.id
      end
    end
  end
  return #ids > 0 and ids or nil
end

--- Forgets those whose events are forgotten.
---@param zone understudy.SyncZone
---@param ids? integer[]
function M.forget(zone, ids)
  local ended, left = {}, {}
  for _, id in ipairs(ids or {}) do
    ended[id] = true
  end
  for _, proof in ipairs(zone.proofs or {}) do
    left[#left + 1] = not ended[proof.id] and proof or nil
  end
  zone.proofs = #left > 0 and left or nil
end

--- What came of those that are over, for people; nil if none is.
---@param zone understudy.SyncZone
---@return string?
function M.text(zone)
  local first, count = nil, 0
  for _, proof in ipairs(zone.proofs or {}) do
    first, count = first or proof.over and proof, count + (proof.over and 1 or 0)
  end
  local more = count > 1 and (", and %d more are settled"):format(count - 1) or ""
  return first and ("%s, said to be deleted, %s%s"):format(names.key(first.owner, first.type), first.over, more) or nil
end

return M
