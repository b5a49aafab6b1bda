# Builds that check themselves (`good`), and builds that have to fail (`bad`: the message that says why).
{
  pkgs ? import ../../default.nix { },
}:

let
  inherit (pkgs)
    bash
    buildEnv
    closureInfo
    coreutils
    hello
    lib
    linkFarm
    makeWrapper
    replaceVars
    runCommand
    runCommandCC
    stdenv
    symlinkJoin
    writeScriptBin
    writeShellScript
    writeShellScriptBin
    writeText
    writeTextDir
    ;

  # A file and what it should hold.
  holds =
    name: file: expected:
    runCommand "check-${name}" { inherit expected; } ''
      printf '%s' "$expected" > expected
      diff expected ${file}
      touch "$out"
    '';
  greet = writeShellScriptBin "greet" ''echo "hello $1"'';
  one = writeTextDir "share/one/file" "one";
  two = writeTextDir "share/two/file" "two";
  other = writeTextDir "share/one/file" "other";

  library = stdenv.mkDerivation {
    name = "library";
    outputs = [
      "out"
      "dev"
    ];
    dontUnpack = true;
    buildPhase = ''
      echo 'int answer(void) { return 42; }' > answer.c
      gcc -shared -fPIC -o libanswer.so answer.c
    '';
    installPhase = ''
      mkdir -p "$out/lib" "$out/include"
      cp libanswer.so "$out/lib/"
      echo 'int answer(void);' > "$out/include/answer.h"
    '';
  };
