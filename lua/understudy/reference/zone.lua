--- zone: what a zone can do.
return {
  name = "zone",
  title = "Zone",
  class = "understudy.Zone",
  text = [[A snapshot of a zone. It never changes: what edits it makes another one. `#zone` counts its
records, `a == b` compares content, `tostring(zone)` is a line about it. `zone["www"]` has the RRsets of that
owner as zone:rrsets gives them, or is nil, and `zone["www"].A` is one of them; a method comes first, so
write `zone["check.example.com."]` for an owner that is called like one.]],
  entries = {
    {
      name = "zone:lookup",
      parameters = {
        { "owner", "string", [["www", "@" for the apex, or absolute with its final dot]] },
        { "type", "string", [["A", "TYPE65280"]] },
      },
      returns = { { "RRset?", "nil if there is none" } },
      text = "Finds one RRset. Wildcards are not followed: this is what the zone says, and no query.",
      example = [[
> zone:lookup("@", "NS")
example.com.	3600	IN	NS	ns1.example.com.
example.com.	3600	IN	NS	ns2.example.com.
]],
    },
    {
      name = "zone:rrsets",
      parameters = { { "options?", "table", "which; without it all" } },
      options = {
        { "type?", "string", "only of this type" },
        { "under?", "string", "only at this name and below it; relative to the origin without a final dot" },
      },
      returns = { { "RRsets", "for a `for` loop; gives RRset after RRset, in canonical order" } },
      text = [[Goes through RRsets. They are views that cost next to nothing, made one at a time: a large zone
never becomes a table. Printed, it shows the first.]],
      example = [[
> for rrset in zone:rrsets { type = "A", under = "dev" } do print(rrset.owner) end
*.dev.example.com.
]],
    },
    {
      name = "zone:each",
      parameters = { { "options?", "table", "which; without it all" } },
      options = {
        { "type?", "string", "only of this type" },
        { "under?", "string", "only at this name and below it; relative to the origin without a final dot" },
      },
      returns = { { "RRsets", "for a `for` loop; gives owner, type, TTL and number of RRset after RRset" } },
      text = [[Goes through RRsets as zone:rrsets does, but gives plain values, which is several times as
fast: for policies over large zones. zone:rrset(number) gives the RRset.]],
      example = [[
> for owner, type, ttl, number in zone:each { under = "dev" } do print(owner, type, ttl, #zone:rrset(number)) end
*.dev.example.com.	A	3600	1
]],
    },
    {
      name = "zone:rrset",
      parameters = { { "number", "integer", "from 1 to zone.rrset_count, in canonical order" } },
      returns = { { "RRset", "" } },
      text = "The RRset of that number.",
      example = [[
> zone:rrset(1)[1]
ns1.example.com.
]],
    },
    {
      name = "zone:check",
      parameters = { { "options?", "table", "see below" } },
      options = {
        { "set?", "string", [["lenient", "default" (usual) or "strict": how grave the rules are]] },
        {
          "severities?", "table[]",
          [[{ rule=, severity=, owner?, under?, matching? }: how the set is changed, for all owners, for one, for one
and what is below it, or for those of a pattern as a policy has it; severity is "error", "warning", "info" or "off"; the
last that fits a finding decides]],
        },
        { "limit?", "integer", "how many findings to keep, the gravest; else 1000. All are counted" },
        { "background?", "boolean", "on another thread: a Job is returned at once" },
      },
      returns = { { "Report", "all findings, those of reading too" } },
      errors = { { "memory", "there was too little" } },
      text = [[Checks the zone by every rule, in one pass. Findings of severity "error" are what a
secondary would reject or serve wrongly.
An unknown rule or severity throws.]],
      example = [[
> zone:check().errors
0
]],
    },
    {
      name = "zone:diff",
      parameters = { { "after", "Zone", "of the same origin" } },
      returns = { { "Diff", "" } },
      errors = { { "refused", "the zones have different origins" } },
      text = "What turns this zone into another, RRset by RRset.",
      example = [[
> zone:diff(zone:with_serial(2026112302)):text()
--- example.com. 2026112301
+++ example.com. 2026112302
@@ example.com. SOA @@
-example.com.	3600	IN	SOA	ns1.example.com. hostmaster.example.com. 2026112301 14400 3600 1209600 300
+example.com.	3600	IN	SOA	ns1.example.com. hostmaster.example.com. 2026112302 14400 3600 1209600 300
1 RRset changed: 1 record added, 1 removed
]],
    },
    {
      name = "zone:with",
      parameters = { { "record, …", "table | string | RRset", "what to add" } },
      returns = { { "Zone", "" } },
      errors = { { "syntax", "a record cannot be read; err.report says why" }, { "absent", "no TTL is known" } },
      text = [[A zone with more records. A record is a table `{ owner = "www", type = "A", ttl = 300,
"192.0.2.1" }`, a line as in a zone file, or an RRset of any zone. Without a TTL it gets that of its
RRset, or else the SOA's.]],
      example = [[
> zone:with("new 300 A 192.0.2.99"):lookup("new", "A")
new.example.com.	300	IN	A	192.0.2.99
]],
    },
    {
      name = "zone:without",
      parameters = {
        { "owner", "string", "as for zone:lookup" },
        { "type?", "string", "else all types at that name" },
        { "data, …?", "string", "else all records of that type" },
      },
      returns = { { "Zone", "" } },
      errors = { { "syntax", "the owner, type or data cannot be read" } },
      text = "A zone without a name, an RRset, or single records of it.",
      example = [[
> zone:without("app", "POOL", "us.hosts.example.org."):lookup("app", "POOL")
app.example.com.	300	IN	POOL	eu.hosts.example.org.
]],
    },
    {
      name = "zone:edit",
      parameters = { { "change", "function", "is called with a Draft" } },
      returns = { { "Zone", "" } },
      errors = { { "syntax", "a record cannot be read; err.report says why" } },
      text = "A zone after many changes at once: quicker than one after the other, and all or nothing.",
      example = [[
> edited = zone:edit(function(draft) draft:remove("old"):add("new 300 A 192.0.2.99") end)
> #zone:diff(edited)
2
]],
    },
    {
      name = "zone:with_serial",
      parameters = { { "serial", "integer", "0 to 4294967295" } },
      returns = { { "Zone", "" } },
      errors = { { "absent", "the zone has no SOA" } },
      text = "The same zone with another serial in its SOA.",
      example = [[
> zone:with_serial(7).serial
7
]],
    },
    {
      name = "zone:digest",
      parameters = { { "algorithm?", "string", [["sha384" (usual) or "sha512"]] } },
      returns = { { "string", "hexadecimal" } },
      errors = { { "memory", "there was too little" } },
      text = "The digest that a ZONEMD of the zone must have (RFC 8976, scheme SIMPLE), its serial as it is.",
      example = [[
> #zone:digest()
96
]],
    },
    {
      name = "zone:check_digest",
      parameters = {},
      returns = { { "string", [["right", "wrong", "unsupported" or "absent"]] } },
      errors = { { "memory", "there was too little" } },
      text = "What the ZONEMD of the zone says of it. One that fits is enough.",
      example = [[
> zone:check_digest()
absent
]],
    },
    {
      name = "zone:flatten",
      parameters = { { "options?", "table", "how; see below" } },
      options = {
        { "answers?", "Answers", "what ALIAS and POOL targets resolve to" },
        { "pool?", "string", [["flatten" (usual): every host; "first", "rotate": one; "reject"]] },
        { "on_unresolved?", "string", [["hold" (usual): fail; "omit": leave it out]] },
        { "ttl?", "string", [["least" (usual): the least TTL on the way; "record": that of the record]] },
        { "min_ttl?", "integer", "seconds; the least TTL of what comes from ALIAS and POOL" },
        { "now?", "integer", [[seconds since the epoch: which host, for pool = "rotate"]] },
        { "companion?", "string", [["drop" (usual) or "keep" a TXT "ALIAS for" the target]] },
        { "redirect?", "string[]|string", "the web server that URL records lead to: its addresses, or its host" },
      },
      returns = { { "Zone", "standard records only" }, { "Report", "what was done, and what to know about it" } },
      errors = { { "refused", "something has no answer; err.report says what" } },
      text = [[Turns ALIAS, POOL and URL into standard records. It looks nothing up: `zone:targets()`
says which answers it needs.]],
      example = [[
> flat = understudy.parse { text = "old 300 URL https://example.org/", origin = "example.net" }
> flat:flatten { redirect = { "192.0.2.80" } }:lookup("old", "A")
old.example.net.	300	IN	A	192.0.2.80
]],
    },
    {
      name = "zone:targets",
      parameters = { { "options?", "table", "how; see below" } },
      options = {
        { "pool?", "string", "as for zone:flatten" },
        { "redirect?", "string[]|string", "as for zone:flatten" },
      },
      returns = { { "string[]", "sorted" } },
      text = "The names outside the zone whose addresses `zone:flatten` needs.",
      example = [[
> zone:targets()
{ "shop.cdn.example.net.", "eu.hosts.example.org.", "us.hosts.example.org." }
]],
    },
    {
      name = "zone:text",
      parameters = {},
      returns = { { "string", "" } },
      errors = { { "memory", "there was too little" } },
      text = "The zone in canonical form, one record a line: owner, TTL, class, type, data, between tabs.",
      example = [[
> zone:text():match "[^\n]+ALIAS[^\n]+"
example.com.	3600	IN	ALIAS	shop.cdn.example.net.
]],
    },
    {
      name = "zone:write",
      parameters = { { "path", "string", "the file" } },
      returns = { { "boolean", "true" } },
      errors = { { "io", "the file cannot be written" } },
      text = "Writes `zone:text()` to a file: as a whole or not at all, and onto the disk.",
      example = [[
> zone:write "/nowhere/example.com.zone"
nil	/nowhere/example.com.zone: No such file or directory
]],
    },
    { name = "zone.origin", type = "string", text = "The zone's name, with its final dot." },
    { name = "zone.serial", type = "integer?", text = "The serial of the SOA; nil without one." },
    {
      name = "zone.hash",
      type = "string",
      text = "64 hexadecimal digits of the content, whatever the serial: equal hash, equal zone.",
      example = [[
> zone.hash == zone:with_serial(7).hash
true
]],
    },
    { name = "zone.rrset_count", type = "integer", text = "How many RRsets there are." },
    { name = "zone.name_count", type = "integer", text = "How many names have records." },
    { name = "zone.memory", type = "integer", text = "Octets that the zone takes." },
    { name = "zone.reading", type = "Report", text = "What was noticed when the zone was read." },
  },
}
