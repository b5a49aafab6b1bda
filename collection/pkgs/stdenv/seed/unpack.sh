# Unpacks .debs (`debs`) into one tree with a merged /usr at $out, without what only people read.
set -e
umask 022
mkdir -p "$out"
# unpack DEB [NAME...]: owners mean nothing in the store.
unpack() {
  deb=$1
  shift
  ar -p "$deb" data.tar.xz | tar -x -J -o -C "$out" "$@"
}
for package in $debs; do
  # Programs with rights of others are left out. busybox opens files with the mode they are to have, which a
  # sandbox may refuse at once; then all that has other modes is asked for by name.
  unpack "$package" 2> "$NIX_BUILD_TOP/errors" || unpack "$package" $(
    ar -p "$package" data.tar.xz | tar -t -v -J | grep -v -e '^d' -e '^...[sS]' -e '^......[sS]' | awk '{ print $6 }'
  )
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
find . -type f -perm /6000 -exec rm -f {} +
