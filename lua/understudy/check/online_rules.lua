--- online_rules: the rules that need the network, as data. They never hold a zone back.

---@class understudy.OnlineRule in the form of core.rules()
---@field id string
---@field severity "warning"|"info"
---@field rule string
---@field consequence string
---@field authority string
---@field options table[]

local function rule(id, severity, text, consequence, authority, options)
  for i, option in ipairs(options) do
    options[i] = { id = option[1], label = option[2], effect = option[3] }
  end
  return {
    id = id, severity = severity, rule = text, consequence = consequence, authority = authority, options = options,
    group = "online", binding = false, sets = { lenient = severity, default = severity, strict = severity },
  }
end

---@type understudy.OnlineRule[]
return {
  rule("online.ns.address", "warning", "Each name server of the zone has an address.",
    "Resolvers cannot ask that name server.", "RFC 1034 §4.2.1", {
      { "publish", "publish addresses for the name server where its name lives", "resolvers can reach it" },
      { "correct", "correct the name in the NS record", "resolvers are sent to the right server" },
      { "remove", "remove the NS record", "resolvers ask the others only" },
    }),
  rule("online.ns.answer", "warning", "Each name server of the zone answers for it with authority.",
    "Resolvers that ask that server lose time, and some of them the answer.", "RFC 1912 §2.8", {
      { "configure", "have the server serve the zone", "resolvers get answers from it" },
      { "remove", "remove the NS record, here and at the parent", "resolvers ask the others only" },
    }),
  rule("online.target.absent", "warning", "What a CNAME, MX or SRV leads to exists.",
    "Whoever follows the record gets nothing.", "RFC 1034 §3.6.2, RFC 5321 §5.1, RFC 2782", {
      { "retarget", "correct the target", "clients find what is there" },
      { "create", "have the target published", "clients find it" },
      { "remove", "remove the record", "clients learn that there is nothing" },
    }),
  rule("online.parent.unknown", "info", "The parent zone answers for the delegation.",
    "Whether the delegation and its DS are right is not known.", "RFC 1034 §4.2.1", {
      { "delegate", "have the parent zone delegate the zone", "resolvers find it" },
      { "wait", "look again later", "the parent zone may answer by then" },
    }),
  rule("online.parent.ns", "warning", "The parent zone names the same name servers as the zone itself.",
    "Resolvers ask servers that the zone does not know, or never those that only the zone names.",
    "RFC 1034 §4.2.2, RFC 7477", {
      { "parent", "have the registrar or parent zone publish the NS of this zone", "resolvers ask all of them" },
      { "zone", "publish the NS of the parent in this zone", "both say the same" },
    }),
  rule("online.parent.glue", "warning", "The glue at the parent is the addresses of the name servers in the zone.",
    "Resolvers ask an address where the name server may not be, or cannot find it at all.", "RFC 1034 §4.2.1", {
      { "parent", "have the registrar or parent zone correct the glue", "resolvers start at the right address" },
      { "zone", "correct the addresses in this zone", "both say the same" },
    }),
  rule("online.late", "info", "Looking at a zone from outside ends in time.",
    "Some name servers were not asked, so what is wrong with them is not told.", "", {
      { "wait", "look again later", "the servers may be quicker by then" },
      { "mend", "see which of the name servers do not answer", "others need not wait for them" },
    }),
  rule("online.parent.ds", "warning", "A DS in the parent zone stands for a DNSKEY of the zone.",
    "Validating resolvers refuse every answer, unless the secondaries sign the zone with that key.",
    "RFC 4035 §5.2", {
      { "withdraw", "have the parent zone remove the DS", "the zone is resolved as unsigned" },
      { "replace", "have the parent zone publish a DS of a key that is used", "the zone validates" },
      { "sign", "have the zone signed with that key", "the zone validates" },
    }),
}
