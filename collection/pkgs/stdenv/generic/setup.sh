# What every stdenv build starts with: variables, hooks, and the phases that `genericBuild` runs.
#
# Sourced by a builder as `source $stdenv/setup`. Packages see the interfaces that nixpkgs documents for its
# standard environment; the names and their meaning are the same, the text is this project's.
set -eu
set -o pipefail
shopt -s inherit_errexit

: "${outputs:=out}" "${NIX_DEBUG:=0}" "${NIX_LOG_FD:=2}"
if [ -n "${NIX_ATTRS_SH_FILE:-}" ] && [ -e "$NIX_ATTRS_SH_FILE" ]; then
  # Structured attributes: arrays instead of words with blanks between them.
  source "$NIX_ATTRS_SH_FILE"
  __structuredAttrs=1
  for _name in "${!outputs[@]}"; do
    export "$_name=${outputs[$_name]}"
  done
  unset _name
fi
getAllOutputNames() {
  if [ -n "${__structuredAttrs:-}" ]; then
    printf '%s ' "${!outputs[@]}"
  else
    echo "$outputs"
  fi
}
: "${out:=}"

# Outside a build, in a nix-shell say, there is no view: the machine's programs take its place.
if [ -z "${NIX_SEED_VIEW:-}" ]; then
  NIX_VIEW_SHELL=$NIX_HOST_SHELL/bin/bash
  NIX_VIEW_PATH=/nix/bin:/usr/bin:/bin
fi

######################################################################
# Messages

nixLog() {
  local level=$1
  shift
  if [ "$NIX_DEBUG" -ge "$level" ]; then
    printf '%s\n' "$*" >&"$NIX_LOG_FD"
  fi
}
nixErrorLog() { nixLog 0 "error: $*"; }
nixWarnLog() { nixLog 1 "warning: $*"; }
nixNoticeLog() { nixLog 2 "$*"; }
nixInfoLog() { nixLog 3 "$*"; }
nixTalkativeLog() { nixLog 4 "$*"; }
nixChattyLog() { nixLog 5 "$*"; }
nixDebugLog() { nixLog 6 "$*"; }

echoCmd() {
  printf '%s:' "$1"
  shift
  printf ' %q' "$@"
  echo
}

######################################################################
# Hooks: a hook NAME is a function or string variable NAME, and the functions or strings in the array NAMEs.

_callImplicitHook() {
  local default=$1 name=$2
  if declare -F "$name" > /dev/null; then
    "$name"
  elif type -p "$name" > /dev/null; then
    source "$(type -p "$name")"
  elif [ -n "${!name:-}" ]; then
    eval "${!name}"
  else
    return "$default"
  fi
}

_eval() {
  local code=$1
  shift
  if declare -F "$code" > /dev/null; then
    "$code" "$@"
  else
    eval "$code"
  fi
}

runHook() {
  local name=$1 hook
  shift
  local -n _hooks=${name%Hook}Hooks
  for hook in "_callImplicitHook 0 $name" ${_hooks+"${_hooks[@]}"}; do
    _eval "$hook" "$@"
  done
  return 0
}

# The first hook that succeeds ends it.
runOneHook() {
  local name=$1 hook
  shift
  local -n _hooks=${name%Hook}Hooks
  for hook in "_callImplicitHook 1 $name" ${_hooks+"${_hooks[@]}"}; do
    if _eval "$hook" "$@"; then
      return 0
    fi
  done
  return 1
}

exitHandler() {
  local status=$?
  set +e
  if [ "$status" != 0 ]; then
    if [ -n "${failureHook:-}${failureHooks[*]:-}" ] || declare -F failureHook > /dev/null; then
      runHook failureHook
    fi
    if [ -n "${succeedOnFailure:-}" ]; then
      echo "build failed with exit code $status (ignored)"
      mkdir -p "$out/nix-support"
      printf '%s' "$status" > "$out/nix-support/failed"
      exit 0
    fi
  else
    runHook exitHook
  fi
  exit "$status"
}
trap exitHandler EXIT

######################################################################
# Variables that are lists, as words or as arrays

_isArray() {
  local declaration
  declaration=$(declare -p "$1" 2> /dev/null) || return 1
  [[ $declaration =~ ^declare\ -[^\ ]*a ]]
}

prependToVar() {
  local -n _list=$1
  local _name=$1
  shift
  if [ -n "${__structuredAttrs:-}" ] || _isArray "$_name"; then
    _list=("$@" ${_list+"${_list[@]}"})
  else
    _list="$* ${_list-}"
  fi
}

appendToVar() {
  local -n _list=$1
  local _name=$1
  shift
  if [ -n "${__structuredAttrs:-}" ] || _isArray "$_name"; then
    _list=(${_list+"${_list[@]}"} "$@")
  else
    _list="${_list-} $*"
  fi
}

# concatTo TARGET NAME...: appends to the array TARGET what the variables hold; NAME=DEFAULT gives one where
# the variable is empty.
concatTo() {
  local -n _target=$1
  shift
  local _argument _variable
  for _argument in "$@"; do
    _variable=${_argument%%=*}
    local -n _value=$_variable
    if _isArray "$_variable"; then
      if [ "${#_value[@]}" -gt 0 ]; then
        _target+=("${_value[@]}")
        continue
      fi
    elif [ -n "${_value-}" ]; then
      # Words are parted at blanks; nothing is expanded.
      local -a _words
      read -r -d '' -a _words <<< "${_value}" || true
      _target+=(${_words+"${_words[@]}"})
      continue
    fi
    if [ "$_argument" != "$_variable" ]; then
      _target+=("${_argument#*=}")
    fi
    unset -n _value
  done
}

