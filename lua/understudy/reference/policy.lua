--- policy: reading policy files.
return {
  name = "policy",
  title = "Policies",
  text = [[Reading policy files, `understudy.policy`. What can stand in one is in docs/policy.md.]],
  entries = {
    {
      name = "policy.load",
      parameters = { { "path", "string", "the file" } },
      returns = { { "table", "zones, listen, resolver, alias, retry … as the policy sets them" } },
      errors = {
        { "absent", "there is no such file" },
        { "io", "it cannot be read" },
        { "policy", "it is wrong; the message has a line for each fault" },
      },
      text = "Reads a policy file and checks it as a whole.",
      example = [[
> understudy.policy.load "/nowhere/understudy.lua"
nil	/nowhere/understudy.lua: No such file or directory
]],
    },
    {
      name = "policy.parse",
      parameters = {
        { "text", "string", "a policy" },
        { "file", "string", "its name; paths in it are relative to its folder" },
      },
      returns = { { "table", "" } },
      errors = { { "policy", "it is wrong; the message has a line for each fault" } },
      text = "Reads a policy from text.",
      example = [[
> understudy.policy.parse("return policy { zoens = { 'example.com' } }", "web.lua")
nil
web.lua:1: zoens: unknown option 'zoens', did you mean 'zones'?
web.lua:1: the option 'zones' is missing
]],
    },
    {
      name = "policy.state_folder",
      parameters = { { "path", "string", "the file" } },
      returns = { { "string", "" } },
      text = "The state folder that a policy file names, as far as that can be told of one that is broken.",
      example = [[
> understudy.policy.state_folder "/nowhere/understudy.lua"
/nowhere/state
]],
    },
    {
      name = "policy.zone_name",
      parameters = { { "name", "string", "as someone wrote it" } },
      returns = { { "string?", "in lower case, with its final dot" }, { "string?", "what is wrong" } },
      text = "A zone's name as policies have it; nil and the reason if it is none.",
      example = [[
> understudy.policy.zone_name "Example.COM"
example.com.
]],
    },
  },
}
