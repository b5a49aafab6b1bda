let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    (lib.mkRemovedOptionModule [ "old" "one" ] "Use the new one.")
    { options.assertions = mkOption { type = types.listOf types.anything; }; }
    { _file = "a.nix"; old.one = 2; }
  ];
}).config.old.one
