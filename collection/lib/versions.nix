# Taking version numbers apart.
{ lib }:

let
  inherit (builtins) elemAt length splitVersion;
in
{
  inherit (builtins) compareVersions splitVersion;

  /**
    First component of a version.
  */
  major = v: elemAt (splitVersion v) 0;

  /**
    Second component of a version.
  */
  minor = v: elemAt (splitVersion v) 1;

  /**
    Third component of a version.
  */
  patch = v: elemAt (splitVersion v) 2;

  /**
    First two components of a version.

    # Examples

    ```nix
    majorMinor "9.0.1"
    => "9.0"
    ```
  */
  majorMinor = v: lib.concatStringsSep "." (lib.take 2 (splitVersion v));

  /**
    Bring a version to exactly `n` components with zeros or by cutting; a suffix after `-` is kept.

    # Examples

    ```nix
    pad 3 "1.2"
    => "1.2.0"
    ```
  */
  pad =
    n: version:
    let
      parts = lib.splitString "-" version;
      numbers = lib.splitString "." (lib.head parts);
      suffix = lib.concatMapStrings (x: "-" + x) (lib.tail parts);
      missing = n - length numbers;
    in
    lib.concatStringsSep "." (
      if missing <= 0 then lib.take n numbers else numbers ++ lib.genList (_: "0") missing
    )
    + suffix;
}
