# Documentation of the options of a system, as data: `config.system.build.manual.optionsJSON`.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  docs = import ../../lib/make-options-doc.nix { inherit lib options pkgs; };
in
{
  config.system.build.manual = docs;
}
