(import ../../../lib).toInt "012"
