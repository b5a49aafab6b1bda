# Unpacks .debs (`debs`) into one tree with a merged /usr at $out, without what only people read.
set -e
umask 022
mkdir -p "$out"
for deb in $debs; do
  # Owners and set-id bits mean nothing in the store.
  ar -p "$deb" data.tar.xz | tar -x -J -o -C "$out"
done
cd "$out"
chmod -R u+w .
for directory in bin lib lib64 sbin; do
  if [ -d $directory ]; then
    mkdir -p usr/$directory
    cp -a -f $directory/. usr/$directory/
    rm -rf $directory
  fi
done
mkdir -p etc usr/libexec
rm -rf boot home media mnt opt root run srv sys tmp var
rm -rf usr/share/bash-completion usr/share/bug usr/share/doc usr/share/doc-base usr/share/info usr/share/lintian \
  usr/share/locale usr/share/man usr/share/gdb usr/lib/systemd etc/systemd etc/init.d etc/pam.d etc/cron.daily
# What update-alternatives and other maintainer scripts would have made.
echo "$links" | while read -r link target; do
  if [ -n "$link" ]; then
    mkdir -p "${link%/*}"
    ln -s -f "$target" "$link"
  fi
done
# Absolute links that point into the tree itself: the same in the view, so they may stay; set-id bits may not.
find . -type f -perm /6000 -exec chmod u-s,g-s {} +
