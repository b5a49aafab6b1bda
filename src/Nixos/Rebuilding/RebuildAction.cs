namespace Firn.Nixos.Rebuilding;

/// <summary>What <c>nixos-rebuild</c> is asked for. The doc of each says what happens after a successful build.</summary>
public enum RebuildAction
{
    /// <summary>New generation, made the one to boot, and gone over to.</summary>
    Switch,

    /// <summary>New generation, made the one to boot.</summary>
    Boot,

    /// <summary>Gone over to, without a generation.</summary>
    Test,

    /// <summary>A link <c>result</c>.</summary>
    Build,

    /// <summary>Nothing is built: what would be is shown.</summary>
    DryBuild,

    /// <summary>What going over would do is shown.</summary>
    DryActivate,

    /// <summary>A link <c>result</c> to a script that runs the configuration as a virtual machine.</summary>
    BuildVm,

    /// <summary>The generations are shown; nothing is built.</summary>
    ListGenerations,
}
