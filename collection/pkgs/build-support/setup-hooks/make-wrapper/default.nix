{ makeSetupHook, runtimeShell }:

makeSetupHook {
  name = "make-wrapper-hook";
  substitutions.wrapperShell = runtimeShell;
} ./make-wrapper.sh
