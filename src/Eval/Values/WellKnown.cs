namespace Firn.Eval.Values;

/// <summary>Names that the evaluator and the builtins use themselves; their symbols are the same in every table.</summary>
/// <remarks><c>__name</c> is called <c>MagicName</c> here.</remarks>
public static class WellKnown
{
    /// <summary>The names in the order of their ids, which start at 1.</summary>
    internal static readonly string[] Names =
    [
        "__curPos", "_", "aliases", "all", "allowSubstitutes", "args", "builder", "builtins", "column",
        "contentAddressed", "derivation", "__derivation", "derivationStrict", "drvPath", "drvAttrs", "_type",
        "__findFile", "file", "__functionArgs", "__functor", "flakeRef", "hash", "hashAlgo", "__ignoreNulls",
        "impure", "__impureHostDeps", "__json", "key", "line", "lastModified", "lastModifiedDate", "left",
        "meta", "name", "nameSeparator", "__nixPath", "operator", "out", "outPath", "outputs", "outputName",
        "outputHash", "outputHashAlgo", "outputHashMode", "outputSpecified", "__overrides", "ok", "path",
        "prefix", "recursive", "recurseForDerivations", "require", "right", "rev", "revCount", "shortRev",
        "sha256", "__sandboxProfile", "__scrubbed", "__structuredAttrs", "startSet", "submodules", "subs",
        "system", "__toString", "toString", "type", "url", "value", "version", "wrong", "narHash",
        "dirtyRev", "dirtyShortRev", "description", "self", "content", "unsafeDiscardReferences", "ref",
        "fetchSubmodules", "dir", "owner", "repo", "text", "attrs", "src", "pname", "preferLocalBuild",
        "allowedReferences", "allowedRequisites", "disallowedReferences", "disallowedRequisites", "maxSize",
        "maxClosureSize", "ignoreSelfRefs", "outputChecks", "passAsFile", "__darwinAllowLocalNetworking",
        "__noChroot", "__impure", "__contentAddressed", "requiredSystemFeatures", "exportReferencesGraph",
        "config", "options", "imports", "success", "body", "__elemAt", "parts", "scheme", "authority",
        "query", "fragment", "unpack", "executable", "filter", "allRefs", "shallow", "verifyCommit",
        "publicKey", "publicKeys", "keytype", "__sub", "__mul", "__div", "__lessThan", "__nixVersion",
        "__currentSystem", "__currentTime", "__storeDir", "__langVersion", "import", "scopedImport", "true",
        "false", "null", "allOutputs", "nar", "flat", "sha1", "md5", "sha512",
    ];

    /// <summary><c>__curPos</c></summary>
    public static Symbol MagicCurPos => new(1);

    /// <summary><c>_</c></summary>
    public static Symbol Underscore => new(2);

    /// <summary><c>aliases</c></summary>
    public static Symbol Aliases => new(3);

    /// <summary><c>all</c></summary>
    public static Symbol All => new(4);

    /// <summary><c>allowSubstitutes</c></summary>
    public static Symbol AllowSubstitutes => new(5);

    /// <summary><c>args</c></summary>
    public static Symbol Args => new(6);

    /// <summary><c>builder</c></summary>
    public static Symbol Builder => new(7);

    /// <summary><c>builtins</c></summary>
    public static Symbol Builtins => new(8);

    /// <summary><c>column</c></summary>
    public static Symbol Column => new(9);

    /// <summary><c>contentAddressed</c></summary>
    public static Symbol ContentAddressed => new(10);

    /// <summary><c>derivation</c></summary>
    public static Symbol Derivation => new(11);

    /// <summary><c>__derivation</c></summary>
    public static Symbol MagicDerivation => new(12);

    /// <summary><c>derivationStrict</c></summary>
    public static Symbol DerivationStrict => new(13);

    /// <summary><c>drvPath</c></summary>
    public static Symbol DrvPath => new(14);

    /// <summary><c>drvAttrs</c></summary>
    public static Symbol DrvAttrs => new(15);

    /// <summary><c>_type</c></summary>
    public static Symbol UnderscoreType => new(16);

