# Functions that look at files during evaluation.
{ lib }:

let
  inherit (builtins)
    baseNameOf
    concatLists
    dirOf
    pathExists
    readDir
    toString
    ;
in
rec {
  inherit (builtins)
    baseNameOf
    dirOf
    hashFile
    isPath
    readDir
    readFileType
    ;

  /**
    Type of a path: `directory`, `regular`, `symlink` or `unknown`; an error where there is nothing.
  */
  pathType =
    builtins.readFileType or (
      path:
      if !pathExists path then
        abort "lib.filesystem.pathType: Path ${toString path} does not exist."
      else if dirOf path == path then
        "directory"
      else
        (readDir (dirOf path)).${baseNameOf path}
    );

  /**
    True if a path is there and is a directory.
  */
  pathIsDirectory = path: pathExists path && pathType path == "directory";

  /**
    True if a path is there and is a regular file.
  */
  pathIsRegularFile = path: pathExists path && pathType path == "regular";

  /**
    All files below a directory.
  */
  listFilesRecursive =
    dir:
    lib.flatten (
      lib.mapAttrsToList (
        name: type: if type == "directory" then listFilesRecursive (dir + "/${name}") else dir + "/${name}"
      ) (readDir dir)
    );

  /**
    First directory upward from a file in which a name matches a regular expression, as
    `{ path; matches; }`, or `null`.
  */
  locateDominatingFile =
    pattern: file:
    let
      go =
        path:
        let
          files = builtins.attrNames (readDir path);
          matches = builtins.filter (m: m != null) (map (builtins.match pattern) files);
        in
        if matches != [ ] then
          { inherit path matches; }
        else if path == /. then
          null
        else
          go (dirOf path);
      isDir = (readDir (dirOf file)).${baseNameOf file} or "" == "directory";
    in
    go (if isDir then file else dirOf file);

  /**
    A set of packages of a directory: each `name.nix` and each directory with a `package.nix`.

    # Inputs

    `callPackage`
    : Makes a package of a file.

    `directory`
    : Where the files are.
  */
  packagesFromDirectoryRecursive =
    {
      callPackage,
      newScope ? throw "lib.packagesFromDirectoryRecursive: newScope wasn't passed in args",
      directory,
      ...
    }@args:
    let
      entry =
        { callPackage, ... }@scope:
        name: type:
        let
          path = directory + "/${name}";
        in
        if type == "directory" then
          [
            {
              inherit name;
              value = packagesFromDirectoryRecursive (args // scope // { directory = path; });
            }
          ]
        else if type == "regular" && lib.hasSuffix ".nix" name then
          [
            {
              name = lib.removeSuffix ".nix" name;
              value = callPackage path { };
            }
          ]
        else if type == "regular" then
          [ ]
        else
          throw ''
            lib.filesystem.packagesFromDirectoryRecursive: Unsupported file type ${type} at path ${toString path}
          '';
      packages =
        scope: builtins.listToAttrs (concatLists (lib.mapAttrsToList (entry scope) (readDir directory)));
      single = directory + "/package.nix";
    in
    if pathExists single then
      callPackage single { }
    else if args ? newScope then
      # Packages of one directory see each other and what is above them.
      lib.recurseIntoAttrs (
        lib.makeScope newScope (self: packages { inherit (self) callPackage newScope; })
      )
    else
      packages { inherit callPackage; };

  /**
    A directory as its `default.nix`; other paths as they are.
  */
  resolveDefaultNix =
    v:
    if pathIsDirectory v then
      v + "/default.nix"
    else if lib.isString v && lib.hasSuffix "/" v then
      v + "default.nix"
    else
      v;
}
