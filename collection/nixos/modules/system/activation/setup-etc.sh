# setup-etc.sh SOURCE [ETC]: makes ETC (/etc) hold what SOURCE, a tree in the store, says.
#
# Each link in SOURCE becomes a link in ETC to the same name below ETC/static, and ETC/static is one link to
# SOURCE: so nearly all of /etc changes in one rename. A link with NAME.mode beside it is copied instead, with
# that mode and the owner in NAME.uid and NAME.gid; the mode `direct-symlink` gives a link straight to its target.
# What an earlier configuration put there and this one does not is removed; what somebody else put there stays.
#
# Every change is a rename or a removal of one name, so the script can be killed and run again at any point.
# Programs are started for whole lists and not for each file: a process is what costs here, and one that has no
# libraries to be linked with costs a fifth of the others (STATIC_TOOLS names a busybox).

shopt -s nullglob dotglob
if [ -n "${STATIC_TOOLS-}" ]; then
  for tool in chmod chown cp ln mkdir mv rm rmdir; do
    eval "$tool() { \"\$STATIC_TOOLS\" $tool \"\$@\"; }"
  done
fi
source=$1
etc=${2:-/etc}
static=$etc/static
status=0

# A link of ours points below the static one.
isStatic() { [[ $1 == "$static"/* || $1 == /etc/static/* ]]; }

replaceStatic() {
  ln -sfn "$source" "$etc/.static.tmp" && mv -Tf "$etc/.static.tmp" "$static"
}

[ -d "$etc" ] || mkdir -p "$etc"

# What was copied by the last run, one name a line.
declare -A oldCopies=()
if [ -f "$etc/.clean" ]; then
  while IFS= read -r name; do oldCopies[$name]=1; done < "$etc/.clean"
fi

declare -A wanted=() directories=()
ordered=()    # directories, parents first
links=()      # names that are links through static
directNames=() directTargets=()
copies=()     # names that are copied

# Real directories of the source are directories of /etc; a link to a directory is one link.
walk() {
  local prefix=$1 entry name
  for entry in "$source/$prefix"*; do
    name=$prefix${entry##*/}
    if [ -d "$entry" ] && [ ! -L "$entry" ]; then
      directories[$name]=1
      ordered+=("$name")
      walk "$name/"
    else
      case $name in
        *.mode | *.uid | *.gid) [ ! -e "$source/${name%.*}" ] && [ ! -L "$source/${name%.*}" ] || continue ;;
      esac
      wanted[$name]=1
      if [ -e "$source/$name.mode" ]; then
        mode=
        read -r mode < "$source/$name.mode"
        if [ "$mode" = direct-symlink ]; then
          directNames+=("$name")
        else
          copies+=("$name")
        fi
      else
        links+=("$name")
      fi
    fi
  done
}
walk ""

replaceStatic || exit 1

# A link of ours where a directory must be (from a configuration in which the whole directory was one link)
# would be followed into the store: it goes first.
new=()
for name in "${ordered[@]}"; do
  if [ -L "$etc/$name" ]; then
    target=$(readlink -- "$etc/$name")
    if isStatic "$target"; then
      rm -f -- "$etc/$name"
    elif [ -d "$etc/$name" ]; then
      continue
    fi
  fi
  [ -d "$etc/$name" ] || new+=("$etc/$name")
