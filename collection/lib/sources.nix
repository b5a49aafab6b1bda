# Choosing which files of a directory become a source in the store.
{ lib }:

let
  inherit (builtins)
    elem
    match
    split
    storeDir
    tryEval
    ;
  inherit (lib)
    any
    filter
    isString
    readFile
    removePrefix
    ;
in
rec {
  /**
    True for what is not left over by version control, editors or builds.

    # Type

    ```
    cleanSourceFilter :: path -> string -> bool
    ```
  */
  cleanSourceFilter =
    name: type:
    let
      base = baseNameOf (toString name);
    in
    !(
      # Version control; .git is a file in a linked work tree.
      base == ".git"
      || type == "directory" && elem base [
        ".svn"
        "CVS"
        ".hg"
        ".jj"
        ".pijul"
        "_darcs"
      ]
      # Left by editors.
      || lib.hasSuffix "~" base
      || match "\\.sw[a-z]" base != null
      || match "\\..*\\.sw[a-z]" base != null
      # Left by builds.
      || lib.hasSuffix ".o" base
      || lib.hasSuffix ".so" base
      || type == "symlink" && lib.hasPrefix "result" base
      # Sockets and devices cannot be in the store.
      || type == "unknown"
    );

  /**
    A source without what `cleanSourceFilter` refuses.
  */
  cleanSource =
    src:
    cleanSourceWith {
      filter = cleanSourceFilter;
      inherit src;
    };

  /**
    A source with a filter; filters of a source that has one already are joined.

    # Inputs

    `src`
    : A path, or the result of this function.

    `filter`
    : Function of path and type.

    `name`
    : Name in the store.
  */
  cleanSourceWith =
    {
      filter ? _path: _type: true,
      src,
      name ? null,
    }:
    let
      orig = toSourceAttributes src;
    in
    fromSourceAttributes {
      inherit (orig) origSrc;
      filter = path: type: filter path type && orig.filter path type;
      name = if name != null then name else orig.name;
    };

  /**
    Print every path that the filter of a source is asked about.
  */
  trace =
    src:
    let
      attrs = toSourceAttributes src;
    in
    fromSourceAttributes (
      attrs
      // {
        filter =
          path: type:
          let
            r = attrs.filter path type;
          in
          builtins.trace "${attrs.name}.filter ${path} = ${lib.boolToString r}" r;
      }
    );

  /**
    Files of a source for which one of some regular expressions matches the path within it.
  */
  sourceByRegex =
    src: regexes:
    let
      isFiltered = src ? _isLibCleanSourceWith;
      origSrc = if isFiltered then src.origSrc else src;
    in
    cleanSourceWith {
      filter =
        path: type:
        let
          relative = removePrefix (toString origSrc + "/") (toString path);
        in
        any (re: match re relative != null) regexes;
      inherit src;
    };

  /**
    Directories of a source and its files that end in one of some suffixes.
  */
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      filter = name: type: type == "directory" || any (ext: lib.hasSuffix ext (baseNameOf name)) suffixes;
      inherit src;
    };

  inherit (builtins) filterSource;

  /**
    True if a source can be filtered: paths, and results of `cleanSourceWith`.
  */
  canCleanSource = src: src ? _isLibCleanSourceWith || !(pathHasContext (toString src));

  /**
    True if a string refers to the store.
  */
  pathHasContext = builtins.hasContext;

  /**
    True if a directory is a git repository.
  */
  pathIsGitRepo = path: (tryEval (commitIdFromGitRepo path)).success;

  /**
    Commit that a git directory is at; an error where that cannot be told.
  */
  commitIdFromGitRepo =
    let
      readCommitFromFile =
        file: path:
        let
          fileName = path + "/${file}";
          packedRefsName = path + "/packed-refs";
          absolutePath = base: p: if lib.hasPrefix "/" p then p else toString (/. + "${base}/${p}");
        in
        # A linked work tree or a submodule has a file that names the directory.
        if lib.pathIsRegularFile path then
          let
            m = match "gitdir: (.*)\n?" (readFile path);
          in
          if m == null then
            throw "File contains no gitdir reference: ${toString path}"
          else
            let
              gitDir = absolutePath (dirOf path) (lib.removeSuffix "\n" (lib.head m));
              commonDir' =
                if lib.pathIsRegularFile "${gitDir}/commondir" then
                  lib.fileContents "${gitDir}/commondir"
                else
                  gitDir;
              commonDir = lib.removeSuffix "/" (absolutePath gitDir commonDir');
              refFile = removePrefix "${commonDir}/" "${gitDir}/${file}";
            in
            readCommitFromFile refFile (/. + commonDir)
        else if lib.pathIsRegularFile fileName && lib.fileContents fileName != "ref: refs/heads/.invalid" then
          let
            content = lib.fileContents fileName;
            m = match "^ref: (.*)$" content;
          in
          if m == null then content else readCommitFromFile (lib.head m) path
        else if lib.pathIsRegularFile packedRefsName then
          let
            lines = filter isString (split "\n" (readFile packedRefsName));
            found = filter (m: m != null) (map (match "([a-z0-9]+) ${lib.escapeRegex file}") lines);
          in
          if found == [ ] then
            throw "Could not find ${file} in ${toString packedRefsName}"
          else
            lib.head (lib.head found)
        else
          throw "Not a .git directory: ${toString path}";
    in
    readCommitFromFile "HEAD";

  /**
    Short name of a tag or commit: commits are cut to 7 characters.
  */
  repoRevToName = repo: rev: "${urlToName repo}-${shortRev rev}-source";

  urlToName =
    url:
    let
      base = baseNameOf (lib.removeSuffix "/" (lib.last (lib.splitString ":" (toString url))));
      m = match "(.*)\\.git" base;
    in
    if m == null then base else lib.head m;

  shortRev = rev: lib.substring 0 7 (baseNameOf (toString rev));

  /**
    The one of a commit and a tag that is given.
  */
  revOrTag =
    rev: tag:
    if tag != null then
      tag
    else if rev != null then
      rev
    else
      "HEAD";

  # Any source as original path, filter and name.
  toSourceAttributes =
    src:
    let
      isFiltered = src ? _isLibCleanSourceWith;
    in
    lib.throwIf (lib.hasPrefix storeDir (toString src) && !isFiltered && pathHasContext (toString src))
      "lib.cleanSourceWith cannot filter a source that is a store path with context: ${toString src}"
      {
        origSrc = if isFiltered then src.origSrc else src;
        filter = if isFiltered then src.filter else _: _: true;
        name = if isFiltered then src.name else "source";
      };

  fromSourceAttributes =
    {
      origSrc,
      filter,
      name,
    }:
    {
      _isLibCleanSourceWith = true;
      inherit origSrc filter name;
      outPath = builtins.path {
        inherit filter name;
        path = origSrc;
      };
    };
}
