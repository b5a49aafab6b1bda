# Looking at values while they are evaluated, and running tests.
{ lib }:

let
  inherit (builtins)
    concatLists
    deepSeq
    elem
    isAttrs
    isList
    mapAttrs
    substring
    trace
    ;
  inherit (lib) generators id;
in
rec {
  inherit (builtins) addErrorContext trace unsafeGetAttrPos;

  /**
    Print a message if the predicate holds, then return the last argument.
  */
  traceIf =
    pred: msg: x:
    if pred then trace msg x else x;

  /**
    Print a function of a value, then return the value.
  */
  traceValFn = f: x: trace (f x) x;

  /**
    Print a value, then return it.
  */
  traceVal = traceValFn id;

  /**
    Print the first argument, fully evaluated, then return the second.
  */
  traceSeq = x: y: trace (deepSeq x x) y;

  /**
    As `traceSeq`, only down to a depth; what is deeper shows as `…`.
  */
  traceSeqN =
    depth: x: y:
    let
      snip =
        v:
        if isList v then
          if v == [ ] then v else noQuotes "[…]" v
        else if isAttrs v then
          if v == { } then v else noQuotes "{…}" v
        else
          v;
      noQuotes = str: v: {
        __pretty = lib.const str;
        val = v;
      };
      modify =
        n: v:
        if n == 0 then
          snip v
        else if isList v then
          map (modify (n - 1)) v
        else if isAttrs v then
          mapAttrs (_: modify (n - 1)) v
        else
          v;
    in
    trace (generators.toPretty { allowPrettyValues = true; } (modify depth x)) y;

  traceValSeqFn = f: v: traceValFn f (deepSeq v v);
  traceValSeq = traceValSeqFn id;
  traceValSeqNFn =
    f: depth: v:
    traceSeqN depth (f v) v;
  traceValSeqN = traceValSeqNFn id;

  /**
    Print what a function is called with and what it returns, both down to a depth.
  */
  traceFnSeqN =
    depth: name: f: v:
    let
      res = f v;
    in
    lib.traceSeqN (depth + 1) {
      fn = name;
      from = v;
      to = res;
    } res;

  /**
    Evaluate tests and return the failed ones as `{ name; expected; result; }`.

    # Inputs

    `tests`
    : `{ testName = { expr; expected; }; }`; names not beginning with `test` are left out. Where `tests`
      is one of the attributes, only the names in it are run.
  */
  runTests =
    tests:
    concatLists (
      lib.attrValues (
        mapAttrs (
          name: test:
          lib.optional
            (
              (substring 0 4 name == "test" || elem name (tests.tests or [ ]))
              && (!(tests ? tests) || elem name tests.tests)
              && test.expr != test.expected
            )
            {
              inherit name;
              inherit (test) expected;
              result = test.expr;
            }
        ) tests
      )
    );

  /**
    Throw with a description of failed tests, or return `null` where none failed.
  */
  throwTestFailures =
    {
      failures,
      description ? "tests",
      ...
    }:
    if failures == [ ] then
      null
    else
      throw "${toString (lib.length failures)} ${description} failed:\n${
        lib.concatMapStringsSep "\n" (
          f:
          "- ${f.name}\n  expected: ${generators.toPretty { } f.expected}\n  result: ${generators.toPretty { } f.result}"
        ) failures
      }";

  /**
    A test that a list is all `true`.
  */
  testAllTrue = expr: {
    inherit expr;
    expected = map (_: true) expr;
  };
}
