namespace Firn.Cli.Settings;

/// <summary>How the text of a setting is read.</summary>
internal enum SettingKind
{
    Bool,

    /// <summary>A number, with an optional unit suffix K, M, G or T (powers of 1024).</summary>
    Int,
    String,

    /// <summary>Words in the order given.</summary>
    List,

    /// <summary>Words without order or repetition.</summary>
    Set,

    /// <summary>Words of the form <c>key=value</c> (or <c>key</c> alone).</summary>
    Map,
    Json,

    /// <summary><c>true</c>, <c>false</c> or <c>relaxed</c>.</summary>
    Sandbox,

    /// <summary>A number or <c>auto</c>.</summary>
    MaxJobs,
}

/// <summary>One setting of <c>nix.conf</c>: its name, how it is read, its default text and its older names.</summary>
/// <param name="Feature">The experimental feature it belongs to, or null.</param>
internal sealed record SettingDefinition(string Name, SettingKind Kind, string Default, string? Feature, params string[] Aliases)
{
    /// <summary>Whether <c>extra-NAME</c> adds to the value instead of replacing it.</summary>
    public bool Appendable => Kind is SettingKind.List or SettingKind.Set or SettingKind.Map;
}