concatStringsSep() {
  local _separator=$1
  local -n _strings=$2
  local IFS=$'\001' _joined
  if _isArray "$2"; then
    _joined="${_strings[*]}"
  else
    local -a _words
    IFS=$' \t\n' read -r -d '' -a _words <<< "${_strings}" || true
    _joined="${_words[*]}"
  fi
  printf '%s' "${_joined//$'\001'/$_separator}"
}

addToSearchPathWithCustomDelimiter() {
  local delimiter=$1 name=$2 directory=$3
  if [ -d "$directory" ] && [[ $delimiter${!name:-}$delimiter != *"$delimiter$directory$delimiter"* ]]; then
    export "$name=${!name:+${!name}$delimiter}$directory"
  fi
}
addToSearchPath() { addToSearchPathWithCustomDelimiter : "$@"; }

isELF() {
  local magic
  LC_ALL=C read -r -n 4 magic < "$1" 2> /dev/null || true
  [ "$magic" = $'\x7fELF' ]
}
isScript() {
  local magic
  LC_ALL=C read -r -n 2 magic < "$1" 2> /dev/null || true
  [ "$magic" = '#!' ]
}

######################################################################
# Dependencies: PATH, setup hooks, and environment hooks

declare -a envHooks=() envBuildBuildHooks=() envBuildHostHooks=() envBuildTargetHooks=()
declare -a envHostHostHooks=() envHostTargetHooks=() envTargetTargetHooks=()
declare -a pkgsBuildBuild=() pkgsBuildHost=() pkgsBuildTarget=() pkgsHostHost=() pkgsHostTarget=() pkgsTargetTarget=()
declare -a unpackCmdHooks=() fixupOutputHooks=() preFixupHooks=() postFixupHooks=() preConfigureHooks=()

# addEnvHooks OFFSET FUNCTION: FUNCTION is called with each dependency. Offset -1 is about tools of the build,
# 0 and 1 about what the package links with.
addEnvHooks() {
  local offset=$1
  shift
  case $offset in
    -1) envBuildHostHooks+=("$@") ;;
    *) envHostTargetHooks+=("$@") ;;
  esac
}
addEnvHook() { envHostTargetHooks+=("$@"); }

_seenDependencies=" "
# _findInputs DEPENDENCY ARRAY PROPAGATED-NATIVE-ARRAY: the dependency and what it propagates, dependencies' own last.
_findInputs() {
  local dependency=$1 target=$2 propagated
  case $_seenDependencies in *" $target:$dependency "*) return 0 ;; esac
  _seenDependencies+="$target:$dependency "
  if [ ! -e "$dependency" ]; then
    echo "build input $dependency does not exist" >&2
    exit 1
  fi
  local -n _array=$target
  _array+=("$dependency")
  unset -n _array
  local -a words
  if [ -f "$dependency/nix-support/propagated-build-inputs" ]; then
    read -r -d '' -a words < "$dependency/nix-support/propagated-build-inputs" || true
    for propagated in ${words+"${words[@]}"}; do
      _findInputs "$propagated" "$target"
    done
  fi
  words=()
  if [ -f "$dependency/nix-support/propagated-native-build-inputs" ]; then
    read -r -d '' -a words < "$dependency/nix-support/propagated-native-build-inputs" || true
    for propagated in ${words+"${words[@]}"}; do
      _findInputs "$propagated" pkgsBuildHost
    done
  fi
}

_addInputs() {
  local target=$1 input
  shift
  local -a inputs=()
  concatTo inputs "$@"
  for input in ${inputs+"${inputs[@]}"}; do
    _findInputs "$input" "$target"
  done
}

_sourceSetupHook() {
  # Hooks are written by packages, which need not expect this file's options.
  if [ -f "$1" ]; then
    set +u
    source "$1"
    set -u
  elif [ -f "$1/nix-support/setup-hook" ]; then
    set +u
    source "$1/nix-support/setup-hook"
    set -u
  fi
}

######################################################################
# Substitution

