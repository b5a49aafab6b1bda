# Links the trees of $entriesPath (lines "PRIORITY PATH") into one at $root, as far as $pathsToLinkPath says.
#
# A folder that only one package has becomes one link; where several have it, it is a folder of links.
#
# The tree is worked out in memory and made at the end with one process for each folder: on an emulated machine a
# process for each of some thousand links takes a minute.
declare -A linkTo=() isFolder=() priorityOf=()
shopt -s nullglob dotglob

skipped() {
  case $1 in
    */nix-support | */share/info/dir | */perllocal.pod | "$root/log" | */propagated-build-inputs) return 0 ;;
  esac
  return 1
}

# openFolder TARGET: a folder behind a link becomes a folder of links.
openFolder() {
  local target=$1 old entry
  old=${linkTo[$target]}
  unset "linkTo[\$target]"
  isFolder[$target]=1
  for entry in "$old"/*; do
    linkTo[$target/${entry##*/}]=$entry
    priorityOf[$target/${entry##*/}]=${priorityOf[$target]}
  done
}

addEntry() {
  # addEntry SOURCE TARGET PRIORITY
  local source=$1 target=$2 priority=$3 entry old
  if skipped "$target"; then
    return 0
  fi
  old=${linkTo[$target]-}
  if [ -z "$old" ] && [ -z "${isFolder[$target]-}" ]; then
    linkTo[$target]=$source
    priorityOf[$target]=$priority
    return 0
  fi
  if [ -d "$source" ] && { [ -n "${isFolder[$target]-}" ] || [ -d "$old" ]; }; then
    if [ -n "$old" ]; then
      if [ "$old" = "$source" ] || [ "$old" -ef "$source" ]; then
        return 0
      fi
      openFolder "$target"
    fi
    for entry in "$source"/*; do
      addEntry "$entry" "$target/${entry##*/}" "$priority"
    done
    return 0
  fi
  if [ "$old" = "$source" ] || [ "$source" -ef "$old" ]; then
    return 0
  fi
  if [ -n "$old" ] && [ "$priority" -lt "${priorityOf[$target]:-0}" ]; then
    linkTo[$target]=$source
    priorityOf[$target]=$priority
  elif [ "$priority" -eq "${priorityOf[$target]:-0}" ]; then
    if [ -n "$old" ] && [ ! -e "$old" ]; then
      # A link into nothing, a link of a profile to itself say, gives way.
      linkTo[$target]=$source
    elif [ -n "$checkCollisionContents" ] && [ -f "$source" ] && [ -f "$old" ] && cmp -s "$source" "$old"; then
      :
    elif [ -n "$ignoreCollisions" ]; then
      echo "warning: collision between '$source' and '$old'" >&2
    else
      echo "error: collision between '$source' and '$old'" >&2
      failed=1
    fi
  fi
}

failed=
declare -A seen=()
postponed=()
addPackage() {
  # addPackage PRIORITY PATH
  local path=$2 part entry folder
  if [ -n "${seen[$path]:-}" ]; then
    return 0
  fi
  seen[$path]=1
  if [ ! -d "$path" ]; then
    if [ -n "$ignoreSingleFileOutputs" ]; then
      return 0
    fi
    echo "error: the store path $path is a file and can't be merged into an environment" >&2
    exit 1
  fi
  while IFS= read -r part; do
    if [ "$part" = / ]; then
      for entry in "$path"/*; do
        addEntry "$entry" "$root/${entry##*/}" "$1"
      done
    elif [ -e "$path$part" ]; then
      folder=$root
      while IFS= read -r -d / entry; do
        if [ -n "$entry" ]; then
          folder=$folder/$entry
          if [ -n "${linkTo[$folder]-}" ]; then
            openFolder "$folder"
          fi
          isFolder[$folder]=1
        fi
      done <<< "${part%/*}/"
      addEntry "$path$part" "$root$part" "$1"
    fi
  done < "$pathsToLinkPath"
  if [ -f "$path/nix-support/propagated-user-env-packages" ]; then
    postponed+=($(< "$path/nix-support/propagated-user-env-packages"))
  fi
}

while read -r priority path; do
  addPackage "$priority" "$path"
done < <(sort -s -n -k1,1 "$entriesPath")
# What packages bring along yields to what was asked for.
while [ ${#postponed[@]} -gt 0 ]; do
  now=("${postponed[@]}")
  postponed=()
  for path in "${now[@]}"; do
    addPackage 1000 "$path"
  done
done
shopt -u nullglob dotglob
if [ -n "$failed" ]; then
  exit 1
fi

# An entry has the name that it has in its package, so a folder's links are made from a list of their targets.
mkdir -p "$root" "${!isFolder[@]}"
declare -A linksOf=()
for target in "${!linkTo[@]}"; do
  linksOf[${target%/*}]+=${linkTo[$target]}$'\n'
done
for folder in "${!linksOf[@]}"; do
  mapfile -t targets <<< "${linksOf[$folder]%$'\n'}"
  ln -s -t "$folder" -- "${targets[@]}"
done
