--- diff: what a diff can do.
return {
  name = "diff",
  title = "Diff",
  class = "understudy.Diff",
  text = [[What turns one zone into another. `#diff` counts the RRsets that differ, the SOA among them;
`tostring(diff)` are its first lines.]],
  entries = {
    {
      name = "diff.added",
      type = "integer",
      text = "How many records are new, the SOA among them.",
      example = [[
> zone:diff(zone:with "new 300 A 192.0.2.99").added
1
]],
    },
    { name = "diff.removed", type = "integer", text = "How many records are gone, the SOA among them." },
    { name = "diff.ttls", type = "integer", text = "How many RRsets keep their records and change their TTL." },
    {
      name = "diff:text",
      parameters = {},
      returns = { { "string", "" } },
      errors = { { "memory", "there was too little" } },
      text = "All changes, one record a line, after - or +.",
      example = [[
> zone:diff(zone:without "old"):text()
--- example.com. 2026112301
+++ example.com. 2026112301
@@ old.example.com. URL @@
-old.example.com.	3600	IN	URL	"https://www.example.com/new"
1 RRset changed: 0 records added, 1 removed
]],
    },
    {
      name = "diff:nsupdate",
      parameters = {},
      returns = { { "string", "" } },
      errors = {
        { "absent", "a zone has no SOA" },
        { "refused", "ALIAS, POOL or URL are among the changes" },
      },
      text = [[The changes as a script for nsupdate(1), which asks first whether the server still has the old
SOA.]],
      example = [[
> zone:diff(zone:without "mail"):nsupdate()
zone example.com.
check-names off
prereq yxrrset example.com. IN SOA ns1.example.com. hostmaster.example.com. 2026112301 14400 3600 1209600 300
update delete mail.example.com. IN A
update add example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 2026112301 14400 3600 1209600 300
send
]],
    },
    {
      name = "diff:apply",
      parameters = { { "zone", "Zone", "equal to the one that the diff starts from" } },
      returns = { { "Zone", "" } },
      errors = { { "refused", "the zone is not what the diff starts from" } },
      text = "Makes the changes.",
      example = [[
> after = zone:without "old"
> zone:diff(after):apply(zone) == after
true
]],
    },
    {
      name = "diff:totable",
      parameters = {},
      returns = { { "table", "{ zone=, from=, to=, changes={ { owner=, type=, before=, after= }, … } }" } },
      text = [[The changes as a table, for JSON. `before` and `after` are `{ ttl=, records={…} }`, and
missing where there is no RRset; `from` and `to` are serials.]],
      example = [[
> zone:diff(zone:without "old"):totable().changes[1]
{
  before = { records = { "\"https://www.example.com/new\"" }, ttl = 3600 },
  owner  = "old.example.com.",
  type   = "URL",
}
]],
    },
  },
}
