#!/bin/bash
# The seed's compiler, told where the store's C library is and what the inputs have: reads
# NIX_CFLAGS_COMPILE, NIX_CFLAGS_LINK, NIX_LDFLAGS and NIX_HARDENING_ENABLE.
program=/usr/bin/@program@

link=1
input=
optimised=
for argument in "$@"; do
  case $argument in
    -c | -S | -E | -M | -MM | -fsyntax-only) link= ;;
    -r | -nostdlib | -static | -static-pie) special=1 ;;
    -O0) optimised=no ;;
    -O*) optimised=1 ;;
    -) input=1 ;;
    -*) ;;
    *) input=1 ;;
  esac
done
# Questions such as --version and -print-file-name are answered by the compiler alone.
if [ -z "$input" ]; then
  exec $program "$@"
fi

before=()
after=()
for kind in ${NIX_HARDENING_ENABLE-}; do
  case $kind in
    fortify) if [ "$optimised" = 1 ]; then before+=(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2); fi ;;
    stackprotector) before+=(-fstack-protector-strong --param ssp-buffer-size=4) ;;
    strictoverflow) before+=(-fno-strict-overflow) ;;
    format) before+=(-Wformat -Wformat-security -Werror=format-security) ;;
    pic) before+=() ;;
    relro) if [ -n "$link" ]; then before+=(-Wl,-z,relro); fi ;;
    bindnow) if [ -n "$link" ]; then before+=(-Wl,-z,now); fi ;;
  esac
done
# Flags of the environment are words; nothing in them is a pattern.
set -f
# shellcheck disable=SC2206
after+=(${NIX_CFLAGS_COMPILE-})
if [ -n "$link" ]; then
  # shellcheck disable=SC2206
  after+=(${NIX_CFLAGS_LINK-})
  for flag in ${NIX_LDFLAGS-}; do
    case $flag in
      -L* | -l*) after+=("$flag") ;;
      *) after+=("-Wl,$flag") ;;
    esac
  done
  if [ -z "${special-}" ]; then
    after+=("-Wl,--dynamic-linker=@glibc@/lib/ld-linux-x86-64.so.2" "-Wl,-rpath,@glibc@/lib" "-Wl,-rpath,@gccLibs@/lib")
  fi
fi
if [ "${NIX_DEBUG:-0}" -ge 7 ]; then
  printf 'compiler:' >&2
  printf ' %q' $program "${before[@]}" "$@" "${after[@]}" >&2
  printf '\n' >&2
fi
exec $program "${before[@]}" "$@" "${after[@]}"
