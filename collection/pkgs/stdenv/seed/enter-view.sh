# Runs a program in a root whose /usr is the seed: enter-view.sh SEED PROGRAM [ARGUMENT...]
#
# Called by busybox inside the build's sandbox, as uid 0 of a user and mount namespace of its own. The program
# runs as uid 1000 of a second user namespace, so tools that test for root (tar, make install) behave as they do
# for a user. Only this script is told the seed's path: what the program makes cannot come to name it.
# The environment is the derivation's, hence the prefix of the variables.
set -e
view_seed=$1
shift

# Inside the sandbox /tmp belongs to this build alone; the new root has its own.
view_root=/tmp/.view
mkdir -p $view_root
mount -t tmpfs -o mode=755 view $view_root
cd $view_root
mkdir nix nix/store etc old tmp usr
for view_entry in /*; do
  case $view_entry in
    /bin | /etc | /lib | /lib64 | /nix | /old | /sbin | /tmp | /usr) ;;
    *)
      if [ -d "$view_entry" ]; then
        mkdir ".$view_entry"
        mount --rbind "$view_entry" ".$view_entry"
      fi
      ;;
  esac
done
mount --rbind "$NIX_STORE" nix/store
mount --bind "$view_seed/usr" usr
for view_entry in bin lib lib64 sbin; do
  ln -s usr/$view_entry $view_entry
done
# Relocated packages name /nix/lib and the like where their originals name /usr/lib.
for view_entry in bin lib libexec sbin share; do
  ln -s ../usr/$view_entry nix/$view_entry
done
cp -R "$view_seed/etc/." etc
for view_entry in group hosts nsswitch.conf passwd resolv.conf services; do
  if [ -e /etc/$view_entry ]; then
    cp /etc/$view_entry etc/$view_entry
  fi
done
chmod 1777 tmp
if [ "${NIX_BUILD_TOP#/tmp/}" != "$NIX_BUILD_TOP" ]; then
  mkdir -p "$view_root$NIX_BUILD_TOP"
  mount --bind "$NIX_BUILD_TOP" "$view_root$NIX_BUILD_TOP"
fi
chmod 555 . nix

pivot_root . old
cd /
umount -l /old
cd "$NIX_BUILD_TOP"
unset disallowedReferences view_seed view_root view_entry OLDPWD
export PATH=/usr/bin NIX_SEED_VIEW=1
exec /usr/bin/unshare --user --map-user=1000 --map-group=100 -- "$@"
