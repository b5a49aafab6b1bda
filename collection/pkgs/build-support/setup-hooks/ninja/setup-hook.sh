_ninjaPhase() {
  local -a flags=("-j${NIX_BUILD_CORES}")
  concatTo flags ninjaFlags ninjaFlagsArray "$@"
  echoCmd 'ninja flags' "${flags[@]}"
  TERM=dumb ninja "${flags[@]}"
}
ninjaBuildPhase() {
  runHook preBuild
  _ninjaPhase buildFlags buildFlagsArray
  runHook postBuild
}
ninjaCheckPhase() {
  runHook preCheck
  if [ -z "${checkTarget:-}" ] && ninja -t query test > /dev/null 2>&1; then
    checkTarget=test
  fi
  if [ -n "${checkTarget:-}" ]; then
    _ninjaPhase checkFlags checkFlagsArray checkTarget
  fi
  runHook postCheck
}
ninjaInstallPhase() {
  runHook preInstall
  _ninjaPhase installFlags installFlagsArray installTargets=install
  runHook postInstall
}
if [ -z "${dontUseNinjaBuild-}" ] && [ -z "${buildPhase-}" ]; then
  buildPhase=ninjaBuildPhase
fi
if [ -z "${dontUseNinjaCheck-}" ] && [ -z "${checkPhase-}" ]; then
  checkPhase=ninjaCheckPhase
fi
if [ -z "${dontUseNinjaInstall-}" ] && [ -z "${installPhase-}" ]; then
  installPhase=ninjaInstallPhase
fi
