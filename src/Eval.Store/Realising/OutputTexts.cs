using System.Text;
using Firn.Eval.Values;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Realising;

/// <summary>How outputs of derivations read as strings.</summary>
internal static class OutputTexts
{
    /// <summary>What stands for an output whose path is not known before it is built.</summary>
    internal static Hash Placeholder(StoreDir dir, ContextElement output)
    {
        string name = Encoding.UTF8.GetString(output.Output!);
        return output.Derivation!.Kind == ContextKind.Opaque
            ? Placeholders.Downstream(dir.Parse(output.Derivation.Path), name)
            : Placeholders.Downstream(Placeholder(dir, output.Derivation), name);
    }

    /// <summary>The string of an output: its path, or the placeholder.</summary>
    internal static VString Of(StoreDir dir, ContextElement output, StorePath? path) =>
        new(path is StorePath known ? dir.PrintBytes(known) : Encoding.ASCII.GetBytes(Placeholders.Render(Placeholder(dir, output))), StringContext.Of(output));

    /// <summary>The string of a store path, which refers to it.</summary>
    internal static VString Of(StoreDir dir, StorePath path)
    {
        byte[] text = dir.PrintBytes(path);
        return new VString(text, StringContext.Of(ContextElement.Opaque(text, path)));
    }
}
