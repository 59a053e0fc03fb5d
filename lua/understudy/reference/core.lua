--- core: functions of the C module that `understudy` does not pass on.
return {
  name = "core",
  title = "The C module",
  text = [[What `require "understudy.core"` has beside the functions of the library. Servers and tools are
built of it; none of it waits.]],
  entries = {
    {
      name = "core.query",
      parameters = { { "octets", "string", "a message from the network" } },
      returns = { { "Query?", "nil for what must be dropped: no whole header, or a response" } },
      text = "Reads a request as a server sees it.",
      example = [[
> core = require "understudy.core"
> core.query(core.request { origin = "example.com" }.octets)
query example.com. SOA
]],
    },
    {
      name = "core.request",
      parameters = { { "options", "table", "see below" } },
      options = {
        { "kind?", "string", [["soa" (usual), "notify", "transfer", "query" or "update"]] },
        { "origin?", "string", "the zone's name, or that of the query; this or zone" },
        { "type?", "string", "of the query" },
        { "recurse?", "boolean", "of the query: a resolver is to find the answer" },
        { "diff?", "Diff", "what an update is to do (RFC 2136)" },
        { "any_soa?", "boolean", "for a server that can't compare its SOA; an update asks for that of the diff else" },
        { "zone?", "Zone", "a NOTIFY carries its SOA, a transfer asks for what changed since (IXFR)" },
        { "key?", "Key", "to sign with" },
        { "now?", "number", "seconds since the epoch, for the signature" },
      },
      returns = { { "Request", "" } },
      errors = { { "io", "there are no random numbers" }, { "limit", "an update does not fit one message" } },
      text = "Makes a SOA query, a NOTIFY or a request for a transfer, under a random id.",
      example = [[
> core = require "understudy.core"
> core.request { kind = "notify", zone = zone }
NOTIFY of example.com.
]],
    },
    {
      name = "core.udp",
      parameters = { { "options?", "table", "see below" } },
      options = {
        { "address?", "string", "an IP address; else 0.0.0.0" },
        { "port?", "integer", "0 (usual): any that is free" },
      },
      returns = { { "Udp", "" } },
      errors = { { "syntax", "that is no address" }, { "network", "the port cannot be had" } },
      text = "Binds a datagram socket that never blocks.",
      example = [[
> core = require "understudy.core"
> core.udp { address = "127.0.0.1" }.address
127.0.0.1
]],
    },
    {
      name = "core.streams",
      parameters = { { "options?", "table", "see below" } },
      options = {
        { "connections?", "integer", "at the same time (100); where there are too many, an idle one gives way" },
        { "per_peer?", "integer", "of these, from one address (10)" },
        { "queries?", "integer", "over one connection (10000)" },
        { "idle?", "number", "seconds for a whole query to come in (10)" },
        { "stall?", "number", "seconds for the peer to take 64 KB, or what there is (30)" },
        { "transfer?", "number", "seconds for a whole transfer (7200)" },
      },
      returns = { { "Streams", "" } },
      errors = { { "io", "the system has no descriptor for it" } },
      text = "Makes room for the TCP connections of a name server.",
      example = [[
> core = require "understudy.core"
> core.streams { connections = 4 }.count
0
]],
    },
    {
      name = "core.pack",
      parameters = { { "value", "any", "nil, a boolean, number, string or zone, or a table of them" } },
      returns = { { "string", "" } },
      text = "Makes octets of a value, for another Lua state of the same process. Zones in it are unpacked once only.",
      example = [[
> core = require "understudy.core"
> core.unpack(core.pack { 1, two = 2.5 }).two
2.5
]],
    },
    {
      name = "core.unpack",
      parameters = { { "octets", "string", "what core.pack made" } },
      returns = { { "any", "" } },
      text = "Makes the value again. Other octets raise an error.",
    },
    {
      name = "core.watch",
      parameters = {},
      returns = { { "Watch", "" } },
      errors = { { "io", "the system has no more of them" } },
      text = "Makes what tells of files in folders; it watches none yet.",
      example = [[
> require "understudy.core".watch():add "/tmp"
1
]],
    },
    {
      name = "core.resolver",
      parameters = { { "options?", "table", "as for understudy.resolver" } },
      returns = { { "CoreResolver", "" } },
      errors = { { "syntax", "a server is no address" }, { "limit", "there are too many servers" } },
      text = "Makes what `understudy.resolver` wraps: lookups for a loop of one's own.",
      example = [[
> core = require "understudy.core"
> core.resolver { servers = { "127.0.0.1" } }
Resolver (0 pending)
]],
    },
    {
      name = "core.address",
      parameters = { { "text", "string", "an IP address" } },
      returns = {
        { "string?", "its 4 or 16 octets; nil if it is none" },
        { "string?", "its one spelling (RFC 5952)" },
      },
      text = "Reads an IP address, so that equal ones can be told from their octets.",
      example = [[
> core = require "understudy.core"
> #core.address "2001:DB8::0:1", select(2, core.address "2001:DB8::0:1")
16	2001:db8::1
]],
    },
    {
      name = "core.name",
      parameters = {
        { "text", "string", "a name in presentation form (RFC 1035 §5.1)" },
        { "origin?", "string", "where a relative one belongs; else the root" },
      },
      returns = {
        { "string?", "as all names are printed, absolute and in lower case; nil if it is none" },
        { "string?", "then why" },
      },
      text = "Reads a domain name, so that equal ones have one spelling.",
      example = [[
> core = require "understudy.core"
> core.name("WWW", "example.com")
www.example.com.
]],
    },
    {
      name = "core.printable",
      parameters = { { "text", "string", "any octets" } },
      returns = { { "boolean", "true or false" } },
      text = "Whether a text has no control characters, so that it is one line and moves no cursor of a terminal.",
      example = [[
> core = require "understudy.core"
> core.printable "one\ntwo"
false
]],
    },
    {
      name = "core.name_under",
      parameters = { { "name", "string", "a name" }, { "ancestor", "string", "another" } },
      returns = { { "boolean", "true or false" } },
      text = "Whether a name is another one or below it.",
      example = [[
> core = require "understudy.core"
> core.name_under("www.example.com.", "example.com.")
true
]],
    },
    {
      name = "core.name_matches",
      parameters = {
        { "name", "string", "a name" },
        { "pattern", "string", "a * is any part of a label, as the first label one label or more; \\* is a *" },
        { "origin?", "string", "where relative ones belong; else the root" },
      },
      returns = { { "boolean", "true or false" } },
      text = "Whether a pattern stands for a name.",
      example = [[
> core = require "understudy.core"
> core.name_matches("a.b.example.com.", "*.example.com.")
true
]],
    },
    {
      name = "core.type_name",
      parameters = { { "text", "string", "a record type, by its name or as TYPE and its number (RFC 3597 §5)" } },
      returns = { { "string?", "as all types are printed; nil if no record in a zone can have it" } },
      text = "Reads a record type, so that equal ones have one spelling.",
      example = [[
> core = require "understudy.core"
> core.type_name "type257", core.type_name "AXFR"
CAA	nil
]],
    },
    {
      name = "core.make_folder",
      parameters = { { "path", "string", "where" }, { "private?", "boolean", "only its owner may enter" } },
      returns = { { "boolean", "true" } },
      errors = { { "io", "it cannot be made" } },
      text = "Makes a folder, and those above it that are missing. One that exists is left as it is.",
      example = [[
> core = require "understudy.core"
> core.make_folder("/tmp", true)
true
]],
    },
    {
      name = "core.disk_space",
      parameters = { { "path", "string", "a file or folder" } },
      returns = { { "table", "octets, size, inodes?, readonly: of the file system, what users can still take" } },
      errors = { { "io", "it is not there, or can't be looked at" } },
      text = "Tells how much room there is on a disk. Some file systems count no inodes.",
      example = [[
> core = require "understudy.core"
> core.disk_space("/tmp").readonly
false
]],
    },
    {
      name = "core.lock_holder",
      parameters = { { "path", "string", "a file" } },
      returns = { { "integer|boolean", "the number of the process; false if there is none" } },
      errors = { { "io", "it is not there, or can't be read" } },
      text = [[Tells who has locked a file or a part of it, without taking a lock. Closing the file gives up the locks
that this process has on it, so it is for those of others.]],
      example = [[
> core = require "understudy.core"
> core.lock_holder "/etc/passwd"
false
]],
    },
    {
      name = "core.create_file",
      parameters = {
        { "path", "string", "where" },
        { "text", "string", "what is to stand in it" },
        { "private?", "boolean", "only its owner may read it" },
      },
      returns = { { "boolean", "true" } },
      errors = { { "exists", "there is such a file" }, { "io", "it cannot be written" } },
      text = "Writes a file that was not there before.",
      example = [[
> core = require "understudy.core"
> core.create_file("/tmp", "")
nil	/tmp: exists already
]],
    },
    {
      name = "core.become",
      parameters = { { "user", "string", "name" } },
      returns = { { "boolean", "true" } },
      errors = { { "absent", "there is no such user" }, { "refused", "the process may not become that" } },
      text = "Gives up the rights of the superuser for those of a user, for good.",
      example = [[
> core = require "understudy.core"
> core.become "no-such-user"
nil	there is no user 'no-such-user'
]],
    },
    {
      name = "core.classes",
      parameters = {},
      returns = { { "table", [[{ ["understudy.Zone"] = { methods = {…}, fields = {…} }, … }]] } },
      text = "The methods and fields of every class of the C module, by name: functions, and true.",
      example = [[
> core = require "understudy.core"
> type(core.classes()["understudy.Zone"].methods.check)
function
]],
    },
    {
      name = "core.interruptible",
      parameters = { { "f", "function", "what to call" }, { "…?", "any", "its arguments" } },
      returns = { { "any", "what f returns" } },
      text = [[Calls a function in which Ctrl-C throws "interrupted" instead of ending the process. Three
times in vain end it all the same.]],
      example = [[
> core = require "understudy.core"
> core.interruptible(math.max, 1, 2)
2
]],
    },
    {
      name = "core.await_key",
      parameters = {},
      returns = { { "boolean", "false: Ctrl-C came first" } },
      text = "Waits until there is something to read on standard input, or its end.",
    },
    {
      name = "core.terminal",
      parameters = {},
      returns = { { "integer?", "rows" }, { "integer?", "columns" } },
      text = "The size of the terminal; nil unless standard input and output are one.",
    },
  },
}
