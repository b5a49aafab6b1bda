# Paths as values, and subpaths: relative paths as strings that cannot leave where they are put.
{ lib }:

let
  inherit (builtins)
    all
    baseNameOf
    dirOf
    elemAt
    filter
    isPath
    isString
    length
    match
    split
    substring
    typeOf
    ;
  inherit (lib)
    assertMsg
    concatStringsSep
    drop
    imap0
    ;
  inherit (lib.lists) hasPrefix;

  # Why a string is no subpath, or null.
  invalidity =
    value:
    if !isString value then
      "The given value is of type ${typeOf value}, but a string was expected"
    else if value == "" then
      "The given string is empty"
    else if substring 0 1 value == "/" then
      "The given string \"${value}\" starts with a `/`, representing an absolute path"
    else if match "(.*/)?\\.\\.(/.*)?" value != null then
      "The given string \"${value}\" contains a `..` component, which is not allowed in subpaths"
    else
      null;

  # Components of a relative path; `.` and repeated slashes say nothing.
  componentsOf = path: filter (x: isString x && x != "" && x != ".") (split "/+" path);

  # A path as its root and the names below it.
  deconstruct =
    let
      go =
        names: base: if base == dirOf base then { root = base; components = names; } else go ([ (baseNameOf base) ] ++ names) (dirOf base);
    in
    go [ ];

  joinComponents = components: "./" + (if components == [ ] then "." else concatStringsSep "/" components);

  checkPath =
    function: which: path:
    assertMsg (isPath path)
      "lib.path.${function}: ${which} argument is of type ${typeOf path}, but a path was expected";

  sameRoot =
    function: a: b:
    let
      a' = deconstruct a;
      b' = deconstruct b;
    in
    assert assertMsg (a'.root == b'.root) ''
      lib.path.${function}: Filesystem roots must be the same for both paths, but paths with different roots were given:
          first argument: "${toString a}" with root "${toString a'.root}"
          second argument: "${toString b}" with root "${toString b'.root}"'';
    {
      inherit (a') root;
      first = a'.components;
      second = b'.components;
    };

  # A component of the store: a hash and a name, or a hash by content alone.
  isStoreName = name: match "[0-9a-z]{32}-.+|[0-9a-z]{52}" name != null;
in
{
  /**
    A subpath below a path.

    # Type

    ```
    append :: path -> string -> path
    ```

    # Examples

    ```nix
    append /foo "bar//./baz"
    => /foo/bar/baz
    ```
  */
  append =
    path: subpath:
    assert checkPath "append" "The first" path;
    assert assertMsg (invalidity subpath == null) ''
      lib.path.append: Second argument is not a valid subpath string:
          ${invalidity subpath}'';
    path + ("/" + subpath);

  /**
    True if the second path is the first or below it.
  */
  hasPrefix =
    path1:
    assert checkPath "hasPrefix" "First" path1;
    path2:
    assert checkPath "hasPrefix" "Second" path2;
    let
      p = sameRoot "hasPrefix" path1 path2;
    in
    hasPrefix p.first p.second;

  /**
    The second path as a subpath of the first.
  */
  removePrefix =
    path1:
    assert checkPath "removePrefix" "First" path1;
    path2:
    assert checkPath "removePrefix" "Second" path2;
    let
      p = sameRoot "removePrefix" path1 path2;
    in
    if hasPrefix p.first p.second then
      joinComponents (drop (length p.first) p.second)
    else
      throw ''lib.path.removePrefix: The first path argument "${toString path1}" is not a component-wise prefix of the second path argument "${toString path2}".'';

  /**
    Root of a path, and the subpath below it.
  */
  splitRoot =
    path:
    assert checkPath "splitRoot" "Argument" path;
    let
      p = deconstruct path;
    in
    {
      inherit (p) root;
      subpath = joinComponents p.components;
    };

  /**
    True if a path is in a store object.
  */
  hasStorePathPrefix =
    path:
    let
      inherit (deconstruct path) components;
      store = componentsOf builtins.storeDir;
    in
    assert checkPath "hasStorePathPrefix" "Argument" path;
    hasPrefix store components
    && length components > length store
    && isStoreName (elemAt components (length store));

  subpath = {
    /**
      True if a value is a relative path without `..`.
    */
    isValid = value: invalidity value == null;

    /**
      Several subpaths after one another.
    */
    join =
      subpaths:
      assert all (x: x) (
        imap0 (
          i: s:
          assertMsg (invalidity s == null) ''
            lib.path.subpath.join: Element at index ${toString i} is not a valid subpath string:
                ${invalidity s}''
        ) subpaths
      );
      joinComponents (lib.concatMap componentsOf subpaths);

    /**
      A subpath in its shortest form, beginning with `./`.
    */
    normalise =
      subpath:
      assert assertMsg (invalidity subpath == null) ''
        lib.path.subpath.normalise: Argument is not a valid subpath string:
            ${invalidity subpath}'';
      joinComponents (componentsOf subpath);

    /**
      Names of a subpath.
    */
    components =
      subpath:
      assert assertMsg (invalidity subpath == null) ''
        lib.path.subpath.components: Argument is not a valid subpath string:
            ${invalidity subpath}'';
      componentsOf subpath;
  };
}
