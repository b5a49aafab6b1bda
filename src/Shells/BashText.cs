using System;

namespace Firn.Shells;

/// <summary>Text as bash reads it.</summary>
public static class BashText
{
    /// <summary>One word that means the text itself, whatever is in it.</summary>
    public static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
