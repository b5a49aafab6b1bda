let lib = import ../../../lib; inherit (lib) mkOption types evalModules; in
(evalModules {
  modules = [
    { options.a = mkOption { type = types.int; }; }
    ({ pkgz, ... }: { a = pkgz.b; })
  ];
}).config.a