# substituteStream NAME DESCRIPTION ARGUMENT...: edits the variable NAME as `substitute` is told to.
substituteStream() {
  local -n _text=$1
  local description=$2 pattern replacement mode=warn
  shift 2
  while (($#)); do
    case $1 in
      --replace | --replace-warn | --replace-fail | --replace-quiet)
        case $1 in
          --replace | --replace-warn) mode=warn ;;
          --replace-fail) mode=fail ;;
          --replace-quiet) mode=quiet ;;
        esac
        pattern=$2
        replacement=$3
        shift 3
        if [[ $_text == *"$pattern"* ]]; then
          _text=${_text//"$pattern"/"$replacement"}
        elif [ "$mode" = fail ]; then
          echo "substitute(): error: pattern $pattern doesn't match anything in $description" >&2
          return 1
        elif [ "$mode" = warn ]; then
          echo "substitute(): warning: pattern $pattern doesn't match anything in $description" >&2
        fi
        ;;
      --subst-var)
        _substituteVariable "$2" "${!2}" || return 1
        shift 2
        ;;
      --subst-var-by)
        _substituteVariable "$2" "$3" || return 1
        shift 3
        ;;
      *)
        echo "substitute(): error: invalid argument '$1'" >&2
        return 1
        ;;
    esac
  done
}
_substituteVariable() {
  if ! [[ $1 =~ ^[a-zA-Z_][a-zA-Z0-9_]*$ ]]; then
    echo "substitute(): error: '$1' is not a valid Bash variable name" >&2
    return 1
  fi
  _text=${_text//"@$1@"/"$2"}
}

# consumeEntire NAME: all of standard input, which may not hold a NUL.
consumeEntire() {
  if IFS='' read -r -d '' "$1"; then
    echo "consumeEntire(): error: input contains null bytes, won't process" >&2
    return 1
  fi
}

substitute() {
  local input=$1 output=$2 content
  shift 2
  if [ ! -f "$input" ]; then
    echo "substitute(): error: file '$input' does not exist" >&2
    return 1
  fi
  consumeEntire content < "$input"
  if [ -e "$output" ] && [ "$input" = "$output" ]; then
    chmod u+w "$output"
  fi
  substituteStream content "file '$input'" "$@" || return 1
  printf '%s' "$content" > "$output"
}

substituteInPlace() {
  local -a files=()
  local file
  while (($#)) && [ "${1#--}" = "$1" ]; do
    files+=("$1")
    shift
  done
  if [ ${#files[@]} = 0 ]; then
    echo "substituteInPlace(): error: no files named (files come before options)" >&2
    return 1
  fi
  for file in "${files[@]}"; do
    substitute "$file" "$file" "$@"
  done
}

# Every exported variable whose name starts with a small letter.
_allSubstitutions() {
  local name
  substitutions=()
  while read -r name; do
    if [[ $name =~ ^[a-z][a-zA-Z0-9_]*$ ]]; then
      substitutions+=(--subst-var "$name")
    fi
  done < <(compgen -e)
}
substituteAll() {
  local input=$1 output=$2
  local -a substitutions
  _allSubstitutions
  substitute "$input" "$output" "${substitutions[@]}"
}
substituteAllInPlace() { substituteAll "$1" "$1"; }
substituteAllStream() {
  local -a substitutions
  _allSubstitutions
  substituteStream "$1" "$2" "${substitutions[@]}"
}

######################################################################
# Unpacking

stripHash() {
  local name=${1##*/}
  if [[ $name =~ ^[0-9a-z]{32}- ]]; then
    name=${name:33}
  fi
  printf '%s\n' "$name"
}

_defaultUnpack() {
  local source=$1 destination
  if [ -d "$source" ]; then
    destination=$(stripHash "$source")
    # A second source of the same name is laid over the first.
    cp -r --preserve=mode,timestamps --reflink=auto -- "$source" "$destination"
    return 0
  fi
  case $source in
    *.tar.xz | *.tar.lzma | *.txz) xz -d < "$source" | tar xf - --mode=+w --warning=no-timestamp ;;
    *.tar.zst) zstd -d < "$source" | tar xf - --mode=+w --warning=no-timestamp ;;
    *.tar | *.tar.* | *.tgz | *.tbz2 | *.tbz) tar xf "$source" --mode=+w --warning=no-timestamp ;;
    *.zip) unzip -qq "$source" ;;
    *.deb) ar -p "$source" data.tar.xz | tar xJ --mode=+w --warning=no-timestamp ;;
    *) return 1 ;;
  esac
}
unpackCmdHooks+=(_defaultUnpack)

unpackFile() {
  curSrc=$1
  echo "unpacking source archive $curSrc"
  if ! runOneHook unpackCmd "$curSrc"; then
    echo "do not know how to unpack source archive $curSrc" >&2
    exit 1
  fi
}

unpackPhase() {
  runHook preUnpack
  local -a sources=()
  local source entry
  concatTo sources srcs
  if [ ${#sources[@]} = 0 ]; then
    if [ -z "${src:-}" ]; then
      echo 'variable $src or $srcs should point to the source' >&2
      exit 1
    fi
    sources=("$src")
  fi
  local before=" "
  for entry in *; do
    if [ -d "$entry" ]; then
      before+="$entry "
    fi
  done
  for source in "${sources[@]}"; do
    unpackFile "$source"
  done
  : "${sourceRoot=}"
  if [ -n "${setSourceRoot:-}" ]; then
    runOneHook setSourceRoot
  elif [ -z "$sourceRoot" ]; then
    for entry in *; do
      if [ -d "$entry" ] && [[ $before != *" $entry "* ]]; then
        if [ -n "$sourceRoot" ]; then
          echo "unpacker produced multiple directories" >&2
          exit 1
        fi
        sourceRoot=$entry
      fi
    done
  fi
  if [ -z "$sourceRoot" ]; then
    echo "unpacker appears to have produced no directories" >&2
    exit 1
  fi
  echo "source root is $sourceRoot"
  if [ -z "${dontMakeSourcesWritable:-}" ]; then
    chmod -R u+w -- "$sourceRoot"
  fi
  runHook postUnpack
}

# The newest file of the source is the time that archives made by the build should carry.
updateSourceDateEpoch() {
  local newest
  newest=$(find "$1" -type f -not -newer "$NIX_BUILD_TOP/.." -printf '%T@\n' 2> /dev/null | sort -n | tail -n 1 || true)
  newest=${newest%%.*}
  if [ -n "$newest" ] && [ "$newest" -gt "$SOURCE_DATE_EPOCH" ]; then
    export SOURCE_DATE_EPOCH=$newest
  fi
}

######################################################################
# Patching, configuring, building, checking, installing

patchPhase() {
  runHook prePatch
  local -a list=() flags=()
  local patch
  concatTo list patches
  concatTo flags patchFlags=-p1
  for patch in ${list+"${list[@]}"}; do
    echo "applying patch $patch"
    case $patch in
      *.gz) gzip -d < "$patch" | patch "${flags[@]}" ;;
      *.bz2) bzip2 -d < "$patch" | patch "${flags[@]}" ;;
      *.xz) xz -d < "$patch" | patch "${flags[@]}" ;;
      *) patch "${flags[@]}" < "$patch" ;;
    esac
  done
  runHook postPatch
}

