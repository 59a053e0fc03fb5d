--- understudy: the functions that `understudy` has itself.
return {
  name = "understudy",
  title = "The library",
  text = [[What `require "understudy"` gives. In `understudy repl` these names need no prefix.]],
  entries = {
    {
      name = "understudy.parse",
      parameters = { { "options", "table", "what to read, and within which limits" } },
      options = {
        { "text", "string", "a zone in master-file form; this or file" },
        { "file", "string", "the path of a zone file; this or text" },
        { "name?", "string", "what to call the text in places" },
        { "origin?", "string", "the zone's name; needed unless $ORIGIN or the SOA tell it" },
        { "include?", "string", "the folder that $INCLUDE may read from; without it $INCLUDE is refused" },
        { "region?", "string", [[the $REGION whose records are read besides those of all regions, or "all"]] },
        { "max_octets?", "integer", "the largest input" },
        { "max_records?", "integer", "the most records" },
        { "max_line?", "integer", "the longest record, in octets" },
        { "max_errors?", "integer", "give up after so many errors" },
        { "max_depth?", "integer", "how deep files may include one another" },
        { "background?", "boolean", "on another thread: a Job is returned at once" },
      },
      returns = { { "Zone", "immutable; zone.reading has the warnings" } },
      errors = {
        { "syntax", "it is no zone; err.report has every finding" },
        { "io", "the file cannot be read" },
        { "limit", "it is larger than the limits allow" },
      },
      text = [[Reads a zone from text or a file. All that is wrong is found in one go: the error tells the
first finding, its `report` has them all. ALIAS, POOL and URL are records like others.]],
      example = [[
> understudy.parse { text = "@ SOA ns1 admin 1 4h 1h 2w 5m", origin = "example.net" }
example.net.  serial 1  1 record in 1 name
]],
    },
    {
      name = "understudy.diff",
      parameters = { { "before", "Zone", "the zone as it was" }, { "after", "Zone", "of the same origin" } },
      returns = { { "Diff", "" } },
      errors = { { "refused", "the zones have different origins" } },
      text = "What turns one zone into another; the same as `before:diff(after)`.",
      example = [[
> understudy.diff(zone, zone:without "old")
--- example.com. 2026112301
+++ example.com. 2026112301
@@ old.example.com. URL @@
-old.example.com.	3600	IN	URL	"https://www.example.com/new"
1 RRset changed: 0 records added, 1 removed
]],
    },
    {
      name = "understudy.rules",
      parameters = {},
      returns = {
        { "table[]", "{ id=, group=, severity=, sets=, binding=, rule=, consequence=, authority=, options= }" },
      },
      text = [[Every rule that `zone:check()` knows: what it asks for, what follows when it is broken, by which
RFC, and what the owner can do. `sets` is { lenient=, default=, strict= }, its severity in each set of rules, and
`severity` that of the default set. A binding rule is an error in all: a name server refuses such a zone, or none
can be made of it. [checks.md](checks.md) has the rules as a page.]],
      example = [[
> understudy.rules()[1].rule
A zone file follows the syntax of master files.
]],
    },
    {
      name = "understudy.resolver",
      parameters = { { "options?", "table", "how; see below" } },
      options = {
        { "servers?", "string[]", [["192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53"; else those of the system]] },
        { "timeout?", "number", "seconds of a try" },
        { "tries?", "integer", "for each server" },
        { "agree?", "integer", [[servers that must say the same before "nodata" or "nxdomain" is believed: 1]] },
        { "allow?", "string[]", "ranges of special addresses that are taken all the same: those for documentation" },
        { "max_in_flight?", "integer", "questions that are out at a time, fewer after losses" },
        { "max_queued?", "integer", "questions that may wait for that" },
      },
      returns = { { "Resolver", "" } },
      errors = { { "syntax", "a server is no address" }, { "limit", "there are too many servers" },
        { "range", "more servers must agree than there are" } },
      text = [[Makes a resolver, which looks up addresses. It waits where it is called, or lets others run
when it is called in a coroutine of cqueues.]],
      example = [[
> resolver = understudy.resolver { servers = { "127.0.0.1" } }
> resolver:close()
]],
    },
    {
      name = "understudy.answers",
      parameters = { { "options?", "table", "how; see below" } },
      options = {
        { "min_ttl?", "integer", "seconds; shorter TTLs are taken as this" },
        { "max_ttl?", "integer", "seconds; longer TTLs are taken as this" },
        { "confirm?", "integer", "lookups in a row, over two TTLs, that must find no addresses to be believed: 3" },
        { "retry_first?", "number", "seconds until a failed lookup is repeated" },
        { "retry_max?", "number", "seconds; repeated failures do not wait longer" },
        { "max_stale?", "number", "seconds after which failures make good addresses unresolved: never" },
        { "jitter?", "number", "part of its pause by which a refresh comes later, 0 to 1: 0" },
        { "on_dangling?", "string", [["keep" (usual) or "remove" the addresses of a name that has none any more]] },
      },
      returns = { { "Answers", "" } },
      text = [[Makes an empty memory of what ALIAS and POOL targets resolve to. It keeps the last good
addresses when lookups fail.]],
      example = [[
> understudy.answers { max_ttl = 300 }
Answers (0)
]],
    },
    {
      name = "understudy.key",
      parameters = { { "options", "table", "see below" } },
      options = {
        { "name", "string", "the key's name, the same at both ends" },
        { "algorithm?", "string", [["hmac-sha256" (usual), "hmac-sha384", "hmac-sha512" or "hmac-sha1"]] },
        { "secret", "string", "in Base64; 16 octets at least" },
      },
      returns = { { "Key", "" } },
      errors = { { "syntax", "the secret is not Base64, or the algorithm unknown" }, { "range", "its length" } },
      text = "Makes a TSIG key. It prints without its secret.",
      example = [[
> understudy.key { name = "ns-b", secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }
key ns-b. hmac-sha256
]],
    },
    {
      name = "understudy.error",
      parameters = { { "fields", "table", "code and message at least; the fields of an error" } },
      returns = { { "Error", "the same table" } },
      text = "Makes an error object of a table, for functions that return `nil, err`.",
      example = [[
> understudy.error { code = "io", file = "a.zone", line = 3, message = "cannot be read" }
a.zone:3: cannot be read
]],
    },
    {
      name = "understudy.serial_compare",
      parameters = { { "a", "integer", "a serial" }, { "b", "integer", "a serial" } },
      returns = { { "integer?", "-1, 0 or 1; nil where neither is newer" } },
      text = "Compares two SOA serials as RFC 1982 does: they wrap around.",
      example = [[
> understudy.serial_compare(4294967295, 0)
-1
]],
    },
    {
      name = "understudy.serial_next",
      parameters = {
        { "last", "integer", "the serial in service" },
        { "wanted", "integer", "the one to have if it is newer" },
      },
      returns = { { "integer", "a serial that secondaries take as newer" } },
      text = "The serial to publish next: `wanted` if it is newer than `last`, else the one after `last`.",
      example = [[
> understudy.serial_next(2026112301, 2026112300)
2026112302
]],
    },
    {
      name = "understudy.policy",
      type = "table",
      text = "Policy files; see topic `policy`.",
    },
    {
      name = "understudy.units",
      type = "table",
      text = "Durations, shares and times as people write them; see topic `units`.",
    },
    {
      name = "understudy.version",
      type = "string",
      text = "The version of this software.",
    },
  },
}
