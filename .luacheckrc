-- What luacheck checks lua/, spec/ and examples/ for.
std = "lua54"
max_line_length = 120

-- The words of a policy file.
stds.policy = { read_globals = { "backoff", "key", "policy", "postgresql", "source", "target", "zone" } }

files["examples"].std = "lua54+policy"
files["spec"].std = "+busted"
files[".luacheckrc"].std = "+luacheckrc"
