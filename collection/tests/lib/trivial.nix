{ lib }:

{
  pipe = {
    expr = lib.pipe 2 [
      (x: x + 2)
      (x: x * 2)
    ];
    expected = 8;
  };
  modKeepsTheSign = {
    expr = map (x: lib.mod x 3) [
      7
      (-7)
    ];
    expected = [
      1
      (-1)
    ];
  };
  compare = {
    expr = [
      (lib.compare 1 2)
      (lib.compare "b" "a")
      (lib.compare 1.5 1.5)
    ];
    expected = [
      (-1)
      1
      0
    ];
  };
  hex = {
    expr = [
      (lib.toHexString 250)
      (lib.toHexString 0)
      (lib.fromHexString "0xfa")
    ];
    expected = [
      "FA"
      "0"
      250
    ];
  };
  toBaseDigits = {
    expr = lib.toBaseDigits 2 6;
    expected = [
      1
      1
      0
    ];
  };
  functionArgsOfFunctor = {
    expr = lib.functionArgs (lib.setFunctionArgs (args: args) { a = true; });
    expected = {
      a = true;
    };
  };
  mapNullable = {
    expr = [
      (lib.mapNullable (x: x + 1) null)
      (lib.mapNullable (x: x + 1) 1)
    ];
    expected = [
      null
      2
    ];
  };
}
