# Platforms: what a system string such as `x86_64-linux` says about a machine.
{ lib }:

let
  inherit (builtins)
    attrNames
    elemAt
    filter
    isString
    length
    mapAttrs
    ;

  cpus = {
    x86_64 = {
      bits = 64;
      family = "x86";
      arch = "x86-64";
      byteOrder = "little";
      linux = "x86_64";
      qemu = "x86_64";
      target = "bzImage";
      config = "x86_64";
    };
    i686 = {
      bits = 32;
      family = "x86";
      arch = "i686";
      byteOrder = "little";
      linux = "i386";
      qemu = "i386";
      target = "bzImage";
      config = "i686";
    };
    aarch64 = {
      bits = 64;
      family = "arm";
      arch = "armv8-a";
      byteOrder = "little";
      linux = "arm64";
      qemu = "aarch64";
      target = "Image";
      config = "aarch64";
    };
    armv7l = {
      bits = 32;
      family = "arm";
      arch = "armv7-a";
      byteOrder = "little";
      linux = "arm";
      qemu = "arm";
      target = "zImage";
      config = "armv7l";
    };
    riscv64 = {
      bits = 64;
      family = "riscv";
      arch = "rv64gc";
      byteOrder = "little";
      linux = "riscv";
      qemu = "riscv64";
      target = "Image";
      config = "riscv64";
    };
    powerpc64le = {
      bits = 64;
      family = "power";
      arch = "powerpc64le";
      byteOrder = "little";
      linux = "powerpc";
      qemu = "ppc64le";
      target = "zImage";
      config = "powerpc64le";
    };
  };

  kernels = {
    linux = {
      vendor = "unknown";
      abi = "gnu";
    };
    darwin = {
      vendor = "apple";
      abi = "unknown";
    };
  };

  parse = rec {
    cpuTypes = mapAttrs (name: v: {
      _type = "cpu-type";
      inherit name;
      inherit (v) bits family arch;
      significantByte = {
        name = "${v.byteOrder}Endian";
      };
    }) cpus;

    mkSystemFromString =
      s:
      let
        parts = filter isString (builtins.split "-" s);
        cpuName = elemAt parts 0;
        kernelName =
          if length parts == 2 then
            elemAt parts 1
          else if length parts == 3 && elemAt parts 1 == "linux" then
            "linux"
          else
            elemAt parts 2;
        abiName =
          if length parts == 4 then
            elemAt parts 3
          else if length parts == 3 && elemAt parts 1 == "linux" then
            elemAt parts 2
          else
            kernels.${kernelName}.abi;
      in
      if length parts < 2 || length parts > 4 then
        throw "system string '${s}' invalid: use <cpu>-<kernel> such as x86_64-linux"
      else if !(cpus ? ${cpuName}) then
        throw "Unknown CPU type: ${cpuName}"
      else if !(kernels ? ${kernelName}) then
        throw "Unknown kernel: ${kernelName}"
      else
        {
          _type = "system";
          cpu = cpuTypes.${cpuName};
          vendor = {
            _type = "vendor";
            name = kernels.${kernelName}.vendor;
          };
          kernel = {
            _type = "kernel";
            name = kernelName;
            execFormat.name = if kernelName == "darwin" then "macho" else "elf";
            families = { };
          };
          abi = {
            _type = "abi";
            name = abiName;
          };
        };

    doubleFromSystem = { cpu, kernel, ... }: "${cpu.name}-${kernel.name}";

    tripleFromSystem =
      {
        cpu,
        vendor,
        kernel,
        abi,
        ...
      }:
      "${cpu.name}-${vendor.name}-${kernel.name}${
        lib.optionalString (abi.name != "unknown") "-${abi.name}"
      }";
  };

  all = lib.concatMap (cpu: map (kernel: "${cpu}-${kernel}") (attrNames kernels)) (attrNames cpus);
  having = p: filter (s: p (elaborate s)) all;

  /**
    Everything that is known about a platform.

    # Inputs

    `systemOrArgs`
    : A system string, or a set with `system` or `config`; other attributes of it win over the computed ones.
  */
  elaborate =
    systemOrArgs:
    let
      args =
        if isString systemOrArgs then
          { system = systemOrArgs; }
        else
          removeAttrs systemOrArgs [ "parsed" ];
      final =
        let
          parsed = parse.mkSystemFromString (args.config or args.system);
          cpu = cpus.${parsed.cpu.name};
          kernel = parsed.kernel.name;
          is64bit = cpu.bits == 64;
        in
        {
          inherit parsed;
          system = parse.doubleFromSystem parsed;
          config = parse.tripleFromSystem parsed;
          isLinux = kernel == "linux";
          isDarwin = kernel == "darwin";
          isMacOS = kernel == "darwin";
          isUnix = true;
          isWindows = false;
          isCygwin = false;
          isMinGW = false;
          isBSD = false;
          isFreeBSD = false;
          isNone = false;
          isWasi = false;
          isWasm = false;
          isRedox = false;
          isSunOS = false;
          isGhcjs = false;
          isAndroid = lib.hasPrefix "android" parsed.abi.name;
          isStatic = false;
          isElf = kernel == "linux";
          isMacho = kernel == "darwin";
          isGnu = lib.hasPrefix "gnu" parsed.abi.name;
          isMusl = lib.hasPrefix "musl" parsed.abi.name;
          isx86 = cpu.family == "x86";
          isx86_64 = cpu.family == "x86" && is64bit;
          isx86_32 = cpu.family == "x86" && !is64bit;
          isi686 = parsed.cpu.name == "i686";
          isAarch = cpu.family == "arm";
          isAarch64 = cpu.family == "arm" && is64bit;
          isAarch32 = cpu.family == "arm" && !is64bit;
          isArmv7 = parsed.cpu.name == "armv7l";
          isRiscV = cpu.family == "riscv";
          isRiscV64 = cpu.family == "riscv" && is64bit;
          isPower = cpu.family == "power";
          isPower64 = cpu.family == "power" && is64bit;
          isMips = false;
          isSparc = false;
          isS390 = false;
          isLoongArch64 = false;
          is64bit = is64bit;
          is32bit = cpu.bits == 32;
          isLittleEndian = cpu.byteOrder == "little";
          isBigEndian = cpu.byteOrder == "big";
          libc = if kernel == "darwin" then "libSystem" else if lib.hasPrefix "musl" parsed.abi.name then "musl" else "glibc";
          linker = if kernel == "darwin" then "cctools" else "bfd";
          linuxArch = cpu.linux;
          qemuArch = cpu.qemu;
          darwinArch = if parsed.cpu.name == "aarch64" then "arm64" else parsed.cpu.name;
          uname = {
            system = if kernel == "darwin" then "Darwin" else "Linux";
            processor = parsed.cpu.name;
            release = null;
          };
          extensions = {
            sharedLibrary = if kernel == "darwin" then ".dylib" else ".so";
            staticLibrary = ".a";
            library = if kernel == "darwin" then ".dylib" else ".so";
            executable = "";
          };
          hasSharedLibraries = true;
          useLLVM = false;
          gcc = { };
          rustc = { };
          linux-kernel = {
            name = "pc";
            baseConfig = "defconfig";
            target = cpu.target;
          };
          emulatorAvailable = pkgs: false;
          canExecute =
            platform:
            platform.parsed.kernel.name == kernel
            && (
              platform.parsed.cpu.name == parsed.cpu.name
              || (parsed.cpu.name == "x86_64" && platform.parsed.cpu.name == "i686")
            );
          isCompatible = _: throw "isCompatible is gone: use canExecute";
        }
        // args;
    in
    final;
