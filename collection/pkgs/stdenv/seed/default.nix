# The seed: pinned .debs unpacked into one store path, and builds that run in a view of it as /usr.
#
# Two of them exist. The toolchain is small and frozen, for every build depends on it. The tools hold the toolchain
# and what some builds want besides; a change there rebuilds only those.
{ system }:

let
  fetchurl = import ../../build-support/fetchurl/pinned.nix;
  pins = builtins.fromJSON (builtins.readFile ../../debian/pins.json);
  roots = builtins.fromJSON (builtins.readFile ../../debian/roots.json);

  fetchPin =
    pin:
    fetchurl {
      url = "mirror://debian/${pin.path}";
      hash = pin.sha256;
    };

  # Names of the pins in `names` and of all that they depend on, sorted.
  closureOf =
    names:
    builtins.sort builtins.lessThan (
      map (entry: entry.key) (
        builtins.genericClosure {
          startSet = map (key: { inherit key; }) names;
          operator = entry: map (key: { inherit key; }) pins.${entry.key}.deps;
        }
      )
    );

  # The first program. Its .deb is the one archive that the builder itself unpacks.
  busybox = derivation {
    name = "busybox-static-${
      builtins.replaceStrings [ "1:" ] [ "" ] pins.busybox-static.version
    }";
    system = "builtin";
    builder = "builtin:unpack-deb";
    src = fetchPin pins.busybox-static;
    outputHashMode = "recursive";
    outputHashAlgo = null;
    outputHash = "sha256-a+vhuEHfvkrWOLfA9KHAkW9PVhGdB+eA/4/dEXIxFnI=";
    preferLocalBuild = true;
  };
  shell = "${busybox}/bin/busybox";

  makeSeed =
    {
      name,
      packages,
      links,
    }:
    derivation {
      inherit name system;
      builder = shell;
      args = [
        "sh"
        ./unpack.sh
      ];
      debs = map (package: fetchPin pins.${package}) (closureOf packages);
      links = builtins.concatStringsSep "\n" (
        builtins.attrValues (builtins.mapAttrs (link: target: "${link} ${target}") links)
      );
    };

  toolchainLinks = {
    # Where the store's C library looks for converters: /nix/lib is /usr/lib in the view.
    "usr/lib/gconv" = "x86_64-linux-gnu/gconv";
    "usr/bin/awk" = "gawk";
    "usr/bin/c++" = "g++";
    "usr/bin/cc" = "gcc";
    "usr/bin/sh" = "bash";
    "usr/bin/which" = "which.debianutils";
  };

  toolchain = makeSeed {
    name = "seed-toolchain";
    packages = roots.groups.toolchain;
    links = toolchainLinks;
  };

  tools = makeSeed {
    name = "seed-tools";
    packages = roots.groups.toolchain ++ roots.groups.tools;
    links = toolchainLinks // {
      "usr/bin/aclocal" = "aclocal-1.16";
      "usr/bin/automake" = "automake-1.16";
      "usr/bin/yacc" = "bison.yacc";
    };
  };

  # Builder and arguments of a derivation that runs `command` (a list, its program a path inside the view).
  viewOf = seed: command: {
    builder = shell;
    args = [
      "unshare"
      "-U"
      "-r"
      "-m"
      shell
      "sh"
      ./enter-view.sh
      seed
    ]
    ++ command;
  };

  # A derivation whose script runs under the seed's bash; `env` become its variables.
  runInSeed =
    {
      name,
      script,
      seed ? toolchain,
      env ? { },
    }:
    derivation (
      env
      // viewOf seed [
        "/usr/bin/bash"
        "-e"
        script
      ]
      // {
        inherit name system;
      }
    );
in
{
  inherit
    busybox
    closureOf
    fetchPin
    pins
    runInSeed
    shell
    toolchain
    tools
    viewOf
    ;
}
