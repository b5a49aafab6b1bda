# Fills $out with unit files: those of the packages in $unitPackages, then what the table in $tablePath says.
# Links within the directory are relative: default.target is only then seen as an alias of its target.
mkdir -p "$out"
shopt -s nullglob

for package in $unitPackages; do
  for from in "$package/lib/systemd/$unitType" "$package/etc/systemd/$unitType"; do
    [ -d "$from" ] || continue
    for file in "$from"/*; do
      name=${file##*/}
      if [ -d "$file" ]; then
        # What hangs below a unit (NAME.wants, NAME.d) is joined over all packages.
        mkdir -p "$out/$name"
        for inner in "$file"/*; do
          if [ -L "$inner" ] && [[ $(readlink "$inner") != /* ]]; then
            cp -P "$inner" "$out/$name/"
          else
            ln -sfn "$inner" "$out/$name/${inner##*/}"
          fi
        done
      elif [ -L "$file" ] && { target=$(readlink "$file"); [[ $target != */* ]] || [ "$target" = /dev/null ]; }; then
        ln -sfn "$target" "$out/$name"
      else
        ln -sfn "$file" "$out/$name"
      fi
    done
  done
done

while read -r kind a b c; do
  case $kind in
    unit)
      path=unit${a}Path
      if [ "$b" = asDropin ] || { [ "$b" = asDropinIfExists ] && [ -e "$out/$c" ]; }; then
        # Only links to the unit were wanted.
        [ -s "${!path}" ] || continue
        mkdir -p "$out/$c.d"
        # One name for all would let what an instance adds hide what its template adds.
        case $c in
          *@.*) name=overrides.conf ;;
          *@*) name=overrides-instance.conf ;;
          *) name=overrides.conf ;;
        esac
        cp "${!path}" "$out/$c.d/$name"
      else
        rm -f "$out/$c"
        cp "${!path}" "$out/$c"
      fi
      ;;
    alias) ln -sfn "$a" "$out/$b" ;;
    wants | requires | upholds)
      mkdir -p "$out/$a.$kind"
      ln -sfn "../$b" "$out/$a.$kind/$b"
      ;;
    mask) ln -sfn /dev/null "$out/$a" ;;
  esac
done < "$tablePath"
