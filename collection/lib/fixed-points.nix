# Fixed points of functions, and overlays ("extensions") on them.
{ lib }:

let
  inherit (builtins) foldl';
in
rec {
  /**
    Least fixed point: the value `x` with `x = f x`, found by laziness.

    # Examples

    ```nix
    fix (self: { foo = "foo"; foobar = self.foo + "bar"; })
    => { foo = "foo"; foobar = "foobar"; }
    ```
  */
  fix =
    f:
    let
      x = f x;
    in
    x;

  /**
    As `fix`, with the function kept in `__unfix__` of the result.
  */
  fix' =
    f:
    let
      x = f x // {
        __unfix__ = f;
      };
    in
    x;

  /**
    Apply a function until its value no longer changes.

    # Examples

    ```nix
    converge (x: x / 2) 16
    => 0
    ```
  */
  converge =
    f: x:
    let
      next = f x;
    in
    if next == x then x else converge f next;

  /**
    Lay an overlay over a fixed-point function.

    # Inputs

    `overlay`
    : `final: prev: { ... }`; its attributes win.

    `f`
    : `final: { ... }`

    # Type

    ```
    extends :: (set -> set -> set) -> (set -> set) -> set -> set
    ```
  */
  extends =
    overlay: f: final:
    let
      prev = f final;
    in
    prev // overlay final prev;

  /**
    One overlay that does what two do, first the first.
  */
  composeExtensions =
    first: second: final: prev:
    let
      between = first final prev;
    in
    between // second final (prev // between);

  /**
    One overlay of a list of overlays.
  */
  composeManyExtensions = foldl' composeExtensions (final: prev: { });

  /**
    Fixed point that can be overlaid later by its attribute `extend`.

    # Type

    ```
    makeExtensible :: (set -> set) -> set
    ```
  */
  makeExtensible = makeExtensibleWithCustomName "extend";

  /**
    As `makeExtensible`, under another name than `extend`.
  */
  makeExtensibleWithCustomName =
    name: f:
    fix' (
      self:
      f self
      // {
        ${name} = overlay: makeExtensibleWithCustomName name (extends overlay f);
      }
    );

  /**
    Any of a set, `prev: set` or `final: prev: set` as an overlay.
  */
  toExtension =
    f:
    if lib.isFunction f then
      final: prev:
      let
        partial = f prev;
      in
      if lib.isFunction partial then f final prev else partial
    else
      _: _: f;
}
