# Tests of the package collection that failed: the empty list where all is well.
{
  pkgs ? import ../../default.nix { },
}:

let
  inherit (pkgs) lib;
  tests = import ./evaluation.nix { inherit lib pkgs; };
in
lib.concatMap (
  name:
  let
    test = tests.${name};
  in
  lib.optional (test.expr != test.expected) {
    inherit name;
    inherit (test) expected;
    result = test.expr;
  }
) (lib.attrNames tests)
