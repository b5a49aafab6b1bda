# Fixed points, overriding and scopes.
{ lib }:

let
  add = { a, b ? 10 }: { sum = a + b; inherit a b; };
in
{
  extends = {
    expr = lib.fix (lib.extends (final: prev: { b = prev.a + final.c; c = 5; }) (self: { a = 1; }));
    expected = {
      a = 1;
      b = 6;
      c = 5;
    };
  };
  composeManyExtensions = {
    expr =
      ((lib.makeExtensible (self: { a = 1; })).extend (
        lib.composeManyExtensions [
          (final: prev: { a = prev.a + 1; })
          (final: prev: { a = prev.a * 10; })
        ]
      )).a;
    expected = 20;
  };
  callPackageTakesByName = {
    expr = (lib.callPackageWith { a = 1; c = 9; } add { }).sum;
    expected = 11;
  };
  overrideOnceAndAgain = {
    expr =
      let
        p = lib.callPackageWith { a = 1; } add { };
      in
      [
        (p.override { b = 2; }).sum
        ((p.override { b = 2; }).override (old: { a = old.b * 100; })).sum
      ];
    expected = [
      3
      202
    ];
  };
  overrideKeepsArguments = {
    expr = lib.functionArgs (lib.callPackageWith { a = 1; } add { }).override;
    expected = {
      a = false;
      b = true;
    };
  };
  scope = {
    expr =
      let
        scope = lib.makeScope lib.callPackageWith (self: {
          one = self.callPackage ({ }: 1) { };
          two = self.callPackage ({ one }: one + 1) { };
        });
      in
      [
        scope.two
        (scope.overrideScope (final: prev: { one = 10; })).two
      ];
    expected = [
      2
      11
    ];
  };
  outputs = {
    expr =
      let
        drv = lib.extendDerivation true { extra = 1; } (derivation {
          name = "x";
          system = "s";
          builder = "b";
          outputs = [ "out" "dev" ];
        });
      in
      [
        drv.extra
        drv.dev.extra
        drv.dev.outputSpecified
        (lib.getDev drv).outputName
      ];
    expected = [
      1
      1
      true
      "dev"
    ];
  };
  licenses = {
    expr = [
      lib.licenses.mit.spdxId
      lib.licenses.unfree.free
      (lib.getLicenseFromSpdxId "gpl-3.0-or-later").shortName
    ];
    expected = [
      "MIT"
      false
      "gpl3Plus"
    ];
  };
  platforms = {
    expr =
      let
        p = lib.systems.elaborate "x86_64-linux";
      in
      [
        p.config
        p.isLinux
        p.parsed.cpu.bits
        (lib.meta.availableOn p { meta.platforms = lib.platforms.linux; })
        (lib.meta.availableOn p { meta.platforms = lib.platforms.darwin; })
      ];
    expected = [
      "x86_64-unknown-linux-gnu"
      true
      64
      true
      false
    ];
  };
  textClosure = {
    expr = lib.textClosureMap lib.id {
      a = lib.fullDepEntry "a" [ "b" ];
      b = lib.noDepEntry "b";
      c = lib.stringAfter [ "a" ] "c";
    } [ "c" "b" ];
    expected = "b\na\nc";
  };
}
