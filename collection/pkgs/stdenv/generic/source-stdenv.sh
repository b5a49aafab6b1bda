# Runs a builder script (the default one runs all phases) with the standard environment at hand.
if [ -n "${NIX_ATTRS_SH_FILE:-}" ]; then
  source "$NIX_ATTRS_SH_FILE"
fi
source "$stdenv/setup"
source "$1"