in
{
  inherit elaborate parse;

  /**
    Platforms that flakes are offered for.
  */
  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  /**
    True if two platforms are the same.
  */
  equals =
    a: b:
    let
      plain = s: removeAttrs s functionNames;
      functionNames = attrNames (lib.filterAttrs (_: lib.isFunction) a);
    in
    plain a == plain (removeAttrs b functionNames);

  inspect = {
    patterns = {
      isLinux.kernel.name = "linux";
      isDarwin.kernel.name = "darwin";
      isx86_64.cpu = {
        family = "x86";
        bits = 64;
      };
      isi686.cpu.name = "i686";
      isAarch64.cpu = {
        family = "arm";
        bits = 64;
      };
      isx86.cpu.family = "x86";
      is64bit.cpu.bits = 64;
      is32bit.cpu.bits = 32;
    };
    predicates = mapAttrs (_: pattern: parsed: lib.matchAttrs pattern parsed) {
      isLinux.kernel.name = "linux";
      isDarwin.kernel.name = "darwin";
    };
  };

  doubles = {
    inherit all;
    none = [ ];
    linux = having (p: p.isLinux);
    darwin = having (p: p.isDarwin);
    unix = all;
    gnu = having (p: p.isLinux && p.isGnu);
    x86 = having (p: p.isx86);
    x86_64 = having (p: p.isx86_64);
    i686 = having (p: p.isi686);
    aarch64 = having (p: p.isAarch64);
    arm = having (p: p.isAarch32);
    armv7 = having (p: p.isArmv7);
    aarch = having (p: p.isAarch);
    riscv = having (p: p.isRiscV);
    riscv64 = having (p: p.isRiscV64);
    power = having (p: p.isPower);
    littleEndian = having (p: p.isLittleEndian);
    bigEndian = having (p: p.isBigEndian);
    windows = [ ];
    freebsd = [ ];
    netbsd = [ ];
    openbsd = [ ];
    illumos = [ ];
    cygwin = [ ];
  };

  examples = {
    gnu64.config = "x86_64-unknown-linux-gnu";
    gnu32.config = "i686-unknown-linux-gnu";
    aarch64-multiplatform.config = "aarch64-unknown-linux-gnu";
    musl64.config = "x86_64-unknown-linux-musl";
    riscv64.config = "riscv64-unknown-linux-gnu";
  };
}
