# Checks with messages, for use with `assert`.
{ lib }:

let
  inherit (builtins)
    all
    elem
    filter
    map
    ;
  inherit (lib.generators) toPretty;
in
rec {
  /**
    The condition, with a message thrown where it is false.

    # Examples

    ```nix
    assert assertMsg (user != "") "user must not be empty"; user
    ```
  */
  assertMsg = condition: message: condition || throw message;

  /**
    True if a value is in a list, else an error that names it.

    # Inputs

    `name`
    : What the value is called, for the message.

    `value`
    : The value.

    `valid`
    : What it may be.
  */
  assertOneOf =
    name: value: valid:
    assertMsg (elem value valid) "${name} must be one of ${toPretty { } valid}, but is: ${toPretty { } value}";

  /**
    As `assertOneOf`, for each of a list of values.
  */
  assertEachOneOf =
    name: values: valid:
    assertMsg (all (
      v: elem v valid
    ) values) "each element in ${name} must be one of ${toPretty { } valid}, but is: ${toPretty { } values}";

  /**
    Throw the failed ones of NixOS-style assertions, print warnings, then return the last argument.

    # Type

    ```
    checkAssertWarn :: [{ assertion :: bool; message :: string; }] -> [string] -> a -> a
    ```
  */
  checkAssertWarn =
    assertions: warnings: value:
    let
      failed = map (x: x.message) (filter (x: !x.assertion) assertions);
    in
    if failed == [ ] then
      lib.trivial.showWarnings warnings value
    else
      throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (x: "- ${x}") failed}";
}
