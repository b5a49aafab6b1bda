# Fills $out with unit files: those of the packages in $unitPackages, then what the table in $tablePath says.
# Links within the directory are relative: default.target is only then seen as an alias of its target.
#
# Links are made in batches: a process for each of some hundred units is what takes the time.
mkdir -p "$out"
shopt -s nullglob

# What is there by name below $out: where a link leads (`linkTo`), and if a link of a package is taken over as it
# is, the file (`copyOf`). Later packages win.
declare -A linkTo=() copyOf=() folders=()

# One look at where all links of the packages lead.
links=()
for package in $unitPackages; do
  for from in "$package/lib/systemd/$unitType" "$package/etc/systemd/$unitType"; do
    for file in "$from"/* "$from"/*/*; do
      [ ! -L "$file" ] || links+=("$file")
    done
  done
done
declare -A targetOf=()
if [ ${#links[@]} -gt 0 ]; then
  mapfile -d '' -t targets < <(readlink -z -- "${links[@]}")
  for index in "${!links[@]}"; do targetOf[${links[index]}]=${targets[index]}; done
fi

take() { # NAME FILE: a link to the file
  unset "copyOf[\$1]"
  linkTo[$1]=$2
}
keep() { # NAME FILE: the link that the file is
  unset "linkTo[\$1]"
  copyOf[$1]=$2
}

for package in $unitPackages; do
  for from in "$package/lib/systemd/$unitType" "$package/etc/systemd/$unitType"; do
    [ -d "$from" ] || continue
    for file in "$from"/*; do
      name=${file##*/}
      target=${targetOf[$file]-}
      if [ -d "$file" ]; then
        # What hangs below a unit (NAME.wants, NAME.d) is joined over all packages.
        folders[$name]=1
        for inner in "$file"/*; do
          target=${targetOf[$inner]-}
          if [ -n "$target" ] && [[ $target != /* ]]; then
            keep "$name/${inner##*/}" "$inner"
          else
            take "$name/${inner##*/}" "$inner"
          fi
        done
      elif [ -n "$target" ] && { [[ $target != */* ]] || [ "$target" = /dev/null ]; }; then
        keep "$name" "$file"
      else
        take "$name" "$file"
      fi
    done
  done
done

# The names are those of the files, so a folder's are given as one list.
if [ ${#folders[@]} -gt 0 ]; then (cd "$out" && mkdir -p -- "${!folders[@]}"); fi
declare -A linksIn=() copiesIn=()
folderOf() { case $1 in */*) folder=${1%/*} ;; *) folder=. ;; esac; }
for name in "${!linkTo[@]}"; do folderOf "$name"; linksIn[$folder]+=${linkTo[$name]}$'\n'; done
for name in "${!copyOf[@]}"; do folderOf "$name"; copiesIn[$folder]+=${copyOf[$name]}$'\n'; done
for folder in "${!linksIn[@]}"; do
  mapfile -t files <<< "${linksIn[$folder]%$'\n'}"
  ln -s -t "$out/$folder" -- "${files[@]}"
done
for folder in "${!copiesIn[@]}"; do
  mapfile -t files <<< "${copiesIn[$folder]%$'\n'}"
  cp -P -t "$out/$folder" -- "${files[@]}"
done

# The text of a file, in the place of whatever is there.
write() { # FROM TO
  local text
  mapfile -d '' text < "$1"
  [ ! -e "$2" ] && [ ! -L "$2" ] || rm -f "$2"
  printf %s "${text[0]-}" > "$2"
}

declare -A wanted=()
while read -r kind a b c; do
  case $kind in
    unit)
      path=unit${a}Path
      if [ "$b" = asDropin ] || { [ "$b" = asDropinIfExists ] && [ -e "$out/$c" ]; }; then
        # Only links to the unit were wanted.
        [ -s "${!path}" ] || continue
        [ -d "$out/$c.d" ] || mkdir -p "$out/$c.d"
        # One name for all would let what an instance adds hide what its template adds.
        case $c in
          *@.*) name=overrides.conf ;;
          *@*) name=overrides-instance.conf ;;
          *) name=overrides.conf ;;
        esac
        write "${!path}" "$out/$c.d/$name"
      else
        write "${!path}" "$out/$c"
      fi
      ;;
    alias) ln -sfn "$a" "$out/$b" ;;
    wants | requires | upholds) wanted[$a.$kind]+=../$b$'\n' ;;
    mask) ln -sfn /dev/null "$out/$a" ;;
  esac
done < "$tablePath"
for folder in "${!wanted[@]}"; do
  mapfile -t targets <<< "${wanted[$folder]%$'\n'}"
  [ -d "$out/$folder" ] || mkdir -p "$out/$folder"
  ln -sfn -t "$out/$folder" -- "${targets[@]}"
done
