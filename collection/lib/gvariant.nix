# Values of GVariant, the form of dconf's settings, as text.
{ lib }:

let
  inherit (builtins)
    all
    concatStringsSep
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    map
    toString
    typeOf
    ;
  inherit (lib) escape;

  type = {
    arrayOf = t: "a${t}";
    maybeOf = t: "m${t}";
    tupleOf = ts: "(${lib.concatStrings ts})";
    dictionaryEntryOf = nameType: valueType: "{${nameType}${valueType}}";
    string = "s";
    boolean = "b";
    uchar = "y";
    int16 = "n";
    uint16 = "q";
    int32 = "i";
    uint32 = "u";
    int64 = "x";
    uint64 = "t";
    double = "d";
    variant = "v";
  };

  isGVariant = v: v._type or "" == "gvariant";

  make = type: value: {
    _type = "gvariant";
    inherit type value;
    __toString = self: "@${self.type} ${toString self.value}";
  };

  quote = escape [
    "'"
    "\\"
  ];

  mkString =
    v: make type.string v // { __toString = self: "'${builtins.replaceStrings [ "\n" ] [ "\\n" ] (quote self.value)}'"; };

  mkBoolean =
    v: make type.boolean v // { __toString = self: if self.value then "true" else "false"; };

  mkInt32 = v: make type.int32 v // { __toString = self: toString self.value; };

  mkDouble = v: make type.double v // { __toString = self: toString self.value; };

  mkArray =
    elems:
    let
      values = map mkValue elems;
      elemType =
        if values == [ ] then
          throw "Unable to infer the type of an empty array: use mkEmptyArray"
        else
          (head values).type;
    in
    assert lib.assertMsg (all (v: v.type == elemType) values)
      "Elements in a list should have same type";
    make (type.arrayOf elemType) values
    // {
      __toString = self: "@${self.type} [${concatStringsSep "," (map toString self.value)}]";
    };

  mkEmptyArray =
    elemType: make (type.arrayOf elemType) [ ] // { __toString = self: "@${self.type} []"; };

  mkValue =
    v:
    if isBool v then
      mkBoolean v
    else if isFloat v then
      mkDouble v
    else if isInt v then
      throw "The GVariant type of the number ${toString v} is not clear: say which by lib.gvariant.mkInt32, mkUint32, mkInt64 or the like."
    else if isString v then
      mkString v
    else if isList v then
      mkArray v
    else if isAttrs v && isGVariant v then
      v
    else
      throw "The GVariant type of ${typeOf v} can't be inferred.";
in
{
  inherit
    isGVariant
    mkArray
    mkBoolean
    mkDouble
    mkEmptyArray
    mkInt32
    mkString
    mkValue
    type
    ;

  mkObjectpath = v: make "o" v // { __toString = self: "objectpath '${quote self.value}'"; };
  mkUchar = make type.uchar;
  mkInt16 = make type.int16;
  mkUint16 = make type.uint16;
  mkUint32 = make type.uint32;
  mkInt64 = make type.int64;
  mkUint64 = make type.uint64;

  /**
    A value that may be anything.
  */
  mkVariant =
    elem:
    let
      value = mkValue elem;
    in
    make type.variant value // { __toString = self: "<${toString self.value}>"; };

  mkDictionaryEntry =
    name: value:
    let
      name' = mkValue name;
      value' = mkValue value;
    in
    make (type.dictionaryEntryOf name'.type value'.type) { inherit name value; }
    // {
      __toString = self: "@${self.type} {${toString name'},${toString value'}}";
    };

  mkMaybe =
    elemType: elem:
    make (type.maybeOf elemType) elem
    // {
      __toString =
        self: if self.value == null then "@${self.type} nothing" else "just ${toString self.value}";
    };

  mkNothing = elemType: lib.gvariant.mkMaybe elemType null;

  mkJust =
    elem:
    let
      value = mkValue elem;
    in
    lib.gvariant.mkMaybe value.type value;

  mkTuple =
    elems:
    let
      values = map mkValue elems;
    in
    make (type.tupleOf (map (v: v.type) values)) values
    // {
      __toString = self: "@${self.type} (${concatStringsSep "," (map toString self.value)})";
    };
}
