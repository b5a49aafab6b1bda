# installManPage PAGE..., installBin PROGRAM..., installShellCompletion [--bash|--fish|--zsh] [--name NAME] FILE...
installManPage() {
  local page section
  for page in "$@"; do
    [ "$page" = -- ] && continue
    section=${page%.gz}
    section=${section##*.}
    mkdir -p "${!outputMan:-$out}/share/man/man$section"
    cp "$page" "${!outputMan:-$out}/share/man/man$section/$(stripHash "$page")"
  done
}
installBin() {
  local program
  for program in "$@"; do
    mkdir -p "${!outputBin:-$out}/bin"
    install -m 755 "$program" "${!outputBin:-$out}/bin/$(stripHash "$program")"
  done
}
installShellCompletion() {
  local shell= name= command= file folder
  while (($#)); do
    case $1 in
      --bash | --fish | --zsh) shell=${1#--} ;;
      --name) name=$2; shift ;;
      --name=*) name=${1#--name=} ;;
      --cmd) command=$2; shift ;;
      --cmd=*) command=${1#--cmd=} ;;
      --) ;;
      *)
        file=$1
        local kind=$shell base=$name
        if [ -z "$kind" ]; then
          case $file in
            *.bash) kind=bash ;;
            *.fish) kind=fish ;;
            *.zsh | */_*) kind=zsh ;;
            *) echo "installShellCompletion: which shell is $file for?" >&2; return 1 ;;
          esac
        fi
        if [ -z "$base" ]; then
          base=$(stripHash "${file%.bash}")
          if [ -n "$command" ]; then
            case $kind in bash) base=$command ;; fish) base=$command.fish ;; zsh) base=_$command ;; esac
          fi
        fi
        case $kind in
          bash) folder=share/bash-completion/completions ;;
          fish) folder=share/fish/vendor_completions.d ;;
          zsh) folder=share/zsh/site-functions ;;
        esac
        mkdir -p "${!outputBin:-$out}/$folder"
        # The file may be a pipe of a process.
        cat "$file" > "${!outputBin:-$out}/$folder/$base"
        name=
        ;;
    esac
    shift
  done
}
