--- version: of this software.
return "0.1.0-dev"
