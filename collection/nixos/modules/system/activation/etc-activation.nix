# Makes /etc be what the configuration says: links through /etc/static, which is itself one link into the store.
{
  config,
  lib,
  pkgs,
  ...
}:

{
  config.system.activationScripts.etc = {
    # Files of /etc may belong to users, so those come first.
    deps = [
      "users"
      "groups"
    ];
    text = ''
      # Set up the statically computed bits of /etc.
      echo "setting up /etc..."
      ${pkgs.bash}/bin/bash ${./setup-etc.sh} ${config.system.build.etc}/etc
    '';
  };
}
