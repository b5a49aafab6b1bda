# Functions on attribute sets.
{ lib }:

let
  inherit (builtins)
    all
    attrNames
    attrValues
    concatMap
    concatStringsSep
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    map
    mapAttrs
    partition
    removeAttrs
    zipAttrsWith
    ;
in
rec {
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  /**
    Value at a path of names, or the default where any of them is missing.

    # Type

    ```
    attrByPath :: [string] -> any -> set -> any
    ```

    # Examples

    ```nix
    attrByPath [ "a" "b" ] 6 { a = { b = 3; }; }
    => 3
    ```
  */
  attrByPath =
    path: default: set:
    let
      len = length path;
      go =
        n: s:
        if n == len then
          s
        else
          let
            name = elemAt path n;
          in
          if s ? ${name} then go (n + 1) s.${name} else default;
    in
    go 0 set;

  /**
    True if a set has a value at a path of names.
  */
  hasAttrByPath =
    path: set:
    let
      len = length path;
      go =
        n: s:
        n == len
        || (
          let
            name = elemAt path n;
          in
          s ? ${name} && go (n + 1) s.${name}
        );
    in
    go 0 set;

  /**
    The longest start of a path that is in a set.
  */
  longestValidPathPrefix =
    path: set:
    let
      len = length path;
      go =
        n: s:
        if n == len || !(s ? ${elemAt path n}) then
          genList (elemAt path) n
        else
          go (n + 1) s.${elemAt path n};
    in
    go 0 set;

  /**
    A set with one value at a path of names.

    # Examples

    ```nix
    setAttrByPath [ "a" "b" ] 3
    => { a = { b = 3; }; }
    ```
  */
  setAttrByPath =
    path: value:
    let
      len = length path;
      go = n: if n == len then value else { ${elemAt path n} = go (n + 1); };
    in
    go 0;

  /**
    Value at a path of names; an error where it is missing.
  */
  getAttrFromPath =
    path: attrByPath path (abort ("cannot find attribute `" + concatStringsSep "." path + "'"));

  /**
    `mapAttrs'` that joins the sets it makes; later ones win.

    # Examples

    ```nix
    concatMapAttrs (name: value: { ${name} = value; ${name + value} = value; }) { x = "a"; y = "b"; }
    => { x = "a"; xa = "a"; y = "b"; yb = "b"; }
    ```
  */
  concatMapAttrs = f: v: foldl' (a: b: a // b) { } (attrValues (mapAttrs f v));

  /**
    Change several places of a set at once, each by a function of the old value.

    # Inputs

    `updates`
    : List of `{ path; update; }`; `update` fails where it uses a value that is not there.

    `set`
    : The set.
  */
  updateManyAttrsByPath =
    let
      # Updates of one depth: `null` as value stands for "not there".
      go =
        prefix: hasValue: value: updates:
        let
          len = length prefix;
          split = partition (u: length u.path == len) updates;
          below = groupBy (u: elemAt u.path len) split.wrong;
          withBelow =
            if split.wrong == [ ] then
              value
            else if !hasValue then
              mapAttrs (name: go (prefix ++ [ name ]) false null) below
            else if isAttrs value then
              value
              // mapAttrs (
                name: us: go (prefix ++ [ name ]) (value ? ${name}) (value.${name} or null) us
              ) below
            else
              throw "updateManyAttrsByPath: Path '${showAttrPath prefix}' is expected to be an attribute set, but it's a ${builtins.typeOf value}";
          missing = throw "updateManyAttrsByPath: Path '${showAttrPath prefix}' does not exist in the given value, but the first update to this path tries to access the existing value.";
          start = if hasValue || split.wrong != [ ] then withBelow else missing;
        in
        if split.right == [ ] then
          withBelow
        else
          # Not the strict fold: an update may ignore what was before.
          lib.foldl (acc: u: u.update acc) start split.right;
    in
    updates: value: go [ ] true value updates;

  /**
    Values of the given names, in that order.
  */
  attrVals = names: set: map (x: set.${x}) names;

  /**
    A set of the given names; an error where one is missing.
  */
  getAttrs = names: attrs: genAttrs names (name: attrs.${name});

  /**
    Attributes for which a predicate on name and value holds.

    # Type

    ```
    filterAttrs :: (string -> any -> bool) -> set -> set
    ```
  */
  filterAttrs =
    pred: set: removeAttrs set (filter (name: !pred name set.${name}) (attrNames set));

  /**
    As `filterAttrs`, and within the values that are sets.
  */
  filterAttrsRecursive =
    pred: set:
    listToAttrs (
      concatMap (
        name:
        let
          v = set.${name};
        in
        if pred name v then
          [ (nameValuePair name (if isAttrs v then filterAttrsRecursive pred v else v)) ]
        else
          [ ]
      ) (attrNames set)
    );

  /**
    Fold over a set in the order of its names.

    # Type

    ```
    foldlAttrs :: (a -> string -> any -> a) -> a -> set -> a
    ```
  */
  foldlAttrs = f: init: set: foldl' (acc: name: f acc name set.${name}) init (attrNames set);

  /**
    Fold the values of equal names over a list of sets, from the right.

    # Examples

    ```nix
    foldAttrs (item: acc: [ item ] ++ acc) [ ] [ { a = 2; } { a = 3; } ]
    => { a = [ 2 3 ]; }
    ```
  */
  foldAttrs = op: nul: list: zipAttrsWith (_: lib.foldr op nul) list;

  /**
    All sets in a tree of sets and lists for which a predicate holds; nothing below them is looked at.
  */
  collect =
    pred: attrs:
    if pred attrs then
      [ attrs ]
    else if isAttrs attrs then
      concatMap (collect pred) (attrValues attrs)
    else
      [ ];

  /**
    All combinations of one element of each list.

    # Examples

    ```nix
    cartesianProduct { a = [ 1 2 ]; b = [ 10 20 ]; }
    => [ { a = 1; b = 10; } { a = 1; b = 20; } { a = 2; b = 10; } { a = 2; b = 20; } ]
    ```
  */
  cartesianProduct =
    sets:
    foldl' (
      acc: name: concatMap (set: map (value: set // { ${name} = value; }) sets.${name}) acc
    ) [ { } ] (attrNames sets);

  /**
    A function over all combinations of one element of each list.
  */
  mapCartesianProduct = f: sets: map f (cartesianProduct sets);

  /**
    The pair that `listToAttrs` wants.
  */
  nameValuePair = name: value: { inherit name value; };

  /**
    A list of `{ name; value; }` of a set.
  */
  attrsToList = mapAttrsToList nameValuePair;

  /**
    Map a set to a set, names too.

    # Examples

    ```nix
    mapAttrs' (name: value: nameValuePair ("foo_" + name) value) { x = "a"; }
    => { foo_x = "a"; }
    ```
  */
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));

  /**
    Map a set to a list, in the order of names.
  */
  mapAttrsToList = f: attrs: map (name: f name attrs.${name}) (attrNames attrs);

  /**
    Map the leaves of a tree of sets; the function gets the path of names.
  */
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);

  /**
    As `mapAttrsRecursive`; sets for which the condition fails count as leaves.
  */
  mapAttrsRecursiveCond =
    cond: f: set:
    let
      go =
        path:
        mapAttrs (
          name: value:
          let
            here = path ++ [ name ];
          in
          if isAttrs value && cond value then go here value else f here value
        );
    in
    go [ ] set;

  /**
    Map the leaves of a tree of sets to a list.
  */
  mapAttrsToListRecursive = mapAttrsToListRecursiveCond (_: _: true);

  /**
    As `mapAttrsToListRecursive`; sets for which the condition on path and set fails count as leaves.
  */
  mapAttrsToListRecursiveCond =
    cond: f: set:
    let
      go =
        path: value:
        if isAttrs value && cond path value then
          concatMap (name: go (path ++ [ name ]) value.${name}) (attrNames value)
        else
          [ (f path value) ];
    in
    go [ ] set;

  /**
    A set of the given names with values by a function of the name.

    # Examples

    ```nix
    genAttrs [ "foo" "bar" ] (name: "x_" + name)
    => { bar = "x_bar"; foo = "x_foo"; }
    ```
  */
  genAttrs = names: f: genAttrs' names (n: nameValuePair n (f n));

  /**
    A set of pairs made by a function of each element.
  */
  genAttrs' = xs: f: listToAttrs (map f xs);

  /**
    True for derivations: sets with `type = "derivation"`.
  */
  isDerivation = value: value.type or null == "derivation";

  /**
    A store path as a set that looks like a derivation.
  */
  toDerivation =
    path:
    let
      path' = builtins.storePath path;
    in
    {
      type = "derivation";
      name = lib.sanitizeDerivationName (builtins.substring 33 (-1) (baseNameOf path'));
      outPath = path';
      outputs = [ "out" ];
      out = toDerivation path;
      outputName = "out";
    };

  /**
    The set where the condition holds, else the empty one.
  */
  optionalAttrs = cond: as: if cond then as else { };

  /**
    Join the values of some names over a list of sets with a function of name and values.
  */
  zipAttrsWithNames =
    names: f: sets:
    listToAttrs (
      map (name: {
        inherit name;
        value = f name (builtins.catAttrs name sets);
      }) names
    );

  /**
    Lists of the values of equal names.
  */
  zipAttrs = zipAttrsWith (name: values: values);

  /**
    `//` over a list of sets, balanced so that many small sets are joined quickly.
  */
  mergeAttrsList =
    list:
    let
      go =
        start: end:
        if end - start >= 2 then
          let
            mid = (start + end) / 2;
          in
          go start mid // go mid end
        else
          elemAt list start;
    in
    if list == [ ] then { } else go 0 (length list);

  /**
    `//` within nested sets, down to where a predicate on path and both values holds.

    # Type

    ```
    recursiveUpdateUntil :: ([string] -> set -> set -> bool) -> set -> set -> set
    ```
  */
  recursiveUpdateUntil =
    pred: lhs: rhs:
    let
      go =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
          in
          if length values == 1 || pred here (elemAt values 1) (head values) then
            head values
          else
            go here values
        );
    in
    go [ ] [
      rhs
      lhs
    ];

  /**
    `//` within nested sets.

    # Examples

    ```nix
    recursiveUpdate { a.b = 1; a.c = 2; } { a.b = 3; }
    => { a = { b = 3; c = 2; }; }
    ```
  */
  recursiveUpdate = recursiveUpdateUntil (
    path: lhs: rhs:
    !(isAttrs lhs && isAttrs rhs)
  );

  /**
    True if a set has at least the given tree of values.
  */
  matchAttrs =
    pattern: attrs:
    assert isAttrs pattern;
    all (
      name:
      let
        p = pattern.${name};
        v = attrs.${name};
      in
      attrs ? ${name} && (if isAttrs p then isAttrs v && matchAttrs p v else p == v)
    ) (attrNames pattern);

  /**
    Names of the first set with the values of the second where it has them.
  */
  overrideExisting = old: new: old // intersectAttrs old new;

  /**
    A path of names as it is written, with quotes where needed.
  */
  showAttrPath =
    path:
    if path == [ ] then
      "<root attribute path>"
    else
      lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;

  /**
    An output of a package, or the package itself where it has no such output.
  */
  getOutput = output: getFirstOutput [ output ];

  /**
    The first of the outputs that a package has, or the package itself.
  */
  getFirstOutput =
    candidates: pkg:
    let
      found = filter (o: pkg ? ${o}) candidates;
    in
    if pkg.outputSpecified or false || found == [ ] then pkg else pkg.${head found};

  getBin = getOutput "bin";
  getLib = getFirstOutput [
    "lib"
    "out"
  ];
  getStatic = getFirstOutput [
    "static"
    "lib"
    "out"
  ];
  getDev = getOutput "dev";
  getInclude = getFirstOutput [
    "include"
    "dev"
    "out"
  ];
  getMan = getFirstOutput [
    "man"
    "out"
  ];

  /**
    The `dev` outputs of packages.
  */
  chooseDevOutputs = map getDev;

  /**
    Mark a set so that tools look for packages in it.
  */
  recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };

  /**
    Mark a set so that tools do not look for packages in it.
  */
  dontRecurseIntoAttrs = attrs: attrs // { recurseForDerivations = false; };

  /**
    `//` of two sets that must have no name in common.
  */
  unionOfDisjoint =
    x: y:
    let
      common = intersectAttrs x y;
      problem = mapAttrs (
        name: _: throw "unionOfDisjoint: collision on ${concatStringsSep " " (attrNames common)}"
      ) common;
    in
    x // y // problem;
}
