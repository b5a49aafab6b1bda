{ lib }:

{
  foldrIsLazy = {
    expr = lib.foldr (x: acc: x || acc) false [
      true
      (throw "looked too far")
    ];
    expected = true;
  };
  flatten = {
    expr = lib.flatten [
      1
      [
        2
        [ [ 3 ] ]
      ]
      [ ]
    ];
    expected = [
      1
      2
      3
    ];
  };
  findFirstStopsEarly = {
    expr = lib.findFirst (x: x > 1) 0 [
      1
      2
      3
    ];
    expected = 2;
  };
  findFirstOfALongList = {
    expr = lib.findFirst (x: x == 99999) null (lib.range 0 100000);
    expected = 99999;
  };
  sublistPastTheEnd = {
    expr = lib.sublist 1 5 [
      1
      2
    ];
    expected = [ 2 ];
  };
  takeEnd = {
    expr = lib.takeEnd 2 [
      1
      2
      3
    ];
    expected = [
      2
      3
    ];
  };
  toposort = {
    expr = lib.toposort (a: b: a < b) [
      3
      2
      1
    ];
    expected = {
      result = [
        1
        2
        3
      ];
    };
  };
  toposortCycle = {
    expr =
      (lib.toposort
        (
          a: b:
          {
            "1" = b == 2;
            "2" = b == 3;
            "3" = b == 1;
          }
          .${toString a}
        )
        [
          1
          2
          3
        ]
      ) ? cycle;
    expected = true;
  };
  sortOnIsStable = {
    expr = lib.sortOn builtins.stringLength [
      "bb"
      "a"
      "aa"
      "c"
    ];
    expected = [
      "a"
      "c"
      "bb"
      "aa"
    ];
  };
  naturalSort = {
    expr = lib.naturalSort [
      "disk11"
      "disk8"
      "disk100"
      "disk08"
    ];
    expected = [
      "disk08"
      "disk8"
      "disk11"
      "disk100"
    ];
  };
  unique = {
    expr = lib.unique [
      3
      2
      3
      1
    ];
    expected = [
      3
      2
      1
    ];
  };
  zipListsWith = {
    expr = lib.zipListsWith (a: b: a + b) [ 1 2 3 ] [ 10 20 ];
    expected = [
      11
      22
    ];
  };
  groupBy' = {
    expr = lib.groupBy' builtins.add 0 (x: lib.boolToString (x > 2)) [ 5 1 2 3 4 ];
    expected = {
      false = 3;
      true = 12;
    };
  };
  commonPrefix = {
    expr = lib.lists.commonPrefix [ 1 2 3 ] [ 1 2 4 5 ];
    expected = [
      1
      2
    ];
  };
}
