--- report: what a report can do.
return {
  name = "report",
  title = "Report",
  class = "understudy.Report",
  text = [[Findings about a zone, sorted by place. `#report` counts those that were kept (the gravest
thousand), `report[i]` is one of them, `tostring(report)` are the first twenty.]],
  entries = {
    {
      name = "report.errors",
      type = "integer",
      text = "How many findings forbid to publish the zone.",
      example = [[
> understudy.parse { text = "www 300 A 192.0.2.1", origin = "example.net" }:check().errors
2
]],
    },
    { name = "report.warnings", type = "integer", text = "How many findings are worth a look." },
    { name = "report.infos", type = "integer", text = "How many findings only say what is so." },
    {
      name = "report.counts",
      type = "table",
      text = [[{ ["cname.coexist"] = 3, … }: how many findings there were of each rule, also of those not kept.]],
    },
    {
      name = "report:text",
      parameters = {},
      returns = { { "string", "" } },
      text = [[Every finding: its place, severity, rule and message, then what follows from it and what the
owner can do. The last line counts them.]],
      example = [[
> zone.reading:text()
0 errors, 0 warnings
]],
    },
    {
      name = "report:totable",
      parameters = {},
      returns = { { "table", "{ errors=, warnings=, infos=, counts=, findings={ Finding, … } }" } },
      text = "The findings as a table, for JSON; lists that are empty are left out.",
      example = [[
> zone.reading:totable()
{ errors = 0, infos = 0, warnings = 0 }
]],
    },
  },
}
