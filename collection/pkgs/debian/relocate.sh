# Moves the .debs of one unit (`debs`) into the store path $out, so that they find themselves and their direct
# dependencies (`deps`) there. `glibc`, `gccLibs`: store paths; `shell`: the store's bash, or nothing below it;
# `links`: lines "LINK TARGET" to add, both relative to $out; `postRelocate`: commands to run at the end.
umask 022
export LC_ALL=C
root=$NIX_BUILD_TOP/root
control=$NIX_BUILD_TOP/control
mkdir -p "$root" "$control" "$out"
for deb in $debs; do
  ar -p "$deb" data.tar.xz | tar -xJ -o --no-same-permissions -C "$root"
  ar -p "$deb" control.tar.xz | tar -xJ -o -C "$control" ./postinst 2> /dev/null || true
  if [ -f "$control/postinst" ]; then
    cat "$control/postinst" >> "$control/all"
    rm -f "$control/postinst"
  fi
done
cd "$root"
chmod -R u+w .
rm -rf usr/share/{doc,doc-base,lintian,bug,info,locale,menu,reportbug,initramfs-tools,app-install} etc/{init.d,rc?.d}
if [ -d usr/share/man ]; then
  find usr/share/man -mindepth 1 -maxdepth 1 -type d ! -name 'man[0-9]' -exec rm -rf {} +
fi

