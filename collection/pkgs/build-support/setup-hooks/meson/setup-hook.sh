mesonConfigurePhase() {
  runHook preConfigure
  local -a flags=()
  if [ -z "${dontAddPrefix-}" ]; then
    flags+=("--prefix=$prefix")
  fi
  flags+=(
    "--libdir=${!outputLib}/lib" "--libexecdir=${!outputLib}/libexec" "--bindir=${!outputBin}/bin"
    "--sbindir=${!outputBin}/sbin" "--includedir=${!outputInclude}/include" "--mandir=${!outputMan}/share/man"
    "--infodir=${!outputInfo}/share/info" "--localedir=${!outputLib}/share/locale" -Dauto_features=enabled
    -Dwrap_mode=nodownload "--buildtype=${mesonBuildType:-plain}"
  )
  concatTo flags mesonFlags mesonFlagsArray
  echoCmd 'mesonConfigurePhase flags' "${flags[@]}"
  meson setup "${mesonBuildDir:=build}" "${flags[@]}"
  cd "$mesonBuildDir"
  # Ninja's own phases come with ninja; what is asked for is the plain build otherwise.
  enableParallelBuilding=${enableParallelBuilding-1}
  enableParallelChecking=${enableParallelChecking-1}
  runHook postConfigure
}
mesonCheckPhase() {
  runHook preCheck
  local -a flags=()
  concatTo flags mesonCheckFlags mesonCheckFlagsArray
  meson test --no-rebuild --print-errorlogs ${flags+"${flags[@]}"}
  runHook postCheck
}
mesonInstallPhase() {
  runHook preInstall
  local -a flags=()
  concatTo flags mesonInstallFlags mesonInstallFlagsArray
  meson install --no-rebuild ${flags+"${flags[@]}"}
  runHook postInstall
}
if [ -z "${dontUseMesonConfigure-}" ] && [ -z "${configurePhase-}" ]; then
  setOutputFlags=
  configurePhase=mesonConfigurePhase
fi
if [ -z "${dontUseMesonCheck-}" ] && [ -z "${checkPhase-}" ]; then
  checkPhase=mesonCheckPhase
fi
if [ -z "${dontUseMesonInstall-}" ] && [ -z "${installPhase-}" ]; then
  installPhase=mesonInstallPhase
fi
