using System;

namespace Firn.Build.Builtins;

/// <summary>The builders that are part of this program.</summary>
internal static class BuiltinTable
{
    /// <summary>The builder of a name without <c>builtin:</c>, or null.</summary>
    public static Action<BuiltinContext>? Find(string name) => name switch
    {
        "fetchurl" => FetchUrl.Build,
        "unpack-deb" => UnpackDeb.Build,
        "unpack-channel" => UnpackChannel.Build,
        "buildenv" => BuildEnv.Build,
        _ => null,
    };
}
