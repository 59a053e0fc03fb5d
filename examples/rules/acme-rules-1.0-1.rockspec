rockspec_format = "3.0"
package = "acme-rules"
version = "1.0-1"
source = { url = "git+https://git.acme.example/acme-rules.git" }
description = { summary = "What zones of Acme have to look like", license = "MIT" }
dependencies = { "lua >= 5.4, < 5.5", "understudy" }
build = { type = "builtin", modules = { acme_rules = "acme_rules.lua" } }
