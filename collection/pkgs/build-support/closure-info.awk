# Reads .attrs.json, whose `closure` is an array of objects with path, narHash, narSize and references, and
# writes the three files of `closureInfo` below `out`.
function field(object, name,    found) {
  if (match(object, "\"" name "\":(\"[^\"]*\"|[0-9]+)", found)) {
    gsub(/"/, "", found[1])
    return found[1]
  }
  print "closureInfo: an entry has no " name ": " object > "/dev/stderr"
  exit 1
}
{ text = text $0 }
END {
  start = index(text, "\"closure\":[")
  text = substr(text, start + length("\"closure\":["))
  count = patsplit(text, objects, /\{[^{}]*\}/, between)
  for (i = 1; i <= count; i++) {
    # What follows the last object of the array belongs to other attributes.
    path = field(objects[i], "path")
    size = field(objects[i], "narSize")
    total += size
    print path > (out "/store-paths")
    match(objects[i], /"references":\[[^]]*\]/)
    references = substr(objects[i], RSTART + length("\"references\":["), RLENGTH - length("\"references\":[") - 1)
    gsub(/"/, "", references)
    n = split(references, list, ",")
    printf "%s\n%s\n%s\n\n%d\n", path, field(objects[i], "narHash"), size, n > (out "/registration")
    for (j = 1; j <= n; j++)
      print list[j] > (out "/registration")
    if (between[i] !~ /^,$/)
      break
  }
  print total > (out "/total-nar-size")
}