configurePhase() {
  runHook preConfigure
  : "${configureScript=}"
  if [ -z "$configureScript" ] && [ -x ./configure ]; then
    configureScript=./configure
  fi
  if [ -z "${dontFixLibtool:-}" ]; then
    # libtool writes the compiler's search folders, which are the seed's, into libraries' RPATH.
    local file
    while IFS= read -r -d '' file; do
      sed -i 's,^sys_lib_dlsearch_path_spec=.*,sys_lib_dlsearch_path_spec="",; s,^\(hardcode_into_libs\)=.*,\1=no,' "$file"
    done < <(find . -name libtool -type f -print0)
  fi
  if [ -z "${dontAddPrefix:-}" ] && [ -n "${prefix:-}" ]; then
    prependToVar configureFlags "${prefixKey:---prefix=}$prefix"
  fi
  if [ -n "$configureScript" ]; then
    if [ -z "${dontAddDisableDepTrack:-}" ] && grep -q dependency-tracking "$configureScript" 2> /dev/null; then
      prependToVar configureFlags --disable-dependency-tracking
    fi
    if [ -z "${dontDisableStatic:-}" ] && grep -q enable-static "$configureScript" 2> /dev/null; then
      prependToVar configureFlags --disable-static
    fi
    local -a flags=()
    concatTo flags configureFlags configureFlagsArray
    echoCmd 'configure flags' ${flags+"${flags[@]}"}
    # shellcheck disable=SC2086
    $configureScript ${flags+"${flags[@]}"}
  else
    echo "no configure script, doing nothing"
  fi
  runHook postConfigure
}

_haveMakefile() {
  [ -n "${makefile:-}" ] || [ -e Makefile ] || [ -e makefile ] || [ -e GNUmakefile ]
}

buildPhase() {
  runHook preBuild
  if ! _haveMakefile && [ -z "${makeFlags:-}" ]; then
    echo "no Makefile or custom buildPhase, doing nothing"
  else
    foundMakefile=1
    local -a flags=(${enableParallelBuilding:+-j${NIX_BUILD_CORES}} "SHELL=$SHELL")
    concatTo flags makeFlags makeFlagsArray buildFlags buildFlagsArray
    echoCmd 'build flags' "${flags[@]}"
    make ${makefile:+-f $makefile} "${flags[@]}"
  fi
  runHook postBuild
}

checkPhase() {
  runHook preCheck
  if ! _haveMakefile; then
    echo "no Makefile or custom checkPhase, doing nothing"
  else
    if [ -z "${checkTarget:-}" ]; then
      if make -n ${makefile:+-f $makefile} check > /dev/null 2>&1; then
        checkTarget=check
      elif make -n ${makefile:+-f $makefile} test > /dev/null 2>&1; then
        checkTarget=test
      fi
    fi
    if [ -z "${checkTarget:-}" ]; then
      echo "no check/test target in ${makefile:-Makefile}, doing nothing"
    else
      local -a flags=(${enableParallelChecking:+-j${NIX_BUILD_CORES}} "SHELL=$SHELL")
      concatTo flags makeFlags makeFlagsArray checkFlags=VERBOSE=y checkFlagsArray checkTarget
      echoCmd 'check flags' "${flags[@]}"
      make ${makefile:+-f $makefile} "${flags[@]}"
    fi
  fi
  runHook postCheck
}

installPhase() {
  runHook preInstall
  if ! _haveMakefile && [ -z "${makeFlags:-}" ]; then
    echo "no Makefile or custom installPhase, doing nothing"
    runHook postInstall
    return
  fi
  if [ -n "${prefix:-}" ]; then
    mkdir -p "$prefix"
  fi
  local -a flags=(${enableParallelInstalling:+-j${NIX_BUILD_CORES}} "SHELL=$SHELL")
  concatTo flags makeFlags makeFlagsArray installFlags installFlagsArray installTargets=install
  echoCmd 'install flags' "${flags[@]}"
  make ${makefile:+-f $makefile} "${flags[@]}"
  runHook postInstall
}

installCheckPhase() {
  runHook preInstallCheck
  if _haveMakefile; then
    local -a flags=(${enableParallelChecking:+-j${NIX_BUILD_CORES}} "SHELL=$SHELL")
    concatTo flags makeFlags makeFlagsArray installCheckFlags installCheckFlagsArray installCheckTarget=installcheck
    if make -n ${makefile:+-f $makefile} "${installCheckTarget:-installcheck}" > /dev/null 2>&1; then
      echoCmd 'installcheck flags' "${flags[@]}"
      make ${makefile:+-f $makefile} "${flags[@]}"
    else
      echo "no installcheck target in ${makefile:-Makefile}, doing nothing"
    fi
  fi
  runHook postInstallCheck
}

distPhase() {
  runHook preDist
  local -a flags=() tarballs=()
  concatTo flags distFlags distFlagsArray distTarget=dist
  make ${makefile:+-f $makefile} "${flags[@]}"
  if [ "${dontCopyDist:-0}" != 1 ]; then
    mkdir -p "$out/tarballs"
    concatTo tarballs tarballs=*.tar.gz
    # shellcheck disable=SC2206,SC2086
    cp -pvd ${tarballs[@]} "$out/tarballs"
  fi
  runHook postDist
}

######################################################################
# Fix-up

