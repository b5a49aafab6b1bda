# Relocated .debs: one store path for each unit of pinned packages, as `debian.<name>`.
{
  lib,
  seed,
  pins ? seed.pins,
  units ? import ./units.nix,
}:

let
  inherit (lib)
    attrNames
    concatMap
    concatStringsSep
    elem
    filter
    listToAttrs
    mapAttrs
    mapAttrsToList
    nameValuePair
    optionals
    unique
    ;
  inherit (seed) fetchPin runInSeed;

  # Their libraries are the store paths `glibc` and `gccLibs`.
  glibcPackages = [
    "libc6"
    "libc-bin"
  ];
  gccLibsPackages = [
    "gcc-12-base"
    "libatomic1"
    "libgcc-s1"
    "libgomp1"
    "libquadmath0"
    "libstdc++6"
  ];

  # Without Debian's epoch, which only orders versions, and without what a store path's name may not hold.
  versionOf =
    name:
    builtins.replaceStrings [ "~" ] [ "-" ] (lib.last (lib.splitString ":" pins.${name}.version));

  # A base library with what a package tells about itself.
  described =
    package: drv:
    drv
    // {
      pname = lib.getName drv.name;
      version = versionOf package;
      meta = {
        inherit (drv) name;
        platforms = [ "x86_64-linux" ];
      };
    };

  gccLibs = described "libgcc-s1" (runInSeed {
    name = "gcc-libs-${versionOf "libgcc-s1"}";
    script = ./gcc-libs.sh;
    env = {
      debs = map (name: fetchPin pins.${name}) (filter (name: name != "gcc-12-base") gccLibsPackages);
    };
  });

  glibc = described "libc6" (runInSeed {
    name = "glibc-${versionOf "libc6"}";
    script = ./glibc.sh;
    env = {
      debs = map (name: fetchPin pins.${name}) glibcPackages;
      inherit gccLibs;
    };
  });

  # Package name -> unit name. What depends on each other can only be one unit.
  merged = listToAttrs (
    concatMap (unit: map (name: nameValuePair name unit) (units.${unit}.packages or [ ])) (
      attrNames units
    )
  );
  unitOf = name: merged.${name} or pins.${name}.cycle or name;

  members = builtins.groupBy unitOf (
    filter (name: !(elem name glibcPackages || elem name gccLibsPackages)) (attrNames pins)
  );

  depsOf =
    unit:
    let
      others = filter (name: unitOf name != unit) (concatMap (name: pins.${name}.deps) members.${unit});
      special = glibcPackages ++ gccLibsPackages;
    in
    unique (map unitOf (filter (name: !elem name special) others));

  # Units that the shell itself needs cannot have it as interpreter.
  belowShell = map (entry: entry.key) (
    builtins.genericClosure {
      startSet = [ { key = unitOf "bash"; } ];
      operator = entry: map (key: { inherit key; }) (depsOf entry.key);
    }
  );

  relocated = mapAttrs (
    unit: names:
    let
      settings = units.${unit} or { };
      main = if elem unit names then unit else builtins.head names;
      version = versionOf main;
      drv = runInSeed {
        name = "${unit}-${version}";
        script = ./relocate.sh;
        env = {
          debs = map (name: fetchPin pins.${name}) names;
          deps = map (dep: relocated.${dep}) (depsOf unit);
          inherit gccLibs glibc;
          shell = if elem unit belowShell then "" else relocated.${unitOf "bash"};
          links = concatStringsSep "\n" (
            mapAttrsToList (link: target: "${link} ${target}") (settings.links or { })
          );
          postRelocate = settings.postRelocate or "";
          disallowedReferences = [
            seed.toolchain
            seed.busybox
          ];
        };
      };
    in
    drv
    // {
      pname = unit;
      inherit version;
      meta = {
        description = "Debian's build of ${concatStringsSep ", " names}";
        platforms = [ "x86_64-linux" ];
      };
    }
  ) members;

  aliases = mapAttrs (name: unit: relocated.${unit}) (
    removeAttrs merged (attrNames relocated)
  );
in
aliases
// relocated
// lib.genAttrs glibcPackages (_: glibc)
// lib.genAttrs gccLibsPackages (_: gccLibs)
// {
  inherit gccLibs glibc;
}
