{ lib }:

{
  trim = {
    expr = lib.trim " \n a b\t";
    expected = "a b";
  };
  splitKeepsEmptyParts = {
    expr = lib.splitString "." "a..b.";
    expected = [
      "a"
      ""
      "b"
      ""
    ];
  };
  splitKeepsContext = {
    expr = map builtins.hasContext (lib.splitString "-" "${builtins.toFile "a-b" ""}");
    expected = [
      true
      true
      true
    ];
  };
  escapeShellArg = {
    expr = map lib.escapeShellArg [
      "plain-1.0_x:/@"
      "it's"
      ""
    ];
    expected = [
      "plain-1.0_x:/@"
      "'it'\\''s'"
      "''"
    ];
  };
  toShellVars = {
    expr = lib.toShellVars {
      a = "x y";
      b = [ "1" "2 3" ];
      c = { k = "v"; };
    };
    expected = "a='x y'\ndeclare -a b=(1 '2 3')\ndeclare -A c=([k]=v)";
  };
  escapeNixIdentifier = {
    expr = map lib.strings.escapeNixIdentifier [
      "hello"
      "0abc"
      "with"
      "a b"
    ];
    expected = [
      "hello"
      "\"0abc\""
      "\"with\""
      "\"a b\""
    ];
  };
  escapeURL = {
    expr = lib.escapeURL "a b/ü?";
    expected = "a%20b%2Fü%3F";
  };
  hasInfixTakesNoPattern = {
    expr = lib.hasInfix "a.c" "abc";
    expected = false;
  };
  removeAffixes = {
    expr = [
      (lib.removePrefix "foo." "foo.bar")
      (lib.removeSuffix ".nix" "x.nix")
      (lib.removeSuffix "longer" "er")
    ];
    expected = [
      "bar"
      "x"
      "er"
    ];
  };
  versions = {
    expr = [
      (lib.versionOlder "1.1" "1.2")
      (lib.versionAtLeast "1.10" "1.9")
      (lib.versions.pad 3 "1.2-rc1")
      (lib.versions.majorMinor "9.0.1")
    ];
    expected = [
      true
      true
      "1.2.0-rc1"
      "9.0"
    ];
  };
  fixedWidth = {
    expr = lib.fixedWidthNumber 5 42;
    expected = "00042";
  };
  toInt = {
    expr = [
      (lib.toInt " 123 ")
      (lib.toInt "-4")
      (lib.toIntBase10 "007")
    ];
    expected = [
      123
      (-4)
      7
    ];
  };
  camelCase = {
    expr = map lib.toCamelCase [
      "hello-world"
      "hello_world"
      "PascalCase"
    ];
    expected = [
      "helloWorld"
      "helloWorld"
      "pascalCase"
    ];
  };
  levenshtein = {
    expr = [
      (lib.strings.levenshtein "kitten" "sitting")
      (lib.strings.levenshteinAtMost 2 "kitten" "sitting")
      (lib.strings.levenshteinAtMost 3 "kitten" "sitting")
    ];
    expected = [
      3
      false
      true
    ];
  };
  sanitizeDerivationName = {
    expr = map lib.strings.sanitizeDerivationName [
      "..foo bar"
      ""
      "good-1.0"
    ];
    expected = [
      "foo-bar"
      "unknown"
      "good-1.0"
    ];
  };
  searchPaths = {
    expr = lib.makeBinPath [
      { outPath = "/a"; bin = { outPath = "/a-bin"; }; }
      "/b"
    ];
    expected = "/a-bin/bin:/b/bin";
  };
  toUpperAndLower = {
    expr = [
      (lib.toUpper "abcZ")
      (lib.toLower "ABCz")
      (lib.toSentenceCase "hELLO")
    ];
    expected = [
      "ABCZ"
      "abcz"
      "Hello"
    ];
  };
  mesonAndCmake = {
    expr = [
      (lib.mesonBool "docs" false)
      (lib.mesonEnable "gui" true)
      (lib.cmakeBool "TESTS" true)
      (lib.enableFeatureAs true "x" "y")
      (lib.withFeature false "z")
    ];
    expected = [
      "-Ddocs=false"
      "-Dgui=enabled"
      "-DTESTS:BOOL=TRUE"
      "--enable-x=y"
      "--without-z"
    ];
  };
}
