# Sets of files, as sources of packages: they are joined, intersected and filtered, and only in the end copied.
#
# A file set is a directory and a tree of what is in it: null for nothing, "directory" for everything, the type
# of a file for a file, and for a directory in part a set of such trees by name. Directories without files are
# not part of any file set.
{ lib }:

let
  inherit (builtins)
    attrNames
    filter
    foldl'
    isAttrs
    isList
    isPath
    isString
    length
    mapAttrs
    pathExists
    readDir
    typeOf
    ;
  inherit (lib)
    concatStringsSep
    take
    ;
  inherit (lib.filesystem) pathType;
  inherit (lib.lists) commonPrefix;
  inherit (lib.path) append splitRoot;

  componentsOf = path: lib.path.subpath.components (splitRoot path).subpath;

  make = root: base: tree: {
    _type = "fileset";
    _root = root;
    _base = base;
    _tree = tree;
  };

  emptySet = make null [ ] null;

  pathOf = root: components: lib.foldl' append root components;

  # A path as the set of the files at it.
  singleton =
    path:
    let
      inherit (splitRoot path) root;
      components = componentsOf path;
      type = pathType path;
    in
    if type == "directory" then
      make root components "directory"
    else
      make root (lib.init components) { ${lib.last components} = type; };

  coerce =
    context: value:
    if isAttrs value && value._type or "" == "fileset" then
      value
    else if value ? _isLibCleanSourceWith then
      throw ''
        ${context} is a `lib.sources`-based value, but it should be a file set or a path instead.
            To convert a `lib.sources`-based value to a file set you can use `lib.fileset.fromSource`.
            Note that this only works for sources created from paths.''
    else if !isPath value then
      if lib.isStringLike value then
        throw ''
          ${context} ("${toString value}") is a string-like value, but it should be a file set or a path instead.
              Paths represented as strings are not supported by `lib.fileset`, use `lib.sources` or derivations instead.''
      else
        throw "${context} is of type ${typeOf value}, but it should be a file set or a path instead."
    else if !pathExists value then
      throw ''
        ${context} (${toString value}) is a path that does not exist.
            To create a file set from a path that may not exist, use `lib.fileset.maybeMissing`.''
    else
      singleton value;

  # A tree seen from further up.
  wrap = components: tree: lib.foldr (name: below: { ${name} = below; }) tree components;

  # Two sets over one directory.
  align =
    function: a: b:
    let
      n = length (commonPrefix a._base b._base);
    in
    if a._root != b._root then
      throw ''
        lib.fileset.${function}: Filesystem roots are not the same:
            the first is "${toString a._root}", the second "${toString b._root}".
            Different filesystem roots are not supported.''
    else
      {
        root = a._root;
        base = take n a._base;
        a = wrap (lib.drop n a._base) a._tree;
        b = wrap (lib.drop n b._base) b._tree;
      };

  isWhole = tree: isString tree;

  unionTrees =
    a: b:
    if a == null then
      b
    else if b == null || isWhole a then
      a
    else if isWhole b then
      b
    else
      builtins.zipAttrsWith (_: trees: foldl' unionTrees null trees) [
        a
        b
      ];

  intersectTrees =
    a: b:
    if a == null || b == null then
      null
    else if isWhole a then
      b
    else if isWhole b then
      a
    else
      mapAttrs (name: intersectTrees a.${name}) (builtins.intersectAttrs a b);

  # A whole directory as the set of its entries.
  entries = path: mapAttrs (_: type: type) (readDir path);

  subtractTrees =
    path: a: b:
    if a == null || isWhole b then
      null
    else if b == null then
      a
    else
      mapAttrs (
        name: tree: if b ? ${name} then subtractTrees (append path name) tree b.${name} else tree
      ) (if isWhole a then entries path else a);

  union' =
    function: a: b:
    if a._root == null then
      b
    else if b._root == null then
      a
    else
      let
        x = align function a b;
      in
      make x.root x.base (unionTrees x.a x.b);

  # True if there is any file in a tree.
  holdsFiles =
    path: tree:
    if tree == null then
      false
    else if isAttrs tree then
      builtins.any (name: holdsFiles (append path name) tree.${name}) (attrNames tree)
    else if tree == "directory" then
      let
        inner = readDir path;
      in
      builtins.any (name: holdsFiles (append path name) inner.${name}) (attrNames inner)
    else
      true;

  filesOf =
    path: tree:
    if tree == null then
      [ ]
    else if isAttrs tree then
      lib.concatMap (name: filesOf (append path name) tree.${name}) (attrNames tree)
    else if tree == "directory" then
      filesOf path (readDir path)
    else
      [ path ];

  # Text that shows a tree.
  show =
    path: indent: tree:
    if tree == null || !holdsFiles path tree then
      [ ]
    else if isAttrs tree then
      lib.concatMap (
        name:
        let
          below = tree.${name};
          type = if isString below then below else "directory";
        in
        lib.optionals (holdsFiles (append path name) below) (
          [
            "${indent}- ${name}${
              if type != "directory" then
                " (${type})"
              else if isString below then
                " (all files in directory)"
              else
                ""
            }"
          ]
          ++ (if isAttrs below then show (append path name) "${indent}  " below else [ ])
        )
      ) (attrNames tree)
    else
      [ ];

  showSet =
    set:
    if set._root == null || !holdsFiles (pathOf set._root set._base) set._tree then
      "(empty)"
    else
      let
        path = pathOf set._root set._base;
      in
      concatStringsSep "\n" (
        [ "${toString path}${if isString set._tree then " (all files in directory)" else ""}" ]
        ++ show path "" set._tree
      );

  # What git knows of a directory, as it would be copied.
  trackedBy =
    function: extra: path:
    let
      fetched = builtins.fetchGit ({ url = path; } // extra);
      mirror =
        dir: mapAttrs (name: type: if type == "directory" then mirror (dir + "/${name}") else type) (readDir dir);
    in
    if !isPath path then
      throw "lib.fileset.${function}: Expected the argument to be a path, but it's a ${typeOf path} instead."
    else if !pathExists (append path ".git") then
      throw "lib.fileset.${function}: Expected the argument (${toString path}) to point to a local working tree of a Git repository, but it's not."
    else
      make (splitRoot path).root (componentsOf path) (mirror fetched.outPath);
in
{
  /**
    The set of no files.
  */
  empty = emptySet;

  /**
    True for file sets and for paths.
  */
  isFileset = value: (isAttrs value && value._type or "" == "fileset") || isPath value && pathExists value;

  /**
    The files at a path, or none where there is nothing.
  */
  maybeMissing =
    path:
    if !isPath path then
      throw "lib.fileset.maybeMissing: Argument (${
        if lib.isStringLike path then ''"${toString path}"'' else typeOf path
      }) is not a path, but a path was expected."
    else if pathExists path then
      singleton path
    else
      emptySet;

  /**
    Print the files of a set, then return the second argument.
  */
  trace = fileset: builtins.trace (showSet (coerce "lib.fileset.trace: Argument" fileset));

  /**
    Print the files of a set, then return the set.
  */
  traceVal = fileset: builtins.trace (showSet (coerce "lib.fileset.traceVal: Argument" fileset)) fileset;

  /**
    Copy the files of a set to the store.

    # Inputs

    `root`
    : Directory that the source stands for; all files must be below it.

    `fileset`
    : The files.

    # Type

    ```
    toSource :: { root :: path; fileset :: fileset; } -> source
    ```
  */
  toSource =
    { root, fileset }:
    let
      set = coerce "lib.fileset.toSource: `fileset`" fileset;
      rootComponents = componentsOf root;
      depth = length rootComponents;
      # The tree seen from the root.
      tree = if set._root == null then null else wrap (lib.drop depth set._base) set._tree;
      treeAt =
        components:
        foldl' (
          t: name: if t == null || isString t then t else t.${name} or null
        ) tree components;
      filter =
        path: type:
        let
          components = lib.drop depth (componentsOf (/. + path));
          t = treeAt components;
        in
        if t == null then
          false
        else if type == "directory" then
          holdsFiles (/. + path) t
        else
          true;
    in
    if !isPath root then
      if lib.isStringLike root then
        throw ''
          lib.fileset.toSource: `root` ("${toString root}") is a string-like value, but it should be a path instead.
              Paths in strings are not supported by `lib.fileset`, use `lib.sources` or derivations instead.''
      else
        throw "lib.fileset.toSource: `root` is of type ${typeOf root}, but it should be a path instead."
    else if !pathExists root then
      throw "lib.fileset.toSource: `root` (${toString root}) is a path that does not exist."
    else if pathType root != "directory" then
      throw ''
        lib.fileset.toSource: `root` (${toString root}) is a file, but it should be a directory instead:
            - for the file alone in the store, use `builtins.path` or put the path into a string;
            - for a directory with the file in it, set `root` to ${toString (dirOf root)} and `fileset` to the file.''
    else if set._root != null && take depth set._base != rootComponents then
      throw ''
        lib.fileset.toSource: `fileset` could contain files in ${toString (pathOf set._root set._base)}, which is not under the `root` (${toString root}):
            - set `root` to ${toString (pathOf set._root set._base)} or a directory above, which makes the result deeper;
            - or intersect `fileset` with `root`, which may leave files out.''
    else
      lib.sources.cleanSourceWith {
        name = "source";
        src = root;
        inherit filter;
      };

  /**
    Paths of the files of a set.
  */
  toList =
    fileset:
    let
      set = coerce "lib.fileset.toList: Argument" fileset;
    in
    if set._root == null then [ ] else filesOf (pathOf set._root set._base) set._tree;

  /**
    Files in either of two sets.
  */
  union =
    a: b:
    union' "union" (coerce "lib.fileset.union: First argument" a) (
      coerce "lib.fileset.union: Second argument" b
    );

  /**
    Files in any of a list of sets.
  */
  unions =
    filesets:
    if !isList filesets then
      throw "lib.fileset.unions: Argument is of type ${typeOf filesets}, but it should be a list instead."
    else
      foldl' (union' "unions") emptySet (
        lib.imap0 (i: coerce "lib.fileset.unions: Element ${toString i}") filesets
      );

  /**
    Files in both of two sets.
  */
  intersection =
    a: b:
    let
      a' = coerce "lib.fileset.intersection: First argument" a;
      b' = coerce "lib.fileset.intersection: Second argument" b;
      x = align "intersection" a' b';
    in
    if a'._root == null || b'._root == null then
      emptySet
    else
      make x.root x.base (intersectTrees x.a x.b);

  /**
    Files in the first of two sets that are not in the second.
  */
  difference =
    a: b:
    let
      a' = coerce "lib.fileset.difference: First argument (positive set)" a;
      b' = coerce "lib.fileset.difference: Second argument (negative set)" b;
      x = align "difference" a' b';
    in
    if a'._root == null || b'._root == null then
      a'
    else
      make x.root x.base (subtractTrees (pathOf x.root x.base) x.a x.b);

  /**
    Files of a directory for which a predicate holds.

    # Inputs

    `predicate`
    : Function of `{ name; type; hasExt; }`.

    `path`
    : The directory.
  */
  fileFilter =
    predicate: path:
    let
      keep =
        name: type:
        predicate {
          inherit name type;
          hasExt = ext: lib.hasSuffix ".${ext}" name;
          # Room for more, so that predicates are written with an ellipsis.
          lib.fileset.fileFilter."predicates take further attributes: end their pattern with an ellipsis" = null;
        };
      go =
        dir:
        mapAttrs (
          name: type:
          if type == "directory" then
            go (append dir name)
          else if keep name type then
            type
          else
            null
        ) (readDir dir);
    in
    if !lib.isFunction predicate then
      throw "lib.fileset.fileFilter: First argument is of type ${typeOf predicate}, but it should be a function instead."
    else if !isPath path then
      if isAttrs path && path._type or "" == "fileset" then
        throw ''
          lib.fileset.fileFilter: Second argument is a file set, but it should be a path instead.
              If you need to filter files in a file set, use `intersection fileset (fileFilter pred ./.)` instead.''
      else
        throw "lib.fileset.fileFilter: Second argument is of type ${typeOf path}, but it should be a path instead."
    else if !pathExists path then
      throw "lib.fileset.fileFilter: Second argument (${toString path}) is a path that does not exist."
    else if pathType path == "directory" then
      make (splitRoot path).root (componentsOf path) (go path)
    else if keep (baseNameOf path) (pathType path) then
      singleton path
    else
      emptySet;

  /**
    The files of a `lib.sources` value.
  */
  fromSource =
    source:
    let
      isFiltered = source ? _isLibCleanSourceWith;
      path = if isFiltered then source.origSrc else source;
      go =
        dir:
        lib.filterAttrs (_: t: t != null) (
          mapAttrs (
            name: type:
            if !source.filter (toString (append dir name)) type then
              null
            else if type == "directory" then
              go (append dir name)
            else
              type
          ) (readDir dir)
        );
    in
    if !isPath path then
      throw "lib.fileset.fromSource: The source origin of the argument is of type ${typeOf path}, but it should be a path instead."
    else if !pathExists path then
      throw "lib.fileset.fromSource: The source origin (${toString path}) of the argument is a path that does not exist."
    else if !isFiltered || pathType path != "directory" then
      singleton path
    else
      make (splitRoot path).root (componentsOf path) (go path);

  /**
    Files that git knows in a working tree.
  */
  gitTracked = trackedBy "gitTracked" { };

  /**
    As `gitTracked`, with submodules where `recurseSubmodules` is true.
  */
  gitTrackedWith =
    {
      recurseSubmodules ? false,
    }:
    trackedBy "gitTrackedWith" (if recurseSubmodules then { submodules = true; } else { });
}
