using Firn.Eval.Store.Realising;
using Firn.Store.Local;

namespace Firn.Cli.Wiring;

/// <summary>Makes a builder of settings and the store.</summary>
internal static class BuilderWiring
{
    /// <summary>What builds while evaluation waits; null where nothing may be built.</summary>
    public static IRealiser? Realiser(CommandContext context, LocalStore store) => null;
}
