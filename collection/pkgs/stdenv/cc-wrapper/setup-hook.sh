# Headers and libraries of each input that a package links with.
_ccInput() {
  if [ -d "$1/include" ]; then
    export NIX_CFLAGS_COMPILE+=" -isystem $1/include"
  fi
  local folder
  for folder in lib lib64; do
    if [ -d "$1/$folder" ] && [ ! -L "$1/$folder" ]; then
      export NIX_LDFLAGS+=" -L$1/$folder"
      if [ -n "$(compgen -G "$1/$folder/*.so*")" ]; then
        NIX_LDFLAGS+=" -rpath $1/$folder"
      fi
    fi
  done
}
addEnvHooks 0 _ccInput

_ccStart() {
  local kind enabled=
  local -a disabled=()
  concatTo disabled hardeningDisable
  for kind in fortify stackprotector strictoverflow format relro bindnow ${hardeningEnable-}; do
    case " ${disabled[*]:-} " in
      *" $kind "* | *" all "*) ;;
      *) enabled+=" $kind" ;;
    esac
  done
  export NIX_HARDENING_ENABLE=$enabled
  if [ -n "${out:-}" ]; then
    # The same names in each build of the same derivation.
    local hash=${out##*/}
    export NIX_CFLAGS_COMPILE+=" -frandom-seed=${hash:0:10}"
    local folder=${!outputLib:-$out}
    export NIX_LDFLAGS+=" -rpath $folder/lib"
  fi
}
_ccStart
export CC=gcc CXX=g++ LD=ld AR=ar AS=as NM=nm RANLIB=ranlib STRIP=strip OBJCOPY=objcopy OBJDUMP=objdump READELF=readelf SIZE=size STRINGS=strings
