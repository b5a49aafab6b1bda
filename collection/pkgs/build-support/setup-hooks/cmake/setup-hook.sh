_cmakeInput() {
  addToSearchPath CMAKE_PREFIX_PATH "$1"
}
addEnvHooks "$targetOffset" _cmakeInput

cmakeConfigurePhase() {
  runHook preConfigure
  local source=${cmakeDir:-..}
  if [ -z "${dontUseCmakeBuildDir-}" ]; then
    mkdir -p "${cmakeBuildDir:=build}"
    cd "$cmakeBuildDir"
  else
    source=${cmakeDir:-.}
  fi
  local -a flags=()
  if [ -z "${dontAddPrefix-}" ]; then
    flags+=("-DCMAKE_INSTALL_PREFIX=$prefix")
  fi
  flags+=(
    "-DCMAKE_BUILD_TYPE=${cmakeBuildType:-Release}" "-DBUILD_TESTING=$([ -n "${doCheck-}" ] && echo ON || echo OFF)"
    "-DCMAKE_INSTALL_BINDIR=${!outputBin}/bin" "-DCMAKE_INSTALL_SBINDIR=${!outputBin}/sbin"
    "-DCMAKE_INSTALL_INCLUDEDIR=${!outputInclude}/include" "-DCMAKE_INSTALL_LIBDIR=${!outputLib}/lib"
    "-DCMAKE_INSTALL_LIBEXECDIR=${!outputLib}/libexec" "-DCMAKE_INSTALL_MANDIR=${!outputMan}/share/man"
    "-DCMAKE_INSTALL_INFODIR=${!outputInfo}/share/info" "-DCMAKE_INSTALL_DOCDIR=${!outputDoc}/share/doc/${pname:-$name}"
    "-DCMAKE_INSTALL_LOCALEDIR=${!outputLib}/share/locale"
    -DCMAKE_EXPORT_NO_PACKAGE_REGISTRY=ON -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
  )
  concatTo flags cmakeFlags cmakeFlagsArray
  echoCmd 'cmake flags' "${flags[@]}"
  cmake "$source" "${flags[@]}"
  enableParallelBuilding=${enableParallelBuilding-1}
  enableParallelChecking=${enableParallelChecking-1}
  runHook postConfigure
}
if [ -z "${dontUseCmakeConfigure-}" ] && [ -z "${configurePhase-}" ]; then
  setOutputFlags=
  configurePhase=cmakeConfigurePhase
fi
