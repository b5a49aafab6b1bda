# Certificate authorities that programs trust.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;

  cfg = config.security.pki;

  bundle = pkgs.runCommand "ca-bundle.crt" { preferLocalBuild = true; } ''
    shopt -s nullglob
    files=(${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt)
    [ -e "''${files[0]}" ] || files=(${pkgs.cacert}/share/ca-certificates/mozilla/*.crt)
    [ ''${#files[@]} -gt 0 ]
    for file in "''${files[@]}" ${toString cfg.certificateFiles}; do
      cat "$file"
      echo
    done > "$out"
    cat ${builtins.toFile "more-certificates" (lib.concatStringsSep "\n" cfg.certificates)} >> "$out"
  '';
in
{
  options.security.pki = {
    certificateFiles = mkOption {
      type = types.listOf types.path;
      default = [ ];
      description = "Files with further trusted certificates, in PEM form.";
    };
    certificates = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Further trusted certificates, in PEM form.";
    };
  };

  config = {
    environment.etc = {
      "ssl/certs/ca-certificates.crt".source = bundle;
      "ssl/certs/ca-bundle.crt".source = bundle;
    };
    environment.sessionVariables = {
      SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
      NIX_SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
    };
  };
}
