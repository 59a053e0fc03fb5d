--- units: durations, shares and times as text.
return {
  name = "units",
  title = "Units",
  text = "Durations, shares and times as people write and read them: `understudy.units`.",
  entries = {
    {
      name = "units.duration",
      parameters = { { "value", "string | number", [["5m", "1h30m", "0.5s", or seconds]] } },
      returns = { { "number?", "seconds" }, { "string?", "what is wrong" } },
      text = "Reads a duration of up to ten years.",
      example = [[
> understudy.units.duration "1h30m"
5400
]],
    },
    {
      name = "units.span",
      parameters = { { "seconds", "number", "how long" } },
      returns = { { "string", "two units at most" } },
      text = "Writes a duration.",
      example = [[
> understudy.units.span(5430)
1h30m
]],
    },
    {
      name = "units.fraction",
      parameters = { { "value", "string | number", [["20%" or 0.2]] } },
      returns = { { "number?", "0 to 1" }, { "string?", "what is wrong" } },
      text = "Reads a share.",
      example = [[
> understudy.units.fraction "20%"
0.2
]],
    },
    {
      name = "units.time",
      parameters = { { "time", "number", "seconds since the epoch" } },
      returns = { { "string", "ISO 8601, UTC" } },
      text = "Writes a time.",
      example = [[
> understudy.units.time(0)
1970-01-01T00:00:00Z
]],
    },
    {
      name = "units.count",
      parameters = {
        { "count", "integer", "how many" },
        { "noun", "string", "for one" },
        { "plural?", "string", "for more, if it is not just an s longer" },
      },
      returns = { { "string", "" } },
      text = "Writes a number with its noun.",
      example = [[
> understudy.units.count(2, "zone")
2 zones
]],
    },
    {
      name = "units.show",
      parameters = { { "value", "any", "anything" } },
      returns = { { "string", "" } },
      text = "Writes a value as it could stand in a policy, for messages.",
      example = [[
> understudy.units.show "5m"
"5m"
]],
    },
  },
}
