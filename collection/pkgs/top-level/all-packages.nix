# Names that are not a folder of by-name: variants, sets, and other names of the same thing.
pkgs:

let
  inherit (pkgs) lib;
in
{
  inherit (pkgs.debian) glibc;
  libc = pkgs.glibc;
  runtimeShell = "${pkgs.bash}/bin/bash";
  runtimeShellPackage = pkgs.bash;
  bashInteractive = pkgs.bash;
  bashNonInteractive = pkgs.bash;
  gccStdenv = pkgs.stdenv;
  nginxStable = pkgs.nginx;
}
