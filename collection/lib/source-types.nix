# Kinds of what a package is made from: source code, or something that was built elsewhere.
{ lib }:

builtins.mapAttrs (shortName: attrs: { inherit shortName; } // attrs) {
  fromSource = {
    isSource = true;
  };
  binaryNativeCode = {
    isSource = false;
  };
  binaryBytecode = {
    isSource = false;
  };
  binaryFirmware = {
    isSource = false;
  };
  obfuscatedCode = {
    isSource = false;
  };
}
