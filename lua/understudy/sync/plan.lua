--- plan: names a step from one source zone to another, so that a person can approve that step and no other.

local digest = require "openssl.digest"

local hex = require "understudy.hex"

local M = {}

local DIGITS <const> = 16

--- The hash of the step from the accepted source zone to another. It does not depend on what ALIAS targets resolve
--- to, so it stays while addresses move; and it is another one as soon as either zone is.
---@param accepted? any the source zone that is published
---@param source any the zone to come
---@return string
function M.hash(accepted, source)
  local text = (accepted and accepted.hash or "") .. " " .. source.origin .. " " .. source.hash
  return hex.encode(digest.new("sha256"):final(text)):sub(1, DIGITS)
end

return M