    /// <summary><c>__findFile</c></summary>
    public static Symbol MagicFindFile => new(17);

    /// <summary><c>file</c></summary>
    public static Symbol File => new(18);

    /// <summary><c>__functionArgs</c></summary>
    public static Symbol MagicFunctionArgs => new(19);

    /// <summary><c>__functor</c></summary>
    public static Symbol MagicFunctor => new(20);

    /// <summary><c>flakeRef</c></summary>
    public static Symbol FlakeRef => new(21);

    /// <summary><c>hash</c></summary>
    public static Symbol Hash => new(22);

    /// <summary><c>hashAlgo</c></summary>
    public static Symbol HashAlgo => new(23);

    /// <summary><c>__ignoreNulls</c></summary>
    public static Symbol MagicIgnoreNulls => new(24);

    /// <summary><c>impure</c></summary>
    public static Symbol Impure => new(25);

    /// <summary><c>__impureHostDeps</c></summary>
    public static Symbol MagicImpureHostDeps => new(26);

    /// <summary><c>__json</c></summary>
    public static Symbol MagicJson => new(27);

    /// <summary><c>key</c></summary>
    public static Symbol Key => new(28);

    /// <summary><c>line</c></summary>
    public static Symbol Line => new(29);

    /// <summary><c>lastModified</c></summary>
    public static Symbol LastModified => new(30);

    /// <summary><c>lastModifiedDate</c></summary>
    public static Symbol LastModifiedDate => new(31);

    /// <summary><c>left</c></summary>
    public static Symbol Left => new(32);

    /// <summary><c>meta</c></summary>
    public static Symbol Meta => new(33);

    /// <summary><c>name</c></summary>
    public static Symbol Name => new(34);

    /// <summary><c>nameSeparator</c></summary>
    public static Symbol NameSeparator => new(35);

    /// <summary><c>__nixPath</c></summary>
    public static Symbol MagicNixPath => new(36);

    /// <summary><c>operator</c></summary>
    public static Symbol Operator => new(37);

    /// <summary><c>out</c></summary>
    public static Symbol Out => new(38);

    /// <summary><c>outPath</c></summary>
    public static Symbol OutPath => new(39);

    /// <summary><c>outputs</c></summary>
    public static Symbol Outputs => new(40);

    /// <summary><c>outputName</c></summary>
    public static Symbol OutputName => new(41);

    /// <summary><c>outputHash</c></summary>
    public static Symbol OutputHash => new(42);

    /// <summary><c>outputHashAlgo</c></summary>
    public static Symbol OutputHashAlgo => new(43);

    /// <summary><c>outputHashMode</c></summary>
    public static Symbol OutputHashMode => new(44);

    /// <summary><c>outputSpecified</c></summary>
    public static Symbol OutputSpecified => new(45);

    /// <summary><c>__overrides</c></summary>
    public static Symbol MagicOverrides => new(46);

    /// <summary><c>ok</c></summary>
    public static Symbol Ok => new(47);

    /// <summary><c>path</c></summary>
    public static Symbol Path => new(48);

    /// <summary><c>prefix</c></summary>
    public static Symbol Prefix => new(49);

    /// <summary><c>recursive</c></summary>
    public static Symbol Recursive => new(50);

    /// <summary><c>recurseForDerivations</c></summary>
    public static Symbol RecurseForDerivations => new(51);

    /// <summary><c>require</c></summary>
    public static Symbol Require => new(52);

    /// <summary><c>right</c></summary>
    public static Symbol Right => new(53);

    /// <summary><c>rev</c></summary>
    public static Symbol Rev => new(54);

    /// <summary><c>revCount</c></summary>
    public static Symbol RevCount => new(55);

    /// <summary><c>shortRev</c></summary>
    public static Symbol ShortRev => new(56);

    /// <summary><c>sha256</c></summary>
    public static Symbol Sha256 => new(57);

    /// <summary><c>__sandboxProfile</c></summary>
    public static Symbol MagicSandboxProfile => new(58);

