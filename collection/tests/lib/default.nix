# "ok:<number of tests>", or a text about the failed ones.
let
  lib = import ../../lib;

  files = builtins.filter (name: name != "default.nix" && lib.hasSuffix ".nix" name) (
    builtins.attrNames (builtins.readDir ./.)
  );

  tests = lib.concatMapAttrs (
    file: cases: lib.mapAttrs' (name: lib.nameValuePair "test ${file}: ${name}") cases
  ) (lib.genAttrs files (file: import (./. + "/${file}") { inherit lib; }));

  failures = lib.runTests tests;
in
if failures == [ ] then
  "ok:${toString (lib.length (lib.attrNames tests))}"
else
  lib.concatMapStringsSep "\n" (
    f:
    "${f.name}\n  expected: ${lib.generators.toPretty { multiline = false; } f.expected}\n  result: ${
      lib.generators.toPretty { multiline = false; } f.result
    }"
  ) failures
