# makeWrapper PROGRAM WRAPPER OPTION...: a script WRAPPER that runs PROGRAM in another environment.
#
#   --argv0 NAME, --inherit-argv0, --resolve-argv0
#   --set VAR VALUE, --set-default VAR VALUE, --unset VAR
#   --chdir FOLDER, --run COMMAND
#   --add-flag FLAG, --append-flag FLAG, --add-flags FLAGS, --append-flags FLAGS
#   --prefix VAR SEPARATOR VALUE, --suffix VAR SEPARATOR VALUE
#   --prefix-each VAR SEPARATOR VALUES, --suffix-each VAR SEPARATOR VALUES
#   --prefix-contents VAR SEPARATOR FILES, --suffix-contents VAR SEPARATOR FILES
assertExecutable() {
  if [ ! -f "$1" ] || [ ! -x "$1" ]; then
    echo "Cannot wrap '$1' because it is not an executable file" >&2
    exit 1
  fi
}

makeShellWrapper() {
  local program=$1 wrapper=$2 argv0='"$0"' before= after= option variable separator value element
  shift 2
  assertExecutable "$program"
  mkdir -p "$(dirname "$wrapper")"
  local script=
  _wrapperSearch() {
    # _wrapperSearch prefix|suffix VAR SEPARATOR VALUE
    # In single quotes: a slash would end the pattern otherwise.
    local quotedSeparator="'${3//\'/\'\\\'\'}'" quotedValue="'${4//\'/\'\\\'\'}'"
    # A value that is there already moves to the end that was asked for.
    script+="$2=\${$2:+$quotedSeparator\$$2$quotedSeparator}"$'\n'
    script+="$2=\${$2/$quotedSeparator$quotedValue$quotedSeparator/$quotedSeparator}"$'\n'
    script+="$2=\${$2#$quotedSeparator}"$'\n'"$2=\${$2%$quotedSeparator}"$'\n'
    if [ "$1" = prefix ]; then
      script+="$2=$quotedValue\${$2:+$quotedSeparator\$$2}"$'\n'
    else
      script+="$2=\${$2:+\$$2$quotedSeparator}$quotedValue"$'\n'
    fi
    script+="export $2"$'\n'
  }
  while (($#)); do
    option=$1
    case $option in
      --set)
        printf -v value '%q' "$3"
        script+="export $2=$value"$'\n'
        shift 3
        ;;
      --set-default)
        printf -v value '%q' "$3"
        script+="export $2=\${$2-$value}"$'\n'
        shift 3
        ;;
      --unset)
        script+="unset $2"$'\n'
        shift 2
        ;;
      --chdir)
        printf -v value '%q' "$2"
        script+="cd $value"$'\n'
        shift 2
        ;;
      --run)
        script+="$2"$'\n'
        shift 2
        ;;
      --prefix | --suffix)
        _wrapperSearch "${option#--}" "$2" "$3" "$4"
        shift 4
        ;;
      --prefix-each | --suffix-each)
        variable=$2 separator=$3
        for element in $4; do
          value=${option#--}
          _wrapperSearch "${value%-each}" "$variable" "$separator" "$element"
        done
        shift 4
        ;;
      --prefix-contents | --suffix-contents)
        variable=$2 separator=$3
        for element in $4; do
          value=${option#--}
          _wrapperSearch "${value%-contents}" "$variable" "$separator" "$(cat "$element")"
        done
        shift 4
        ;;
      --add-flags)
        before+=" $2"
        shift 2
        ;;
      --append-flags)
        after+=" $2"
        shift 2
        ;;
      --add-flag)
        printf -v value '%q' "$2"
        before+=" $value"
        shift 2
        ;;
      --append-flag)
        printf -v value '%q' "$2"
        after+=" $value"
        shift 2
        ;;
      --argv0)
        printf -v argv0 '%q' "$2"
        shift 2
        ;;
      --inherit-argv0)
        argv0='"$0"'
        shift
        ;;
      --resolve-argv0)
        script+='if [ -L "$0" ]; then set -- "$@"; fi'$'\n'
        shift
        ;;
      *)
        echo "makeWrapper doesn't understand the arg $option" >&2
        exit 1
        ;;
    esac
  done
  printf -v value '%q' "$program"
  {
    echo "#! @wrapperShell@ -e"
    printf '%s' "$script"
    printf 'exec -a %s %s %s "$@" %s\n' "$argv0" "$value" "$before" "$after"
  } > "$wrapper"
  chmod +x "$wrapper"
}
makeWrapper() { makeShellWrapper "$@"; }

wrapProgram() { wrapProgramShell "$@"; }
wrapProgramShell() {
  local program=$1 hidden
  assertExecutable "$program"
  hidden=$(dirname "$program")/.$(basename "$program")-wrapped
  while [ -e "$hidden" ]; do
    hidden=${hidden}_
  done
  mv "$program" "$hidden"
  makeShellWrapper "$hidden" "$program" --inherit-argv0 "${@:2}"
}
