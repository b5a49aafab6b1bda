namespace Firn.Cli.Settings;

/// <summary>How the text of a setting is read.</summary>
internal enum SettingKind
{
    Bool,

    /// <summary>A number, with an optional unit suffix K, M, G or T (powers of 1024).</summary>
    Int,

    /// <summary>As <see cref="Int"/>, and may be negative.</summary>
    SignedInt,
    String,

    /// <summary>The URL of a store.</summary>
    StoreUrl,

    /// <summary>URLs of stores in the order given.</summary>
    StoreUrls,

    /// <summary>URLs of stores without order or repetition.</summary>
    StoreUrlSet,

    /// <summary>An absolute path.</summary>
    Path,

    /// <summary>A path, also a relative one.</summary>
    AnyPath,

    /// <summary>An absolute path, or nothing.</summary>
    OptionalPath,

    /// <summary>Paths in the order given, which nothing can be added to.</summary>
    Paths,

    /// <summary>Paths without order or repetition, which nothing can be added to.</summary>
    PathSet,

    /// <summary>Words in the order given.</summary>
    List,

    /// <summary>Words without order or repetition.</summary>
    Set,

    /// <summary>The names of experimental features.</summary>
    Features,

    /// <summary>Words of the form <c>key=value</c>.</summary>
    Map,

    /// <summary>Words of the form <c>inside=outside</c> or <c>path</c>, with <c>?</c> at the end where it may be missing.</summary>
    PathMap,
    Json,

    /// <summary><c>true</c>, <c>false</c> or <c>relaxed</c>.</summary>
    Sandbox,

    /// <summary>A number or <c>auto</c>.</summary>
    MaxJobs,

    /// <summary><c>ignore</c>, <c>warn</c> or <c>fatal</c>.</summary>
    Lint,

    /// <summary><c>disabled</c> or <c>flamegraph</c>.</summary>
    EvalProfiler,
}

/// <summary>One setting of <c>nix.conf</c>: its name, how it is read, its default text and its older names.</summary>
/// <param name="Feature">The experimental feature it belongs to, or null.</param>
internal sealed record SettingDefinition(string Name, SettingKind Kind, string Default, string? Feature, params string[] Aliases)
{
    /// <summary>Whether <c>extra-NAME</c> adds to the value instead of replacing it.</summary>
    public bool Appendable => Kind is SettingKind.List or SettingKind.Set or SettingKind.Features or SettingKind.Map or SettingKind.PathMap
        or SettingKind.StoreUrls or SettingKind.StoreUrlSet;

    /// <summary>Whether Nix has it too; the others are listed only where somebody set them.</summary>
    public bool IsOfNix => Name != "mirrors";

    /// <summary>What it is about, as short as help needs it.</summary>
    public string Description => Kind switch
    {
        SettingKind.Bool or SettingKind.Sandbox => $"Whether `{Name}` is on.",
        SettingKind.Int or SettingKind.SignedInt or SettingKind.MaxJobs => $"The number for `{Name}`.",
        _ => $"The value of `{Name}`.",
    };
}
