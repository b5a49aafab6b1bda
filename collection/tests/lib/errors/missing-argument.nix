let lib = import ../../../lib; in
lib.callPackageWith { curl = 1; zlib = 2; } ({ crul }: crul) { }