    /// <summary><c>__scrubbed</c></summary>
    public static Symbol MagicScrubbed => new(59);

    /// <summary><c>__structuredAttrs</c></summary>
    public static Symbol MagicStructuredAttrs => new(60);

    /// <summary><c>startSet</c></summary>
    public static Symbol StartSet => new(61);

    /// <summary><c>submodules</c></summary>
    public static Symbol Submodules => new(62);

    /// <summary><c>subs</c></summary>
    public static Symbol Subs => new(63);

    /// <summary><c>system</c></summary>
    public static Symbol System => new(64);

    /// <summary><c>__toString</c></summary>
    public static Symbol MagicToString => new(65);

    /// <summary><c>toString</c></summary>
    public static Symbol ToStringName => new(66);

    /// <summary><c>type</c></summary>
    public static Symbol Type => new(67);

    /// <summary><c>url</c></summary>
    public static Symbol Url => new(68);

    /// <summary><c>value</c></summary>
    public static Symbol Value => new(69);

    /// <summary><c>version</c></summary>
    public static Symbol Version => new(70);

    /// <summary><c>wrong</c></summary>
    public static Symbol Wrong => new(71);

    /// <summary><c>narHash</c></summary>
    public static Symbol NarHash => new(72);

    /// <summary><c>dirtyRev</c></summary>
    public static Symbol DirtyRev => new(73);

    /// <summary><c>dirtyShortRev</c></summary>
    public static Symbol DirtyShortRev => new(74);

    /// <summary><c>description</c></summary>
    public static Symbol Description => new(75);

    /// <summary><c>self</c></summary>
    public static Symbol Self => new(76);

    /// <summary><c>content</c></summary>
    public static Symbol Content => new(77);

    /// <summary><c>unsafeDiscardReferences</c></summary>
    public static Symbol UnsafeDiscardReferences => new(78);

    /// <summary><c>ref</c></summary>
    public static Symbol Ref => new(79);

    /// <summary><c>fetchSubmodules</c></summary>
    public static Symbol FetchSubmodules => new(80);

    /// <summary><c>dir</c></summary>
    public static Symbol Dir => new(81);

    /// <summary><c>owner</c></summary>
    public static Symbol Owner => new(82);

    /// <summary><c>repo</c></summary>
    public static Symbol Repo => new(83);

    /// <summary><c>text</c></summary>
    public static Symbol Text => new(84);

    /// <summary><c>attrs</c></summary>
    public static Symbol Attrs => new(85);

    /// <summary><c>src</c></summary>
    public static Symbol Src => new(86);

    /// <summary><c>pname</c></summary>
    public static Symbol Pname => new(87);

    /// <summary><c>preferLocalBuild</c></summary>
    public static Symbol PreferLocalBuild => new(88);

    /// <summary><c>allowedReferences</c></summary>
    public static Symbol AllowedReferences => new(89);

    /// <summary><c>allowedRequisites</c></summary>
    public static Symbol AllowedRequisites => new(90);

    /// <summary><c>disallowedReferences</c></summary>
    public static Symbol DisallowedReferences => new(91);

    /// <summary><c>disallowedRequisites</c></summary>
    public static Symbol DisallowedRequisites => new(92);

    /// <summary><c>maxSize</c></summary>
    public static Symbol MaxSize => new(93);

    /// <summary><c>maxClosureSize</c></summary>
    public static Symbol MaxClosureSize => new(94);

    /// <summary><c>ignoreSelfRefs</c></summary>
    public static Symbol IgnoreSelfRefs => new(95);

    /// <summary><c>outputChecks</c></summary>
    public static Symbol OutputChecks => new(96);

    /// <summary><c>passAsFile</c></summary>
    public static Symbol PassAsFile => new(97);

    /// <summary><c>__darwinAllowLocalNetworking</c></summary>
    public static Symbol MagicDarwinAllowLocalNetworking => new(98);

    /// <summary><c>__noChroot</c></summary>
    public static Symbol MagicNoChroot => new(99);

    /// <summary><c>__impure</c></summary>
    public static Symbol MagicImpure => new(100);

