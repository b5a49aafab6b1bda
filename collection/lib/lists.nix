# Functions on lists.
{ lib }:

let
  inherit (builtins)
    any
    attrValues
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    groupBy
    head
    isList
    length
    map
    partition
    seq
    sort
    tail
    ;
in
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  /**
    A list of one element.
  */
  singleton = x: [ x ];

  /**
    Call a function for each element: `map` with its arguments swapped.
  */
  forEach = xs: f: map f xs;

  /**
    Fold from the right: `foldr op z [ a b ]` is `op a (op b z)`. Lazy in the rest.

    # Type

    ```
    foldr :: (a -> b -> b) -> b -> [a] -> b
    ```
  */
  foldr =
    op: nul: list:
    let
      len = length list;
      go = n: if n == len then nul else op (elemAt list n) (go (n + 1));
    in
    go 0;

  fold = lib.warn "fold has been deprecated, use foldr instead" foldr;

  /**
    Fold from the left, lazily: `foldl op z [ a b ]` is `op (op z a) b`.

    # Type

    ```
    foldl :: (b -> a -> b) -> b -> [a] -> b
    ```
  */
  foldl =
    op: nul: list:
    let
      go = n: if n == -1 then nul else op (go (n - 1)) (elemAt list n);
    in
    go (length list - 1);

  /**
    Fold from the left; every intermediate result, the first included, is evaluated.
  */
  foldl' =
    op: acc:
    # The builtin leaves the first accumulator unevaluated.
    seq acc (builtins.foldl' op acc);

  /**
    `map` with the element's index, from 0, as first argument.

    # Examples

    ```nix
    imap0 (i: v: "${v}-${toString i}") [ "a" "b" ]
    => [ "a-0" "b-1" ]
    ```
  */
  imap0 = f: list: genList (n: f n (elemAt list n)) (length list);

  /**
    `map` with the element's index, from 1, as first argument.
  */
  imap1 = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);

  /**
    Elements for which a predicate on index (from 0) and element holds.
  */
  ifilter0 =
    p: list:
    concatLists (
      imap0 (
        i: v:
        if p i v then
          [ v ]
        else
          [ ]
      ) list
    );

  /**
    One flat list of a tree of lists.

    # Examples

    ```nix
    flatten [ 1 [ 2 [ 3 ] ] 4 ]
    => [ 1 2 3 4 ]
    ```
  */
  flatten = x: if isList x then concatMap flatten x else [ x ];

  /**
    The list without the elements equal to a value.
  */
  remove = e: filter (x: x != e);

  /**
    The only element for which a predicate holds, else one of two fallbacks.

    # Inputs

    `p`
    : The predicate.

    `default`
    : Result where none is found.

    `multiple`
    : Result where several are.

    `list`
    : The list.
  */
  findSingle =
    p: default: multiple: list:
    let
      found = filter p list;
      n = length found;
    in
    if n == 0 then
      default
    else if n != 1 then
      multiple
    else
      head found;

  /**
    Index of the first element for which a predicate holds; elements after it are not looked at.
  */
  findFirstIndex =
    p: default: list:
    let
      # -1 - i while nothing is found after i elements, so a plain strict fold can carry the state
      # and long lists need no deep stack.
      result = builtins.foldl' (
        i: x:
        if i >= 0 then
          i
        else if p x then
          -i - 1
        else
          i - 1
      ) (-1) list;
    in
    if result < 0 then default else result;

  /**
    The first element for which a predicate holds, or the default.

    # Type

    ```
    findFirst :: (a -> bool) -> a -> [a] -> a
    ```
  */
  findFirst =
    p: default: list:
    let
      i = findFirstIndex p null list;
    in
    if i == null then default else elemAt list i;

  /**
    How many elements a predicate holds for.
  */
  count = p: builtins.foldl' (n: x: if p x then n + 1 else n) 0;

  /**
    A list of one element where the condition holds, else of none.
  */
  optional = condition: element: if condition then [ element ] else [ ];

  /**
    The list where the condition holds, else the empty one.
  */
  optionals = condition: elements: if condition then elements else [ ];

  /**
    The argument where it is a list, else a list of it.
  */
  toList = x: if isList x then x else [ x ];

  /**
    Integers from the first to the last, both included.
  */
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);

  /**
    A list of `n` times the same element.
  */
  replicate = n: element: genList (_: element) n;

  /**
    Group elements by a function and fold each group.

    # Examples

    ```nix
    groupBy' builtins.add 0 (x: boolToString (x > 2)) [ 5 1 2 3 4 ]
    => { false = 3; true = 12; }
    ```
  */
  groupBy' =
    op: nul: pred: list:
    builtins.mapAttrs (_: builtins.foldl' op nul) (groupBy pred list);

  /**
    Combine two lists element by element with a function; the longer one is cut.
  */
  zipListsWith =
    f: xs: ys:
    genList (n: f (elemAt xs n) (elemAt ys n)) (lib.min (length xs) (length ys));

  /**
    Pairs `{ fst; snd; }` of two lists.
  */
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });

  /**
    The list from its end.
  */
  reverseList =
    xs:
    let
      n = length xs;
    in
    genList (i: elemAt xs (n - i - 1)) n;

  /**
    Depth-first search for a cycle or a minimal element; the step under `toposort`.

    # Inputs

    `stopOnCycles`
    : Whether to give up at a cycle.

    `before`
    : `before a b` is true where `a` comes before `b`.

    `list`
    : The elements; the first is the start.
  */
  listDfs =
    stopOnCycles: before: list:
    let
      visit =
        us: visited: rest:
        let
          c = filter (x: before x us) visited;
          split = partition (x: before x us) rest;
        in
        if stopOnCycles && c != [ ] then
          {
            cycle = us;
            loops = c;
            inherit visited rest;
          }
        else if split.right == [ ] then
          {
            minimal = us;
            inherit visited rest;
          }
        else
          visit (head split.right) ([ us ] ++ visited) (tail split.right ++ split.wrong);
    in
    visit (head list) [ ] (tail list);

  /**
    Order a list by a partial order: `{ result }`, or `{ cycle; loops; }` where there is none.

    # Examples

    ```nix
    toposort (a: b: a < b) [ 3 2 1 ]
    => { result = [ 1 2 3 ]; }
    ```
  */
  toposort =
    before: list:
    let
      first = listDfs true before list;
      rest = toposort before (first.visited ++ first.rest);
    in
    if length list < 2 then
      { result = list; }
    else if first ? cycle then
      {
        cycle = reverseList ([ first.cycle ] ++ first.visited);
        inherit (first) loops;
      }
    else if rest ? cycle then
      rest
    else
      { result = [ first.minimal ] ++ rest.result; };

  /**
    Sort by a key computed once for each element.

    # Examples

    ```nix
    sortOn stringLength [ "aa" "b" "cccc" ]
    => [ "b" "aa" "cccc" ]
    ```
  */
  sortOn =
    f: list:
    map (p: elemAt p 1) (
      sort (a: b: head a < head b) (
        map (x: [
          (f x)
          x
        ]) list
      )
    );

  /**
    Compare two lists element by element, shorter first where one is the start of the other.
  */
  compareLists =
    cmp: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        order = cmp (head a) (head b);
      in
      if order == 0 then compareLists cmp (tail a) (tail b) else order;

  /**
    Sort texts so that numbers in them count as numbers.

    # Examples

    ```nix
    naturalSort [ "disk11" "disk8" "disk100" ]
    => [ "disk8" "disk11" "disk100" ]
    ```
  */
  naturalSort =
    list:
    let
      parts =
        s: map (x: if isList x then builtins.fromJSON (head x) else x) (builtins.split "(0|[1-9][0-9]*)" s);
      keyed = map (x: [
        (parts x)
        x
      ]) list;
    in
    map (x: elemAt x 1) (sort (a: b: compareLists lib.compare (head a) (head b) < 0) keyed);

  /**
    The first `n` elements, or all where there are fewer.
  */
  take = n: sublist 0 n;

  /**
    The last `n` elements.
  */
  takeEnd = n: list: drop (lib.max 0 (length list - n)) list;

  /**
    The list without its first `n` elements.
  */
  drop = n: list: sublist n (length list) list;

  /**
    The list without its last `n` elements.
  */
  dropEnd = n: list: take (lib.max 0 (length list - n)) list;

  /**
    True if the first list is the start of the second.
  */
  hasPrefix = start: list: take (length start) list == start;

  /**
    The second list without the first at its start; an error where it does not start so.
  */
  removePrefix =
    start: list:
    if hasPrefix start list then
      drop (length start) list
    else
      throw "lib.lists.removePrefix: First argument is not a list prefix of the second argument";

  /**
    At most `count` elements from index `start`.
  */
  sublist =
    start: count: list:
    let
      len = length list;
    in
    genList (n: elemAt list (n + start)) (
      if start >= len then
        0
      else if start + count > len then
        len - start
      else
        count
    );

  /**
    Longest common start of two lists.
  */
  commonPrefix =
    a: b:
    let
      n = lib.min (length a) (length b);
      same = findFirstIndex (x: x) n (genList (i: elemAt a i != elemAt b i) n);
    in
    take same a;

  /**
    The last element; an error for the empty list.
  */
  last =
    list:
    assert lib.assertMsg (list != [ ]) "lists.last: list must not be empty!";
    elemAt list (length list - 1);

  /**
    All but the last element; an error for the empty list.
  */
  init =
    list:
    assert lib.assertMsg (list != [ ]) "lists.init: list must not be empty!";
    genList (elemAt list) (length list - 1);

  crossLists = lib.warn ''
    lib.crossLists is old: use lib.mapCartesianProduct.
  '' (f: foldl (fs: args: concatMap (f: map f args) fs) [ f ]);

  /**
    The list without repeated elements; the first of each stays. Quadratic; see `uniqueStrings`.
  */
  unique = builtins.foldl' (acc: e: if elem e acc then acc else acc ++ [ e ]) [ ];

  /**
    Distinct strings of a list, sorted. Much faster than `unique`.
  */
  uniqueStrings = list: builtins.attrNames (groupBy (x: x) list);

  /**
    True if no two elements are equal.
  */
  allUnique = list: length (unique list) == length list;

  /**
    Elements of the first list that are in the second.
  */
  intersectLists = e: filter (x: elem x e);

  /**
    Elements of the second list that are not in the first.
  */
  subtractLists = e: filter (x: !elem x e);

  /**
    True if two lists have no element in common.
  */
  mutuallyExclusive = a: b: length a == 0 || !any (x: elem x a) b;

  /**
    All lists that are the values of a set, one after the other.
  */
  concatAttrValues = set: concatLists (attrValues set);

  /**
    The list with the element at an index replaced.
  */
  replaceElemAt =
    list: index: value:
    let
      len = length list;
    in
    if index < 0 || index >= len then
      throw "'lists.replaceElemAt' called with index ${toString index} on a list of size ${toString len}"
    else
      genList (i: if i == index then value else elemAt list i) len;
}
