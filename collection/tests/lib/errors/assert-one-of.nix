let lib = import ../../../lib; in
assert lib.assertOneOf "colour" "gren" [ "green" "blue" ]; 1