# moveToOutput PATTERN OUTPUT: what matches PATTERN in any output moves to OUTPUT, or goes where that is REMOVE.
moveToOutput() {
  local pattern=$1 destination=$2 output source target
  for output in $(getAllOutputNames); do
    if [ "${!output}" = "$destination" ]; then
      continue
    fi
    for source in "${!output}"/$pattern; do
      if [ ! -e "$source" ] && [ ! -L "$source" ]; then
        continue
      fi
      if [ "$destination" = REMOVE ]; then
        rm -r "$source"
      else
        target=$destination${source#"${!output}"}
        mkdir -p "${target%/*}"
        if [ -d "$target" ] && [ -d "$source" ] && [ ! -L "$source" ]; then
          cp -a --remove-destination "$source/." "$target/"
          rm -r "$source"
        else
          mv "$source" "$target"
        fi
      fi
      rmdir --ignore-fail-on-non-empty -p "${source%/*}" 2> /dev/null || true
    done
  done
}

_outputOr() {
  local name
  for name in "$@"; do
    if [ -n "${!name:-}" ]; then
      echo "$name"
      return
    fi
  done
}
_assignOutputs() {
  : "${outputDev=$(_outputOr dev out)}" "${outputBin=$(_outputOr bin out)}" "${outputLib=$(_outputOr lib out)}"
  : "${outputInclude=$outputDev}" "${outputDoc=$(_outputOr doc out)}" "${outputMan=$(_outputOr man "$outputBin")}"
  : "${outputDevdoc=$(_outputOr devdoc REMOVE)}" "${outputInfo=$(_outputOr info "$outputBin")}" "${outputDevman=$(_outputOr devman devdoc "$outputMan")}"
}

# With several outputs: headers and pkg-config files in dev, programs in bin, libraries in lib.
_multipleOutputFlags() {
  local -a names=()
  read -r -a names <<< "$(getAllOutputNames)"
  if [ ${#names[@]} -lt 2 ] || [ -z "${setOutputFlags-1}" ]; then
    return 0
  fi
  prependToVar configureFlags \
    "--bindir=${!outputBin}/bin" "--sbindir=${!outputBin}/sbin" \
    "--includedir=${!outputInclude}/include" "--mandir=${!outputMan}/share/man" \
    "--infodir=${!outputInfo}/share/info" "--docdir=${!outputDoc}/share/doc/${pname:-$name}" \
    "--libdir=${!outputLib}/lib" "--libexecdir=${!outputLib}/libexec" "--localedir=${!outputLib}/share/locale"
}
preConfigureHooks+=(_multipleOutputFlags)

_multipleOutputs() {
  local directory
  local -a names=()
  read -r -a names <<< "$(getAllOutputNames)"
  if [ ${#names[@]} -lt 2 ] || [ -n "${dontMoveToOutputs:-}" ]; then
    return 0
  fi
  if [ "$outputDev" != out ]; then
    moveToOutput include "${!outputInclude}"
    moveToOutput 'lib/pkgconfig' "${!outputDev}"
    moveToOutput 'share/pkgconfig' "${!outputDev}"
    moveToOutput 'lib/cmake' "${!outputDev}"
    moveToOutput 'share/aclocal' "${!outputDev}"
    moveToOutput 'lib/*.la' "${!outputDev}"
    # What links with dev needs the libraries and programs as well.
    mkdir -p "${!outputDev}/nix-support"
    for directory in ${propagatedBuildOutputs-"$outputBin" "$outputInclude" "$outputLib"}; do
      if [ "$directory" != "$outputDev" ] && [ -n "${!directory:-}" ]; then
        printf ' %s' "${!directory}" >> "${!outputDev}/nix-support/propagated-build-inputs"
      fi
    done
  fi
  if [ "$outputBin" != out ]; then
    moveToOutput bin "${!outputBin}"
    moveToOutput sbin "${!outputBin}"
  fi
  if [ "$outputMan" != out ]; then
    moveToOutput share/man "${!outputMan}"
  fi
  if [ "$outputDoc" != out ]; then
    moveToOutput share/doc "${!outputDoc}"
  fi
  if [ "$outputLib" != out ]; then
    moveToOutput 'lib/*.so*' "${!outputLib}"
    moveToOutput 'lib/*.a' "${!outputLib}"
  fi
}

_moveDirectory() {
  # _moveDirectory FROM TO, then a link where it was
  if [ -d "$prefix/$1" ] && [ ! -L "$prefix/$1" ]; then
    mkdir -p "$prefix/$2"
    cp -a --remove-destination "$prefix/$1/." "$prefix/$2/"
    rm -r "${prefix:?}/$1"
    ln -s "$2" "$prefix/$1"
  fi
}
_moveSbin() { if [ -z "${dontMoveSbin:-}" ]; then _moveDirectory sbin bin; fi; }
_moveLib64() { if [ -z "${dontMoveLib64:-}" ]; then _moveDirectory lib64 lib; fi; }
_moveDocs() {
  local directory
  for directory in man doc info; do
    if [ -d "$prefix/$directory" ] && [ ! -L "$prefix/$directory" ]; then
      mkdir -p "$prefix/share"
      cp -a "$prefix/$directory" "$prefix/share/"
      rm -r "${prefix:?}/$directory"
    fi
  done
  rm -f "$prefix/share/info/dir"
}
_compressMan() {
  if [ -z "${dontGzipMan:-}" ] && [ -d "$prefix/share/man" ]; then
    find "$prefix/share/man" -type f ! -name '*.gz' ! -name '*.xz' ! -name '*.bz2' -print0 | xargs -0 -r gzip -9 -n -f
    local link target
    find "$prefix/share/man" -type l ! -name '*.gz' -printf '%p %l\n' | while read -r link target; do
      if [ ! -e "$link" ]; then
        ln -s "$target.gz" "$link.gz"
        rm "$link"
      fi
    done
  fi
}

_strip() {
  if [ -n "${dontStrip:-}" ]; then
    return 0
  fi
  local -a directories=() paths=() all=()
  local directory
  concatTo directories 'stripDebugList=lib lib32 lib64 libexec bin sbin'
  # shellcheck disable=SC2068
  for directory in ${directories[@]}; do
    if [ -d "$prefix/$directory" ]; then
      paths+=("$prefix/$directory")
    fi
  done
  if [ ${#paths[@]} -gt 0 ]; then
    find "${paths[@]}" -type f \( -perm /0111 -o -name '*.so*' -o -name '*.a' -o -name '*.o' \) -print0 \
      | xargs -0 -r strip -p ${stripDebugFlags:--S} 2> /dev/null || true
  fi
  concatTo all stripAllList
  for directory in ${all+"${all[@]}"}; do
    if [ -d "$prefix/$directory" ]; then
      find "$prefix/$directory" -type f -print0 | xargs -0 -r strip -p ${stripAllFlags:--s} 2> /dev/null || true
    fi
  done
}

# patchShebangs [--build | --host] [--update] PATH...: interpreters become those of the package's inputs.
# The tools of the build are a view that nothing may name, so what has no interpreter among the inputs keeps
# its line; during the build (--build) the view's /bin/sh and /usr/bin/env do.
patchShebangs() {
  local search=${HOST_PATH:-} update=
  while (($#)); do
    case $1 in
      --host) search=${HOST_PATH:-} ;;
      --build) return 0 ;;
      --update) update=1 ;;
      --) shift; break ;;
      -*) echo "patchShebangs: unknown option $1" >&2; return 1 ;;
      *) break ;;
    esac
    shift
  done
  local file line interpreter arguments program new timestamp
  while IFS= read -r -d '' file; do
    isScript "$file" || continue
    IFS= read -r line < "$file" || true
    read -r interpreter arguments <<< "${line:2}"
    if [[ $interpreter == "$NIX_STORE"/* ]] && [ -z "$update" ]; then
      continue
    fi
    case $interpreter in
      */env)
        read -r program arguments <<< "$arguments"
        if [ "$program" = -S ]; then
          read -r program arguments <<< "$arguments"
        fi
        ;;
      *) program=$interpreter ;;
    esac
    new=$(PATH=$search type -P "${program##*/}" || true)
    if [ -n "$new" ] && [ "$new" != "$interpreter" ]; then
      echo "$file: interpreter directive changed from \"$line\" to \"#!$new${arguments:+ $arguments}\""
      timestamp=$(stat --printf '%y' "$file")
      if [ ! -w "$file" ]; then
        chmod u+w "$file"
      fi
      new="#!$new${arguments:+ $arguments}"
      sed -i -e "1 s|.*|${new//&/\\&}|" "$file"
      touch --date "$timestamp" "$file"
    fi
  done < <(find "$@" -type f -perm -0100 -print0)
}
_patchShebangsAuto() {
  if [ -z "${dontPatchShebangs:-}" ] && [ -e "$prefix" ]; then
    patchShebangs --host "$prefix"
  fi
}

# Each ELF file's RPATH is worked out from what it needs; what is found nowhere fails the build.
_fixElf() {
  if [ -n "${dontPatchELF:-}" ] || [ ! -d "$prefix" ]; then
    return 0
  fi
  local list=$NIX_BUILD_TOP/.elf-files
  find "$prefix" -type f \( -perm /0111 -o -name '*.so' -o -name '*.so.*' \) -print0 \
    | LC_ALL=C xargs -0 -r grep -alZP -m1 '\A\x7fELF' -- > "$list" || true
  if [ ! -s "$list" ]; then
    return 0
  fi
  local failed= file interpreter rpath needed library directory candidate
  local -a outputFolders=() asked=()
  for candidate in $(getAllOutputNames); do
    outputFolders+=("${!candidate}/lib" "${!candidate}/lib64")
  done
  while read -r file interpreter rpath needed; do
    local result=
    IFS=: read -ra asked <<< "${rpath#-}"
    local -a folders=()
    for directory in ${asked+"${asked[@]}"}; do
      case $directory in
        "$NIX_STORE"/*) folders+=("$directory") ;;
        \$ORIGIN*) result=${result:+$result:}$directory ;;
      esac
    done
    # A library beside the file itself, in folders the file asked for, in an output, among the inputs, the C library.
    for library in $needed; do
      case $library in ld-linux*) continue ;; esac
      local found=
      for directory in "${outputFolders[@]}" ${folders+"${folders[@]}"} "${_libraryFolders[@]}" \
        "$NIX_GLIBC/lib" "$NIX_GCC_LIBS/lib" "${file%/*}"; do
        if [ -e "$directory/$library" ]; then
          found=$directory
          break
        fi
      done
      if [ -z "$found" ]; then
        case " ${autoPatchelfIgnoreMissingDeps:-} " in
          *" $library "* | *" * "*) ;;
          *)
            echo "$file needs $library, which is in no output and no input" >&2
            failed=1
            ;;
        esac
      else
        # The C library of the package, not the loader's: one name, one folder.
        if [ "$library" = libgcc_s.so.1 ]; then found=$NIX_GCC_LIBS/lib; fi
        case ":$result:" in *":$found:"*) ;; *) result=${result:+$result:}$found ;; esac
      fi
    done
    local -a arguments=()
    if [ "$interpreter" != - ] && [[ $interpreter != "$NIX_STORE"/* ]]; then
      arguments+=(--set-interpreter "$NIX_GLIBC/lib/ld-linux-x86-64.so.2")
    fi
    # Folders that `appendRunpaths` adds are for libraries opened while running.
    for directory in ${appendRunpaths:-}; do
      result=${result:+$result:}$directory
    done
    if [ "$result" != "${rpath#-}" ]; then
      if [ -n "$result" ]; then
        arguments+=(--set-rpath "$result")
      else
        arguments+=(--remove-rpath)
      fi
    fi
    if [ ${#arguments[@]} -gt 0 ]; then
      patchelf "${arguments[@]}" "$file"
    fi
  done < <(xargs -0 readelf -ldW -- /dev/null < "$list" 2> /dev/null | awk '
    function flush() { if (file != "" && dynamic) print file, interp, rpath, needed; file = "" }
    /^File: / { flush(); file = substr($0, 7); interp = rpath = "-"; needed = ""; dynamic = 0 }
    /Requesting program interpreter: / { sub(/.*interpreter: /, ""); sub(/\].*/, ""); interp = $0 }
    /\(NEEDED\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); needed = needed " " $0; dynamic = 1 }
    /\((RPATH|RUNPATH)\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); rpath = $0 == "" ? "-" : $0; dynamic = 1 }
    END { flush() }')
  if [ -n "$failed" ]; then
    return 1
  fi
}

