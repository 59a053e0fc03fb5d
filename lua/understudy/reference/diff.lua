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
      name = "diff.from",
      type = "integer?",
      text = "The serial of the zone that it starts from; nil if that has no SOA.",
    },
    { name = "diff.to", type = "integer?", text = "The serial of the zone that it leads to; nil if that has no SOA." },
    {
      name = "diff.ixfr_records",
      type = "integer",
      text = [[How many records an incremental transfer of it has (RFC 1995); 0 where there can be none, because
the serial does not move forward, or ALIAS, POOL or URL are among the changes.]],
      example = [[
> zone:diff(zone:without("old"):with_serial(2026112302)).ixfr_records
0
> flat = understudy.parse { text = "@ 60 SOA ns admin 1 4h 1h 2w 5m", origin = "example.net" }
> flat:diff(flat:with("www A 192.0.2.1"):with_serial(2)).ixfr_records
5
]],
    },
    {
      name = "diff:compact",
      parameters = {},
      returns = { { "Diff", "" } },
      errors = { { "memory", "there was too little" } },
      text = "The same diff, for keeping: it holds the RRsets that differ, and no longer the two zones.",
    },
    {
      name = "diff:join",
      parameters = { { "later", "Diff", "that starts from the serial where this one ends" } },
      returns = { { "Diff", "compact" } },
      errors = { { "refused", "the later one does not start where this one ends" } },
      text = "One diff for two in a row.",
    },
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
