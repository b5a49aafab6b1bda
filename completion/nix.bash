# Completion of nix for bash: the program itself says how a word may go on.
_firn_nix_complete() {
  local line=${COMP_LINE:0:COMP_POINT} kind reply cut c
  local -a words replies
  # Bash takes words apart at colons and equals signs; flake references and store URLs are whole here.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  (( ${#words[@]} > 1 )) || return 0

  mapfile -t replies < <(NIX_GET_COMPLETIONS=$(( ${#words[@]} - 1 )) "${words[@]/#\~/$HOME}" 2>/dev/null)
  kind=${replies[0]-}
  case $kind in
    filenames) compopt -o filenames 2>/dev/null ;;
    attrs) compopt -o nospace 2>/dev/null ;;
  esac

  # What stands before the part that bash replaces.
  cut=${words[-1]}
  for c in : = @; do
    [[ $COMP_WORDBREAKS == *"$c"* ]] || cut=${cut//"$c"/_}
  done
  cut=${cut%"${cut##*[:=@]}"}
  COMPREPLY=()
  for reply in "${replies[@]:1}"; do
    reply=${reply%%$'\t'*}
    COMPREPLY+=("${reply:${#cut}}")
  done
}

complete -F _firn_nix_complete nix
