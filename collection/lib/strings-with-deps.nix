# Texts that want other texts before them, such as the parts of an activation script.
{ lib }:

let
  inherit (lib)
    concatStringsSep
    head
    isAttrs
    tail
    ;
in
rec {
  /**
    Texts of a set in an order in which each comes after what it depends on.

    # Inputs

    `predefined`
    : Set of texts or `{ text; deps; }`.

    `arg`
    : Names that are wanted.

    # Type

    ```
    textClosureList :: { [name] :: { text :: string; deps :: [string]; } | string } -> [string] -> [string]
    ```
  */
  textClosureList =
    predefined: arg:
    let
      go =
        done: todo:
        if todo == [ ] then
          {
            result = [ ];
            inherit done;
          }
        else
          let
            entry = head todo;
          in
          if isAttrs entry then
            let
              x = go done entry.deps;
              y = go x.done (tail todo);
            in
            {
              result = x.result ++ [ entry.text ] ++ y.result;
              done = y.done;
            }
          else if done ? ${entry} then
            go done (tail todo)
          else
            go (done // { ${entry} = true; }) ([ (predefined.${entry}) ] ++ tail todo);
    in
    (go { } arg).result;

  /**
    Texts in order, each through a function, one a line.
  */
  textClosureMap =
    f: predefined: names:
    concatStringsSep "\n" (map f (textClosureList predefined names));

  /**
    A text without dependencies.
  */
  noDepEntry = text: {
    inherit text;
    deps = [ ];
  };

  /**
    A text and what it depends on.
  */
  fullDepEntry = text: deps: { inherit text deps; };

  /**
    Dependencies alone.
  */
  packEntry = deps: {
    inherit deps;
    text = "";
  };

  /**
    A text after others: `fullDepEntry` with its arguments swapped.
  */
  stringAfter = deps: text: { inherit text deps; };
}