in
{
  good = {
    writeText = holds "text" (writeText "text" "a\nb'\"$x") "a\nb'\"$x";
    writeTextDir = holds "text-dir" "${one}/share/one/file" "one";
    shellScript = runCommand "check-script" { } ''
      [ "$(${greet}/bin/greet world)" = "hello world" ]
      head -n 1 ${greet}/bin/greet | grep -qx '#!${bash}/bin/bash'
      ${writeShellScript "plain" "exit 0"}
      touch "$out"
    '';
    replaceVars = holds "replaced" (replaceVars (writeText "source" "x @a@ @b@") {
      a = "1";
      b = "2";
    }) "x 1 2";
    linkFarm = holds "farm" "${
      linkFarm "farm" {
        "deep/entry" = writeText "entry" "e";
      }
    }/deep/entry" "e";
    symlinkJoin = runCommand "check-join" { } ''
      cd ${
        symlinkJoin {
          name = "join";
          paths = [
            one
            two
            other
          ];
        }
      }
      [ "$(cat share/one/file share/two/file)" = onetwo ]
      touch "$out"
    '';
    buildEnv = runCommand "check-env" { } ''
      cd ${
        buildEnv {
          name = "env";
          paths = [
            one
            two
            greet
            (lib.hiPrio other)
          ];
          pathsToLink = [ "/share" ];
        }
      }
      [ "$(cat share/one/file share/two/file)" = othertwo ]
      [ ! -e bin ]
      # What only one package has is one link.
      [ -L share/two ]
      touch "$out"
    '';
    closureInfo = runCommand "check-closure" { } ''
      cd ${closureInfo { rootPaths = [ greet ]; }}
      grep -qx ${greet} store-paths
      grep -qx ${bash} store-paths
      [ "$(cat total-nar-size)" -gt 1000000 ]
      [ "$(grep -cx ${greet} registration)" -ge 1 ]
      touch "$out"
    '';
    makeWrapper = runCommand "check-wrapper" { nativeBuildInputs = [ makeWrapper ]; } ''
      makeWrapper ${greet}/bin/greet wrapped --add-flags "'big world'" --set MARK 'a b'
      [ "$(./wrapped)" = "hello big world" ]
      echo 'echo "$MARK:$LIST"' > program
      { echo '#!${bash}/bin/bash'; cat program; } > run
      chmod +x run
      LIST=x:y ./run > plain
      wrapProgram "$PWD/run" --set-default MARK m --prefix LIST : /first --suffix LIST : /last
      [ "$(LIST=x:y ./run)" = "m:/first:x:y:/last" ]
      [ "$(LIST=x:/first ./run)" = "m:/first:x:/last" ]
      [ "$(MARK=n ./run)" = "n:/first:/last" ]
      touch "$out"
    '';

    phases = runCommand "check-phases" {
      package = stdenv.mkDerivation {
        name = "phases";
        src = one;
        preUnpack = "order=preUnpack";
        postPatch = "order+=' postPatch'";
        preConfigure = "order+=' preConfigure'";
        buildPhase = ''
          runHook preBuild
          order+=" build"
          runHook postBuild
        '';
        postBuild = "order+=' postBuild'";
        installPhase = "order+=' install'";
        postFixup = ''echo "$order" > "$out"'';
      };
    } ''
      [ "$(cat $package)" = "preUnpack postPatch preConfigure build postBuild install" ]
      touch "$out"
    '';
    structuredAttributes = runCommand "check-structured" {
      package = stdenv.mkDerivation {
        name = "structured";
        __structuredAttrs = true;
        dontUnpack = true;
        words = [
          "a b"
          "c"
        ];
        table.key = "value";
        installPhase = ''
          printf '%s|' "''${words[@]}" "''${table[key]}" > "$out"
        '';
      };
    } ''
      [ "$(cat $package)" = "a b|c|value|" ]
      touch "$out"
    '';
    substitution = runCommand "check-substitution" { mark = "value"; } ''
      printf '@mark@ @other@ X' > file
      substituteInPlace file --subst-var mark --subst-var-by other 2 --replace-fail X b
      [ "$(cat file)" = "value 2 b" ]
      if substituteInPlace file --replace-fail missing x; then
        exit 1
      fi
      touch "$out"
    '';
    shebangs = runCommand "check-shebangs" {
      package = stdenv.mkDerivation {
        name = "shebangs";
        dontUnpack = true;
        buildInputs = [ coreutils ];
        installPhase = ''
          mkdir -p "$out/bin"
          printf '#!/usr/bin/env bash\necho' > "$out/bin/a"
          printf '#!/bin/sh\necho' > "$out/bin/b"
          chmod +x "$out"/bin/*
        '';
      };
    } ''
      [ "$(head -n 1 $package/bin/a)" = '#!${bash}/bin/bash' ]
      [ "$(head -n 1 $package/bin/b)" = '#!${bash}/bin/sh' ]
      touch "$out"
    '';
    linking = runCommandCC "check-linking" { buildInputs = [ library ]; } ''
      echo '#include <answer.h>
      int main(void) { return answer() - 42; }' > main.c
      gcc -o main main.c -lanswer
      ./main
      [ -e ${library.dev}/include/answer.h ]
      [ ! -e ${library}/include ]
      readelf -d main | grep -q '${library}/lib'
      readelf -l main | grep -q '${pkgs.glibc}/lib/ld-linux'
      touch "$out"
    '';
    view = runCommand "check-view" { } ''
      [ "$(id -u)" = 1000 ]
      ! touch /usr/x 2> /dev/null
      ! touch /x 2> /dev/null
      # Nothing in the environment or on the command line tells where the seed lies.
      ! env | grep -q seed-
      ! grep -q seed- /proc/$$/cmdline
      touch "$out"
    '';
    hello = runCommand "check-hello" { } ''
      [ "$(${hello}/bin/hello)" = "Hello, world!" ]
      touch "$out"
    '';
    toml = holds "toml" ((pkgs.formats.toml { }).generate "x.toml" {
      number = 1;
      text = "a\"b";
      table.inner.list = [
        1
        2
      ];
      tables = [
        { a = true; }
        { a = 2.5; }
      ];
      "odd key" = "x";
      absent = null;
    }) ''
      number = 1
      "odd key" = "x"
      text = "a\"b"

      [table]

      [table.inner]
      list = [1, 2]

      [[tables]]
      a = true

      [[tables]]
      a = 2.5
    '';
    ini = holds "ini" ((pkgs.formats.ini { }).generate "x.ini" {
      section.key = true;
    }) "[section]\nkey=true\n";
    git = runCommand "check-git" { } ''
      export HOME=$PWD
      git=${pkgs.git}/bin/git
      $git init -q repository
      cd repository
      $git config user.name name
      $git config user.email mail@example.org
      echo contents > file
      $git add file
      $git commit -q -m message
      [ "$($git show HEAD:file)" = contents ]
      touch "$out"
    '';
    perlModules = runCommand "check-perl" { } ''
      # The small seed has no perl: these are the package's own.
      [ "$(${pkgs.perl}/bin/perl -MPOSIX -MList::Util=sum -e 'print POSIX::floor(2.5) + sum(1, 2)')" = 5 ]
      touch "$out"
    '';
    tools = stdenv.mkDerivation {
      name = "check-tools";
      nativeBuildInputs = [
        pkgs.meson
        pkgs.ninja
        pkgs.pkg-config
      ];
      buildInputs = [ pkgs.zlib ];
      unpackPhase = ''
        mkdir source
        cd source
        echo '#include <stdio.h>
        #include <zlib.h>
        int main(void) { return puts(zlibVersion()) < 0; }' > main.c
        echo "project('check', 'c')
        executable('check', 'main.c', dependencies: dependency('zlib'), install: true)" > meson.build
      '';
      doInstallCheck = true;
      installCheckPhase = ''
        [ "$("$out/bin/check")" = ${pkgs.zlib.version} ]
      '';
    };
    cmake = stdenv.mkDerivation {
      name = "check-cmake";
      nativeBuildInputs = [ pkgs.cmake ];
      buildInputs = [ pkgs.zlib ];
      unpackPhase = ''
        mkdir source
        cd source
        echo '#include <stdio.h>
        #include <zlib.h>
        int main(void) { return puts(zlibVersion()) < 0; }' > main.c
        echo 'cmake_minimum_required(VERSION 3.10)
        project(check C)
        find_package(ZLIB REQUIRED)
        add_executable(check main.c)
        target_link_libraries(check ZLIB::ZLIB)
        install(TARGETS check RUNTIME DESTINATION bin)' > CMakeLists.txt
      '';
      doInstallCheck = true;
      installCheckPhase = ''
        [ "$("$out/bin/check")" = ${pkgs.zlib.version} ]
      '';
    };
    relocated = runCommand "check-relocated" { } ''
      export HOME=$PWD
      ${pkgs.git}/bin/git --version | grep -q git
      ${pkgs.vim}/bin/vim --version | grep -q IMproved
      ${pkgs.openssl}/bin/openssl version | grep -q OpenSSL
      ${pkgs.curl}/bin/curl --version | grep -q libcurl
      ${pkgs.systemd}/bin/systemctl --version | grep -q systemd
      ${pkgs.util-linux}/bin/lsblk --version | grep -q util-linux
      ${pkgs.kmod}/bin/modprobe --version | grep -q kmod
      ${pkgs.iproute2}/bin/ip -V | grep -q iproute2
      ${pkgs.tmux}/bin/tmux -V | grep -q tmux
      ${pkgs.htop}/bin/htop --version | grep -q htop
      ${pkgs.procps}/bin/ps --version | grep -q procps
      ${pkgs.nftables}/bin/nft --version | grep -q nftables
      ${pkgs.openssh}/bin/ssh -V 2>&1 | grep -q OpenSSH
      ${pkgs.zsh}/bin/zsh --version | grep -q zsh
      ${pkgs.perl}/bin/perl -e 'print "perl"' | grep -q perl
      ${pkgs.python3}/bin/python3 -c 'import ssl, sqlite3; print("python")' | grep -q python
      touch "$out"
    '';
  };

  bad = {
    seedReference = {
      message = "is not allowed to refer to";
      package = runCommand "seed-reference" { } "echo ${pkgs.seedPins.toolchain} > $out";
    };
    seedLibrary = {
      message = "needs libz.so.1, which is in no output and no input";
      package = stdenv.mkDerivation {
        name = "seed-library";
        dontUnpack = true;
        buildPhase = ''
          echo 'const char *zlibVersion(void); int main(void) { return !zlibVersion(); }' > main.c
          gcc -o main main.c -l:libz.so.1
        '';
        installPhase = "mkdir -p $out/bin; cp main $out/bin/";
      };
    };
    failingPhase = {
      message = "exit code 3";
      package = stdenv.mkDerivation {
        name = "failing-phase";
        dontUnpack = true;
        buildPhase = "exit 3";
      };
    };
    collision = {
      message = "collision between";
      package = buildEnv {
        name = "collision";
        paths = [
          one
          other
        ];
      };
    };
    unsetVariable = {
      message = "doesn't match anything";
      package = runCommand "replace-fail" { } ''
        echo a > file
        substituteInPlace file --replace-fail b c
      '';
    };
  };
}
