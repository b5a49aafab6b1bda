# Arguments that modules have besides config, options, lib and pkgs.
{
  config,
  lib,
  pkgs,
  ...
}:

{
  _module.args.utils = import ../../lib/utils.nix { inherit config lib pkgs; };
}