# place PATH: where a path of the .deb (no slash in front) lies below $out; answers in $placed
place() {
  placed=${1#usr/}
  case $placed in
    lib/x86_64-linux-gnu) placed=lib ;;
    lib/x86_64-linux-gnu/*) placed=lib/${placed#lib/x86_64-linux-gnu/} ;;
    lib64) placed=lib ;;
    lib64/*) placed=lib/${placed#lib64/} ;;
    sbin | games) placed=bin ;;
    sbin/*) placed=bin/${placed#sbin/} ;;
    games/*) placed=bin/${placed#games/} ;;
    include/x86_64-linux-gnu) placed=include ;;
    include/x86_64-linux-gnu/*) placed=include/${placed#include/x86_64-linux-gnu/} ;;
  esac
}

# find_in_store PATH: the store path that a path of the .debs has now; answers in $found
find_in_store() {
  local where
  place "$1"
  for where in "$out" $deps "$glibc"; do
    if [ -e "$where/$placed" ] || [ -L "$where/$placed" ]; then
      found=$where/$placed
      return 0
    fi
  done
  return 1
}

# Links first: their targets are told by where they were.
find . -type l -printf '%P %l\n' | sort > "$NIX_BUILD_TOP/links"
find . -type l -delete
move() {
  if [ -d "$1" ]; then
    mkdir -p "$out/$2"
    cp -a --remove-destination "$1/." "$out/$2/"
    rm -rf "$1"
  fi
}
for prefix in "" usr/; do
  move ${prefix}lib/x86_64-linux-gnu lib
  move ${prefix}lib64 lib
  move ${prefix}lib lib
  move ${prefix}sbin bin
  move ${prefix}games bin
  move ${prefix}bin bin
  move ${prefix}include/x86_64-linux-gnu include
done
move usr .
for directory in *; do
  if [ -d "$directory" ]; then
    move "$directory" "$directory"
  fi
done

# normalise PATH: without . and .. components; answers in $normal
normalise() {
  local part parts
  normal=
  IFS=/ read -ra parts <<< "$1"
  for part in "${parts[@]}"; do
    case $part in
      "" | .) ;;
      ..) if [[ $normal == */* ]]; then normal=${normal%/*}; else normal=; fi ;;
      *) normal=${normal:+$normal/}$part ;;
    esac
  done
}
make_link() {
  # make_link PLACE TARGET
  if [ -d "$out/$1" ] && [ ! -L "$out/$1" ]; then
    return
  fi
  mkdir -p "$(dirname "$out/$1")"
  ln -sfn "$2" "$out/$1"
}
: > "$NIX_BUILD_TOP/later"
while read -r link target; do
  case $target in
    /*) normalise "$target" ;;
    *) normalise "${link%/*}/$target" ;;
  esac
  place "$link"
  here=$placed
  case $normal in
    proc/* | dev/* | run | run/* | sys/* | etc/*) make_link "$here" "/$normal" ;;
    *)
      place "$normal"
      if [ "$here" != "$placed" ]; then
        printf '%s %s %s\n' "$here" "$normal" "$placed" >> "$NIX_BUILD_TOP/later"
        make_link "$here" "$out/$placed"
      fi
      ;;
  esac
done < "$NIX_BUILD_TOP/links"
# A link of a link needs all links made, so targets are judged only now.
while read -r here normal placed; do
  if [ -e "$out/$placed" ] || [ -L "$out/$placed" ]; then
    if [ "$(readlink "$out/$here")" = "$out/$placed" ]; then
      ln -sfn "$(realpath -s -m --relative-to="$(dirname "$out/$here")" "$out/$placed")" "$out/$here"
    fi
  elif find_in_store "$normal"; then
    ln -sfn "$found" "$out/$here"
  else
    echo "link $here: nothing at /$normal, left out"
    rm "$out/$here"
  fi
done < "$NIX_BUILD_TOP/later"

# What update-alternatives would link: '--install LINK NAME PATH PRIORITY' and '--slave LINK NAME PATH'.
alternative() {
  local link=${1#/} path=${2#/}
  place "$link"
  link=$placed
  if [ ! -e "$out/$link" ] && [ ! -L "$out/$link" ] && find_in_store "$path"; then
    mkdir -p "$(dirname "$out/$link")"
    if [[ $found == "$out"/* ]]; then
      ln -s "$(realpath -s -m --relative-to="$(dirname "$out/$link")" "$found")" "$out/$link"
    else
      ln -s "$found" "$out/$link"
    fi
  fi
}
if [ -f "$control/all" ]; then
  while read -r link path; do
    alternative "$link" "$path"
  done < <(sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$control/all" \
    | grep -oE -e '--(install|slave)[[:space:]]+/[^[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+/[^[:space:]]+' \
    | awk '{ print $2, $4 }')
fi
printf '%s\n' "${links:-}" | while read -r link target; do
  if [ -n "$link" ]; then
    mkdir -p "$(dirname "$out/$link")"
    ln -sfn "$target" "$out/$link"
  fi
done
if [ -d "$out/bin" ] && [ ! -e "$out/sbin" ]; then
  ln -s bin "$out/sbin"
fi

# Text: paths of files and folders that exist here or in a direct dependency.
cd "$out"
find . -type f -printf '%P\n' > "$NIX_BUILD_TOP/files"
# Files that hold a path worth a look; -I leaves out what is binary.
tr '\n' '\0' < "$NIX_BUILD_TOP/files" \
  | xargs -0 -r grep -IlZE '/usr/|/s?bin/|/lib(64)?/' -- 2> /dev/null > "$NIX_BUILD_TOP/texts" || true
rewrite=$NIX_BUILD_TOP/rewrite.sed
: > "$rewrite"
while read -r token; do
  case $token in
    /bin/sh | /usr/bin/env | /usr/bin | /usr/sbin | /usr/lib | /usr/share | /usr/libexec | /usr/games) continue ;;
    /usr/share/man | /usr/share/doc | /usr/share/info | /usr/share/locale | /usr/include | /usr/lib/x86_64-linux-gnu) continue ;;
    /usr/lib/systemd | /lib/systemd | /lib/x86_64-linux-gnu | /usr/lib/modules | /lib/modules | /lib/firmware) continue ;;
  esac
  if find_in_store "${token#/}"; then
    escaped=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<< "$token")
    printf 's,(^|[^A-Za-z0-9_./}@-])%s($|[^A-Za-z0-9_.+-]|\\.($|[^A-Za-z0-9_])),\\1%s\\2,g\n' "$escaped" "$found" >> "$rewrite"
  fi
done < <(xargs -0 -r grep -ohE '/(usr|s?bin|lib|lib64)/[A-Za-z0-9_+.@/:-]*[A-Za-z0-9_+]' -- < "$NIX_BUILD_TOP/texts" \
  | sed 's/[:].*//' | sort -u | awk '{ print length($0), $0 }' | sort -k1,1nr -k2 | cut -d' ' -f2)
if [ -s "$rewrite" ] && [ -s "$NIX_BUILD_TOP/texts" ]; then
  # Twice: a match takes the character before and after it, which the next one may need.
  xargs -0 -r sed -i -E -f "$rewrite" -f "$rewrite" -- < "$NIX_BUILD_TOP/texts"
fi
for file in lib/pkgconfig/*.pc share/pkgconfig/*.pc; do
  if [ -f "$file" ]; then
    sed -i -e "s,^prefix=/usr\$,prefix=$out," -e 's,/lib/x86_64-linux-gnu,/lib,g' -e 's,/include/x86_64-linux-gnu,/include,g' \
      -e "s,=/usr/,=$out/,g" "$file"
  fi
done

# Shebangs of the shell; other interpreters were found above if they are dependencies.
if [ -n "$shell" ]; then
  tr '\n' '\0' < "$NIX_BUILD_TOP/files" | xargs -0 -r grep -IlZE -m1 '^#! ?/(usr/)?bin/(env +)?(ba|da)?sh\b' -- 2> /dev/null \
    | xargs -0 -r sed -i -E -e "1s,^#! ?/(usr/)?bin/(env +)?(ba|da)?sh\b,#!$shell/bin/\3sh," -e "1s,/bin/dash\b,/bin/sh," -- || true
fi

# ELF: loader, and an RPATH worked out from what each file needs.
tr '\n' '\0' < "$NIX_BUILD_TOP/files" | xargs -0 -r grep -alP -m1 '\A\x7fELF' -- > "$NIX_BUILD_TOP/elf-files" 2> /dev/null || true
if [ -s "$NIX_BUILD_TOP/elf-files" ]; then
  # One line a file: name, loader or -, its own RPATH or -, needed libraries.
  tr '\n' '\0' < "$NIX_BUILD_TOP/elf-files" | xargs -0 readelf -ldW -- /dev/null 2> /dev/null | awk '
    function flush() { if (file != "" && dynamic) print file, interp, rpath, needed; file = "" }
    /^File: / { flush(); file = substr($0, 7); interp = rpath = "-"; needed = ""; dynamic = 0 }
    /Requesting program interpreter: / { sub(/.*interpreter: /, ""); sub(/\].*/, ""); interp = $0 }
    /\(NEEDED\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); needed = needed " " $0; dynamic = 1 }
    /\((RPATH|RUNPATH)\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); rpath = $0; dynamic = 1 }
    END { flush() }' > "$NIX_BUILD_TOP/elf"
  # Libraries of this unit by name, those straight below lib first.
  declare -A own
  while read -r path; do
    name=${path##*/}
    : "${own[$name]:=$out/${path%/*}}"
  done < <(find lib* -name '*.so*' ! -type d -printf '%d %p\n' 2> /dev/null | sort -n | cut -d' ' -f2)
  libraryFolders=()
  for where in $deps; do
    libraryFolders+=("$where/lib")
  done
  while read -r file interp rpath needed; do
    directories=
    add() { case ":$directories:" in *":$1:"*) ;; *) directories=${directories:+$directories:}$1 ;; esac }
    # Folders that the file itself asked for, as far as they came along.
    if [ "$rpath" != - ]; then
      IFS=: read -ra asked <<< "$rpath"
      for directory in "${asked[@]}"; do
        if [[ $directory == \$ORIGIN* ]]; then
          add "$directory"
        elif [[ $directory == /* ]]; then
          place "${directory#/}"
          for where in "$out" $deps; do
            if [ -d "$where/$placed" ]; then
              add "$where/$placed"
            fi
          done
        fi
      done
    fi
    for library in $needed; do
      where=
      case $library in
        ld-linux-x86-64.so.2) continue ;;
      esac
      if [ -n "${own[$library]:-}" ]; then
        where=${own[$library]}
      elif [ -e "$glibc/lib/$library" ] && [ "$library" != libgcc_s.so.1 ]; then
        where=$glibc/lib
      elif [ -e "$gccLibs/lib/$library" ]; then
        where=$gccLibs/lib
      else
        IFS=: read -ra asked <<< "$directories"
        for directory in "${asked[@]}" "${libraryFolders[@]}"; do
          if [ -e "$directory/$library" ]; then
            where=$directory
            break
          fi
        done
      fi
      if [ -n "$where" ]; then
        add "$where"
      else
        echo "$file needs $library, which no direct dependency has"
      fi
    done
    arguments=()
    if [ "$interp" != - ]; then
      arguments+=(--set-interpreter "$glibc/lib/ld-linux-x86-64.so.2")
    fi
    if [ -n "$directories" ]; then
      arguments+=(--set-rpath "$directories")
    fi
    if [ ${#arguments[@]} -gt 0 ]; then
      patchelf "${arguments[@]}" "$file"
    fi
  done < "$NIX_BUILD_TOP/elf"
  # Folders that are compiled in: /nix/lib and so on are links that a booted system and every build have.
  # Each is as long as what it replaces.
  tr '\n' '\0' < "$NIX_BUILD_TOP/elf-files" | xargs -0 grep -alZE '/usr/|/lib/' -- | xargs -0 -r sed -i -E \
    -e 's,/usr/lib/x86_64-linux-gnu\b,/nix/lib/////////////////,g' \
    -e 's,/usr/(lib|share|bin|sbin|libexec)\b,/nix/\1,g' \
    -e 's,/nix/bin/env\b,/usr/bin/env,g' \
    -e 's,(^|[^a-z0-9])/lib/x86_64-linux-gnu/,\1/nix/lib//////////////,g' \
    -e 's,(^|[^a-z0-9])/lib/(systemd|udev|modules|firmware|security)\b,\1/nix/\2,g' --
fi

# Compiled Python names its source's old place; it is made anew where it may be written.
find . -name '__pycache__' -type d -prune -exec rm -rf {} +
find . -type f -perm /6000 -exec chmod u-s,g-s {} +
find . -depth -type d -empty -delete

# wrap PROGRAM [--default VARIABLE VALUE | --argument ARGUMENT]...: a small program in PROGRAM's place that sets
# variables which are not set yet, puts arguments in front, and runs it. What the program has compiled in then
# does not matter, and neither does the machine.
wrap() {
  local program=$1 hidden=${1%/*}/.${1##*/}-wrapped defaults= arguments=
  shift
  while (($#)); do
    case $1 in
      --default) defaults+="  setenv(\"$2\", \"$3\", 0);"$'\n'; shift 3 ;;
      --argument) arguments+="  args[n++] = \"$2\";"$'\n'; shift 2 ;;
    esac
  done
  mv "$out/$program" "$out/$hidden"
  cat > "$NIX_BUILD_TOP/wrap.c" <<SOURCE
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  char **args = malloc((argc + 64) * sizeof *args);
  int n = 0;
  if (args == NULL)
    return 127;
  args[n++] = argv[0];
$defaults$arguments  for (int i = 1; i < argc; i++)
    args[n++] = argv[i];
  args[n] = NULL;
  execv("$out/$hidden", args);
  return 127;
}
SOURCE
  gcc -Os -s -o "$out/$program" "$NIX_BUILD_TOP/wrap.c" \
    -Wl,--dynamic-linker="$glibc/lib/ld-linux-x86-64.so.2" -Wl,-rpath,"$glibc/lib"
}
mkdir -p "$out"
cd "$NIX_BUILD_TOP"
eval "${postRelocate:-}"