done
[ ${#new[@]} -eq 0 ] || mkdir -p -- "${new[@]}" || status=1

# What is there already: one readlink for all that are links.
declare -A present=()
readPresent() {
  local names=() name targets index=0
  for name in "$@"; do
    [ ! -L "$etc/$name" ] || names+=("$name")
  done
  [ ${#names[@]} -gt 0 ] || return 0
  mapfile -d '' -t targets < <(cd "$etc" && readlink -z -- "${names[@]}")
  for name in "${names[@]}"; do
    present[$name]=${targets[index]}
    index=$((index + 1))
  done
}
readPresent "${links[@]}" "${directNames[@]}"

# Makes room for a link: a directory of somebody else is never removed.
refuse() {
  echo "$etc/$1 is a directory and not ours: left as it is" >&2
  status=1
}

# Finds links of ours whose name is gone, anywhere below a directory of /etc.
stale=()
emptied=()
sweep() {
  local prefix=$1 entry name names=() targets index=0
  for entry in "$etc/$prefix"*; do
    name=$prefix${entry##*/}
    if [ -L "$entry" ]; then
      # A link that is wanted, or that leads somewhere, needs no second look.
      if [ -z "${wanted[$name]-}" ] && [ "$name" != static ]; then names+=("$name"); fi
    elif [ -d "$entry" ]; then
      sweep "$name/"
    fi
  done
  [ ${#names[@]} -gt 0 ] || return 0
  mapfile -d '' -t targets < <(cd "$etc" && readlink -z -- "${names[@]}")
  for name in "${names[@]}"; do
    if isStatic "${targets[index]}"; then
      stale+=("$etc/$name")
      emptied+=("$prefix")
    fi
    index=$((index + 1))
  done
}
# A directory of an earlier configuration in the way of a link: goes if nobody else has put anything in it.
giveWay() {
  stale=() emptied=()
  sweep "$1/"
  [ ${#stale[@]} -eq 0 ] || rm -f -- "${stale[@]}"
  stale=() emptied=()
  removeEmpty "$etc/$1"
}
removeEmpty() {
  local entry
  for entry in "$1"/*; do
    [ ! -d "$entry" ] || [ -L "$entry" ] || removeEmpty "$entry"
  done
  rmdir -- "$1" 2>/dev/null
}

declare -A batches=()
for name in "${links[@]}"; do
  if [ "${present[$name]-}" = "/etc/static/$name" ]; then
    continue
  fi
  if [ -d "$etc/$name" ] && [ ! -L "$etc/$name" ]; then
    giveWay "$name" || { refuse "$name"; continue; }
  fi
  if [ -e "$etc/$name" ] || [ -L "$etc/$name" ]; then
    ln -sfn -- "/etc/static/$name" "$etc/$name.tmp" && mv -Tf -- "$etc/$name.tmp" "$etc/$name" || status=1
    continue
  fi
  directory=${name%/*}
  [ "$directory" != "$name" ] || directory=.
  batches[$directory]+="/etc/static/$name"$'\n'
done
for directory in "${!batches[@]}"; do
  mapfile -t targets <<< "${batches[$directory]%$'\n'}"
  ln -s -- "${targets[@]}" "$etc/$directory/" || status=1
done

if [ ${#directNames[@]} -gt 0 ]; then
  mapfile -d '' -t directTargets < <(cd "$source" && readlink -z -- "${directNames[@]}")
  index=0
  for name in "${directNames[@]}"; do
    target=${directTargets[index]}
    index=$((index + 1))
    [ "${present[$name]-}" != "$target" ] || continue
    ln -sfn -- "$target" "$etc/$name.tmp" && mv -Tf -- "$etc/$name.tmp" "$etc/$name" || status=1
  done
fi

# The list of copies is written before they are: a run that is killed in between leaves names to clean up, never
# files that nobody remembers.
if [ ${#copies[@]} -gt 0 ] || [ ${#oldCopies[@]} -gt 0 ]; then
  {
    [ ${#copies[@]} -eq 0 ] || printf '%s\n' "${copies[@]}"
    for name in "${!oldCopies[@]}"; do
      [ -n "${wanted[$name]-}" ] || printf '%s\n' "$name"
    done
  } > "$etc/.clean.tmp" && mv -Tf "$etc/.clean.tmp" "$etc/.clean"
fi
for name in "${copies[@]}"; do
  mode=0644 uid=0 gid=0
  read -r mode < "$source/$name.mode"
  [ ! -e "$source/$name.uid" ] || read -r uid < "$source/$name.uid"
  [ ! -e "$source/$name.gid" ] || read -r gid < "$source/$name.gid"
  if [ -d "$etc/$name" ] && [ ! -L "$etc/$name" ]; then
    refuse "$name"
    continue
  fi
  # A name is written +name, a number stands for itself.
  cp -- "$source/$name" "$etc/$name.tmp" && chown "${uid#+}:${gid#+}" "$etc/$name.tmp" && chmod "$mode" "$etc/$name.tmp" \
    && mv -Tf -- "$etc/$name.tmp" "$etc/$name" || { echo "cannot write $etc/$name" >&2; status=1; }
done

# Cleaning up.
sweep ""
if [ ${#stale[@]} -gt 0 ]; then
  for name in "${stale[@]}"; do echo "removing obsolete symlink '$name'..." >&2; done
  rm -f -- "${stale[@]}" || status=1
fi
for name in "${!oldCopies[@]}"; do
  if [ -z "${wanted[$name]-}" ]; then
    echo "removing obsolete file '$etc/$name'..." >&2
    rm -f -- "$etc/$name" || status=1
    case $name in */*) emptied+=("${name%/*}/") ;; esac
  fi
done
# Directories that only held what was removed.
for name in "${emptied[@]}"; do
  while [ -n "$name" ] && [ -z "${directories[${name%/}]-}" ]; do
    rmdir -- "$etc/${name%/}" 2>/dev/null || break
    name=${name%/}
    case $name in */*) name=${name%/*}/ ;; *) name= ;; esac
  done
done
if [ ${#oldCopies[@]} -gt 0 ]; then
  if [ ${#copies[@]} -gt 0 ]; then
    printf '%s\n' "${copies[@]}" > "$etc/.clean.tmp" && mv -Tf "$etc/.clean.tmp" "$etc/.clean"
  else
    rm -f "$etc/.clean"
  fi
fi

exit $status