    /// <summary><c>__contentAddressed</c></summary>
    public static Symbol MagicContentAddressed => new(101);

    /// <summary><c>requiredSystemFeatures</c></summary>
    public static Symbol RequiredSystemFeatures => new(102);

    /// <summary><c>exportReferencesGraph</c></summary>
    public static Symbol ExportReferencesGraph => new(103);

    /// <summary><c>config</c></summary>
    public static Symbol Config => new(104);

    /// <summary><c>options</c></summary>
    public static Symbol Options => new(105);

    /// <summary><c>imports</c></summary>
    public static Symbol Imports => new(106);

    /// <summary><c>success</c></summary>
    public static Symbol Success => new(107);

    /// <summary><c>body</c></summary>
    public static Symbol Body => new(108);

    /// <summary><c>__elemAt</c></summary>
    public static Symbol MagicElemAt => new(109);

    /// <summary><c>parts</c></summary>
    public static Symbol Parts => new(110);

    /// <summary><c>scheme</c></summary>
    public static Symbol Scheme => new(111);

    /// <summary><c>authority</c></summary>
    public static Symbol Authority => new(112);

    /// <summary><c>query</c></summary>
    public static Symbol Query => new(113);

    /// <summary><c>fragment</c></summary>
    public static Symbol Fragment => new(114);

    /// <summary><c>unpack</c></summary>
    public static Symbol Unpack => new(115);

    /// <summary><c>executable</c></summary>
    public static Symbol Executable => new(116);

    /// <summary><c>filter</c></summary>
    public static Symbol Filter => new(117);

    /// <summary><c>allRefs</c></summary>
    public static Symbol AllRefs => new(118);

    /// <summary><c>shallow</c></summary>
    public static Symbol Shallow => new(119);

    /// <summary><c>verifyCommit</c></summary>
    public static Symbol VerifyCommit => new(120);

    /// <summary><c>publicKey</c></summary>
    public static Symbol PublicKey => new(121);

    /// <summary><c>publicKeys</c></summary>
    public static Symbol PublicKeys => new(122);

    /// <summary><c>keytype</c></summary>
    public static Symbol Keytype => new(123);

    /// <summary><c>__sub</c></summary>
    public static Symbol MagicSub => new(124);

    /// <summary><c>__mul</c></summary>
    public static Symbol MagicMul => new(125);

    /// <summary><c>__div</c></summary>
    public static Symbol MagicDiv => new(126);

    /// <summary><c>__lessThan</c></summary>
    public static Symbol MagicLessThan => new(127);

    /// <summary><c>__nixVersion</c></summary>
    public static Symbol MagicNixVersion => new(128);

    /// <summary><c>__currentSystem</c></summary>
    public static Symbol MagicCurrentSystem => new(129);

    /// <summary><c>__currentTime</c></summary>
    public static Symbol MagicCurrentTime => new(130);

    /// <summary><c>__storeDir</c></summary>
    public static Symbol MagicStoreDir => new(131);

    /// <summary><c>__langVersion</c></summary>
    public static Symbol MagicLangVersion => new(132);

    /// <summary><c>import</c></summary>
    public static Symbol Import => new(133);

    /// <summary><c>scopedImport</c></summary>
    public static Symbol ScopedImport => new(134);

    /// <summary><c>true</c></summary>
    public static Symbol True => new(135);

    /// <summary><c>false</c></summary>
    public static Symbol False => new(136);

    /// <summary><c>null</c></summary>
    public static Symbol Null => new(137);

    /// <summary><c>allOutputs</c></summary>
    public static Symbol AllOutputs => new(138);

    /// <summary><c>nar</c></summary>
    public static Symbol Nar => new(139);

    /// <summary><c>flat</c></summary>
    public static Symbol Flat => new(140);

    /// <summary><c>sha1</c></summary>
    public static Symbol Sha1 => new(141);

    /// <summary><c>md5</c></summary>
    public static Symbol Md5 => new(142);

    /// <summary><c>sha512</c></summary>
    public static Symbol Sha512 => new(143);
}