_relativeLinks() {
  if [ -n "${dontRewriteSymlinks:-}" ]; then
    return 0
  fi
  local link target
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    if [[ $target == "$prefix"/* ]]; then
      ln -snf "$(realpath -s -m --relative-to="${link%/*}" "$target")" "$link"
    fi
  done < <(find "$prefix" -type l -print0)
}

_pruneLibtool() {
  if [ -z "${dontPruneLibtoolFiles:-}" ]; then
    find "$prefix" -type f -name '*.la' -exec grep -q '^# Generated by .*libtool' {} \; -exec sed -i \
      -e "/^dependency_libs='[^']/s,.*,dependency_libs=''," {} \;
  fi
}

fixupOutputHooks+=(_moveDocs _moveSbin _moveLib64 _compressMan _strip _patchShebangsAuto _pruneLibtool _relativeLinks _fixElf)
preFixupHooks+=(_multipleOutputs)

_writePropagated() {
  # _writePropagated FILE VARIABLE
  local -a list=()
  concatTo list "$2"
  if [ ${#list[@]} -gt 0 ]; then
    mkdir -p "${!outputDev}/nix-support"
    printf ' %s' "${list[@]}" >> "${!outputDev}/nix-support/$1"
  fi
}

fixupPhase() {
  local output hook prefix
  for output in $(getAllOutputNames); do
    if [ -e "${!output}" ] && [ ! -L "${!output}" ]; then
      chmod -R u+w,u-s,g-s -- "${!output}"
    fi
  done
  runHook preFixup
  for output in $(getAllOutputNames); do
    if [ -d "${!output}" ]; then
      prefix=${!output} runHook fixupOutput
    fi
  done
  _writePropagated propagated-build-inputs propagatedBuildInputs
  _writePropagated propagated-native-build-inputs propagatedNativeBuildInputs
  _writePropagated propagated-user-env-packages propagatedUserEnvPkgs
  if [ -n "${setupHook:-}" ]; then
    mkdir -p "${!outputDev}/nix-support"
    substituteAll "$setupHook" "${!outputDev}/nix-support/setup-hook"
  fi
  if [ -n "${setupHooks:-}" ]; then
    mkdir -p "${!outputDev}/nix-support"
    for hook in $setupHooks; do
      local content
      consumeEntire content < "$hook"
      substituteAllStream content "file '$hook'"
      printf '%s\n' "$content" >> "${!outputDev}/nix-support/setup-hook"
    done
  fi
  runHook postFixup
}

######################################################################
# Running it all

showPhaseHeader() { echo "Running phase: $1"; }

definePhases() {
  if [ -z "${phases[*]:-}" ]; then
    phases="${prePhases[*]:-} unpackPhase patchPhase ${preConfigurePhases[*]:-} configurePhase ${preBuildPhases[*]:-} \
      buildPhase checkPhase ${preInstallPhases[*]:-} installPhase ${preFixupPhases[*]:-} fixupPhase installCheckPhase \
      ${preDistPhases[*]:-} distPhase ${postPhases[*]:-}"
  fi
}

runPhase() {
  local curPhase=$1 start end
  case $curPhase in
    unpackPhase) [ -z "${dontUnpack:-}" ] || return 0 ;;
    patchPhase) [ -z "${dontPatch:-}" ] || return 0 ;;
    configurePhase) [ -z "${dontConfigure:-}" ] || return 0 ;;
    buildPhase) [ -z "${dontBuild:-}" ] || return 0 ;;
    checkPhase) [ -n "${doCheck:-}" ] || return 0 ;;
    installPhase) [ -z "${dontInstall:-}" ] || return 0 ;;
    fixupPhase) [ -z "${dontFixup:-}" ] || return 0 ;;
    installCheckPhase) [ -n "${doInstallCheck:-}" ] || return 0 ;;
    distPhase) [ -n "${doDist:-}" ] || return 0 ;;
  esac
  if [ "$NIX_LOG_FD" != 2 ] || [ -n "${NIX_BUILD_TOP:-}" ]; then
    printf '@nix { "action": "setPhase", "phase": "%s" }\n' "$curPhase" >&"$NIX_LOG_FD"
  fi
  showPhaseHeader "$curPhase"
  dumpVars
  start=$SECONDS
  # A phase is a variable or a function; it may not trip over unset variables of its package's own.
  local options=$-
  set +u
  eval "${!curPhase:-$curPhase}"
  if [[ $options == *u* ]]; then set -u; fi
  end=$SECONDS
  if ((end - start >= 10)); then
    echo "$curPhase completed in $((end - start)) seconds"
  fi
  if [ "$curPhase" = unpackPhase ]; then
    if [ -n "${sourceRoot:-}" ]; then
      chmod +x -- "$sourceRoot"
    fi
    cd -- "${sourceRoot:-.}"
  fi
}

dumpVars() {
  if [ "${noDumpEnvVars:-0}" != 1 ] && [ -w "$NIX_BUILD_TOP" ]; then
    export 2> /dev/null > "$NIX_BUILD_TOP/env-vars" || true
  fi
}

genericBuild() {
  export GZIP_NO_TIMESTAMPS=1
  if [ -f "${buildCommandPath:-}" ]; then
    source "$buildCommandPath"
    return
  fi
  if [ -n "${buildCommand:-}" ]; then
    eval "$buildCommand"
    return
  fi
  definePhases
  # shellcheck disable=SC2086
  set -- ${phases[*]}
  while (($#)); do
    runPhase "$1"
    shift
  done
}

######################################################################
# Start

: "${NIX_BUILD_CORES:=1}" "${NIX_STORE:=/nix/store}" "${NIX_BUILD_TOP:=$PWD}"
if ((NIX_BUILD_CORES <= 0)); then
  NIX_BUILD_CORES=$(nproc)
fi
export NIX_BUILD_CORES NIX_STORE
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}
export PS4='+ ' TZ=UTC
export CONFIG_SHELL=$NIX_VIEW_SHELL SHELL=$NIX_VIEW_SHELL
# Files of the seed's own libraries are no inputs.
export PKG_CONFIG_LIBDIR=
export TERM=dumb
_libraryFolders=()

if [ -z "${prefix:-}" ]; then
  prefix=${out:-}
fi
_assignOutputs

runHook preHook

_addInputs pkgsBuildBuild depsBuildBuild depsBuildBuildPropagated
_addInputs pkgsBuildHost defaultNativeBuildInputs nativeBuildInputs propagatedNativeBuildInputs
_addInputs pkgsBuildTarget depsBuildTarget depsBuildTargetPropagated
_addInputs pkgsHostHost depsHostHost depsHostHostPropagated
_addInputs pkgsHostTarget defaultBuildInputs buildInputs propagatedBuildInputs
_addInputs pkgsTargetTarget depsTargetTarget depsTargetTargetPropagated

_PATH=
HOST_PATH=
XDG_DATA_DIRS=
# Hooks are told what they are for: tools of the build first, then what the package links with.
hostOffset=-1 targetOffset=0
for _dependency in ${pkgsBuildBuild+"${pkgsBuildBuild[@]}"} ${pkgsBuildHost+"${pkgsBuildHost[@]}"} ${pkgsBuildTarget+"${pkgsBuildTarget[@]}"}; do
  _sourceSetupHook "$_dependency"
  addToSearchPath _PATH "$_dependency/bin"
  addToSearchPath XDG_DATA_DIRS "$_dependency/share"
done
hostOffset=0 targetOffset=1
for _dependency in ${pkgsHostHost+"${pkgsHostHost[@]}"} ${pkgsHostTarget+"${pkgsHostTarget[@]}"} ${pkgsTargetTarget+"${pkgsTargetTarget[@]}"}; do
  _sourceSetupHook "$_dependency"
  if [ -z "${strictDeps:-}" ]; then
    addToSearchPath _PATH "$_dependency/bin"
  fi
  addToSearchPath HOST_PATH "$_dependency/bin"
  for _folder in lib lib64; do
    if [ -d "$_dependency/$_folder" ]; then
      _libraryFolders+=("$_dependency/$_folder")
    fi
  done
done
# The package's own search path wins over what the view has; the shell of scripts is the store's.
export PATH="${_PATH:+$_PATH:}$NIX_VIEW_PATH"
export HOST_PATH="${HOST_PATH:+$HOST_PATH:}$NIX_HOST_SHELL/bin"
export XDG_DATA_DIRS
_runEnvHooks() {
  # _runEnvHooks HOOKS PACKAGES
  local -n _hookList=$1 _packageList=$2
  local hook package
  for package in ${_packageList+"${_packageList[@]}"}; do
    for hook in ${_hookList+"${_hookList[@]}"}; do
      set +u
      "$hook" "$package"
      set -u
    done
  done
}
for _list in pkgsBuildBuild pkgsBuildHost pkgsBuildTarget; do
  _runEnvHooks envBuildHostHooks $_list
done
for _list in pkgsHostHost pkgsHostTarget pkgsTargetTarget; do
  _runEnvHooks envHostTargetHooks $_list
done
unset _dependency _folder _list

_addPkgConfigPath() {
  addToSearchPath PKG_CONFIG_PATH "$1/lib/pkgconfig"
  addToSearchPath PKG_CONFIG_PATH "$1/share/pkgconfig"
}
for _dependency in ${pkgsHostHost+"${pkgsHostHost[@]}"} ${pkgsHostTarget+"${pkgsHostTarget[@]}"}; do
  _addPkgConfigPath "$_dependency"
done
unset _dependency

# User's and package's last word before the phases.
runHook userHook
runHook postHook
set +u
