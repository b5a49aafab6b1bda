# Downloads whose hash is that of what is inside: archives, unpacked.
#
# They run curl of the larger seed. The hash says what is accepted, so certificates are not checked.
{ lib, stdenvNoCC, curl, unzip }:

let
  fetch =
    {
      url,
      name,
      hash ? "",
      sha256 ? "",
      script,
      curlOpts ? "",
      ...
    }@args:
    stdenvNoCC.mkDerivation (
      removeAttrs args [
        "hash"
        "script"
        "sha256"
      ]
      // {
        inherit curlOpts name url;
        nativeBuildInputs = [
          curl
          unzip
        ];
        outputHashMode = "recursive";
        outputHashAlgo = if hash != "" || lib.hasPrefix "sha256-" sha256 then null else "sha256";
        outputHash =
          if hash != "" then
            hash
          else if sha256 != "" then
            sha256
          else
            throw "${name}: needs a hash; 'lib.fakeHash' gives one that the error message corrects";
        preferLocalBuild = true;
        impureEnvVars = lib.fetchers.proxyImpureEnvVars or [
          "http_proxy"
          "https_proxy"
          "ftp_proxy"
          "all_proxy"
          "no_proxy"
        ];
        buildCommand = ''
          file=$NIX_BUILD_TOP/download-$(basename "''${url%%[?#]*}")
          curl --location --fail --insecure --retry 3 --max-redirs 20 --disable-epsv --silent --show-error \
            $curlOpts --output "$file" "$url"
          ${script}
        '';
      }
    );
in
rec {
  # The tree of an archive, without its one top folder.
  fetchzip =
    {
      url ? builtins.head args.urls,
      urls ? [ url ],
      name ? "source",
      stripRoot ? true,
      # As in the archive's name, where the URL does not tell.
      extension ? "",
      postFetch ? "",
      ...
    }@args:
    fetch (
      removeAttrs args [
        "extension"
        "postFetch"
        "stripRoot"
        "urls"
      ]
      // {
        inherit name url;
        script = ''
          mkdir unpacked
          cd unpacked
          if [ -n "${extension}" ]; then
            mv "$file" "$file.${extension}"
            file=$file.${extension}
          fi
          unpackFile "$file"
          chmod -R u+w .
          ${
            if stripRoot then
              ''
                if [ "$(ls -A | wc -l)" != 1 ]; then
                  echo "error: the archive does not have one folder at its top; use 'stripRoot = false'" >&2
                  exit 1
                fi
                mv "$(ls -A)" "$out"
              ''
            else
              ''
                cd ..
                mv unpacked "$out"
              ''
          }
          ${postFetch}
        '';
      }
    );

  fetchFromGitHub =
    {
      owner,
      repo,
      rev ? null,
      tag ? null,
      name ? "source",
      fetchSubmodules ? false,
      ...
    }@args:
    let
      revision =
        if tag != null then
          "refs/tags/${tag}"
        else if rev != null then
          rev
        else
          throw "fetchFromGitHub: 'rev' or 'tag' of ${owner}/${repo} has to be given";
    in
    if fetchSubmodules then
      throw "fetchFromGitHub: submodules of ${owner}/${repo} are not supported; use builtins.fetchGit"
    else
      fetchzip (
        removeAttrs args [
          "fetchSubmodules"
          "owner"
          "repo"
          "rev"
          "tag"
        ]
        // {
          inherit name;
          url = "https://github.com/${owner}/${repo}/archive/${revision}.tar.gz";
          passthru = {
            inherit owner repo tag;
            rev = revision;
          };
        }
      );
}
