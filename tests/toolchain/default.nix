# A C program, and 20 derivations in bash on top of it: each uses the program on those before it.
{ toolchain }:
let
  tools = builtins.storePath toolchain;
  bash = name: attrs: script: derivation ({
    inherit name;
    system = "x86_64-linux";
    builder = "${tools}/usr/bin/bash";
    args = [ "-euo" "pipefail" "-c" script ];
    PATH = "${tools}/usr/bin";
  } // attrs);
  hello = bash "hello" { source = ./hello.c; } ''
    mkdir -p $out/bin
    gcc -O1 -o $out/bin/hello $source
    $out/bin/hello > $out/said
    # What the sandbox promises.
    [[ $$ -le 9 && $PWD == /build && $(cat /proc/sys/kernel/hostname) == localhost ]]
    [[ ! -e /etc/shadow && ! -e /home && ! -e /root ]]
    ! (echo > ${tools}/planted) 2>/dev/null
    ! (echo > /dev/tcp/192.0.2.1/80) 2>/dev/null
    # Only the inputs are in the store.
    for path in /nix/store/*; do
      case $path in ${tools}|$source|$out) ;; *) echo "stranger $path"; exit 1 ;; esac
    done
  '';
  nodes = builtins.genList (i: bash "node-${toString i}" {
    inputs = builtins.filter (n: n != null) (map (back: if i - back >= 0 then builtins.elemAt nodes (i - back) else null) [ 1 2 5 ]);
  } (if i == 0 then "echo 1 > $out" else "${hello}/bin/hello $inputs > $out; sleep 0.05")) 20;
in [ hello (builtins.elemAt nodes 19) ]
