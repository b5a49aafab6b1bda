# Value of an environment variable, or the default where it is empty.
name: default:

let
  value = builtins.getEnv name;
in
if value == "" then default else value
