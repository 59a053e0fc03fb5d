-- Runs the specs with busted under this Lua; arguments are busted's.
require "busted.runner" { standalone = false }
