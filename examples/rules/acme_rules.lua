--- Rules for all zones of a company, as a rock: `rules "acme_rules"` among the checks of a policy takes them up.

-- The mail cluster that every zone with mail uses.
local MAIL <const> = "10 mx.acme.example."

local function mail(zone)
  local mx = zone:lookup("@", "MX")
  if mx and (#mx > 1 or mx[1] ~= MAIL) then
    return { { owner = zone.origin, types = { "MX" }, message = "Mail does not go to the cluster." } }
  end
end

-- Names that a certificate is asked for need a CAA at the apex, else any authority may issue one.
local function authorities(zone)
  if not zone:lookup("@", "CAA") then
    return { { owner = zone.origin, message = "Any authority may issue certificates." } }
  end
end

return {
  {
    id = "acme.mail", severity = "error", check = mail,
    text = "Mail of a zone goes to the mail cluster or nowhere.",
    consequence = "Mail would pass by the virus scanner.",
    options = { { id = "cluster", label = "@ MX " .. MAIL, effect = "mail goes to the cluster" } },
  },
  {
    id = "acme.caa", severity = "warning", check = authorities,
    text = "A zone says which authorities may issue certificates.",
    authority = "RFC 8659 §3",
  },
}
