{ lib }:

{
  attrByPath = {
    expr = [
      (lib.attrByPath [ "a" "b" ] 6 { a.b = 3; })
      (lib.attrByPath [ "z" "b" ] 6 { a.b = 3; })
    ];
    expected = [
      3
      6
    ];
  };
  filterAttrsRecursive = {
    expr = lib.filterAttrsRecursive (_: v: v != null) {
      a.b = null;
      c = 1;
    };
    expected = {
      a = { };
      c = 1;
    };
  };
  recursiveUpdate = {
    expr = lib.recursiveUpdate {
      a.b = 1;
      a.c = 2;
    } { a.b = 3; };
    expected = {
      a = {
        b = 3;
        c = 2;
      };
    };
  };
  updateManyAttrsByPath = {
    expr =
      lib.updateManyAttrsByPath
        [
          {
            path = [ "a" "b" ];
            update = old: { d = old.c; };
          }
          {
            path = [ "a" "b" "c" ];
            update = old: old + 1;
          }
          {
            path = [ "x" "y" ];
            update = _: "xy";
          }
        ]
        { a.b.c = 0; };
    expected = {
      a.b.d = 1;
      x.y = "xy";
    };
  };
  cartesianProduct = {
    expr = lib.cartesianProduct {
      a = [ 1 2 ];
      b = [ 10 20 ];
    };
    expected = [
      { a = 1; b = 10; }
      { a = 1; b = 20; }
      { a = 2; b = 10; }
      { a = 2; b = 20; }
    ];
  };
  mapAttrsRecursive = {
    expr = lib.mapAttrsRecursive (path: v: "${lib.concatStringsSep "-" path}=${v}") {
      n.a = "A";
      d = "D";
    };
    expected = {
      n.a = "n-a=A";
      d = "d=D";
    };
  };
  mergeAttrsListTakesTheLast = {
    expr = lib.mergeAttrsList [
      { a = 1; }
      { b = 2; }
      { a = 3; }
    ];
    expected = {
      a = 3;
      b = 2;
    };
  };
  getOutputFallsBack = {
    expr = [
      (lib.getDev { dev = "d"; })
      (lib.getDev { out = "o"; })
    ];
    expected = [
      "d"
      { out = "o"; }
    ];
  };
  foldlAttrs = {
    expr = lib.foldlAttrs (acc: n: v: "${acc}${n}${toString v}") "" {
      b = 2;
      a = 1;
    };
    expected = "a1b2";
  };
  collect = {
    expr = lib.collect builtins.isList {
      a.b = [ 1 ];
      c = [ 2 ];
      d = "no";
    };
    expected = [
      [ 1 ]
      [ 2 ]
    ];
  };
  matchAttrs = {
    expr = lib.matchAttrs { cpu.bits = 64; } {
      cpu.bits = 64;
      cpu.name = "x";
    };
    expected = true;
  };
}
