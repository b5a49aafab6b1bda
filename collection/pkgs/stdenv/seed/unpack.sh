# Unpacks .debs (`debs`) into one tree with a merged /usr at $out, without what only people read.
set -e
umask 022
mkdir -p "$out"
data=$NIX_BUILD_TOP/data.tar
list=$NIX_BUILD_TOP/list
for package in $debs; do
  ar -p "$package" data.tar.xz | unxz > "$data"
  tar -t -v -f "$data" > "$list"
  # Owners mean nothing in the store. Programs with rights of others are left out: busybox opens files with the
  # mode they are to have, which a sandbox may refuse.
  if grep -q -e '^...[sS]' -e '^-.....[sS]' "$list"; then
    tar -x -o -f "$data" -C "$out" $(
      grep -v -e '^d' -e '^...[sS]' -e '^-.....[sS]' "$list" | awk '{ print $6 }'
    )
  else
    tar -x -o -f "$data" -C "$out"
  fi
done
rm "$data"
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
