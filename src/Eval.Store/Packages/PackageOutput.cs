using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Packages;

/// <summary>The derivation of a package and the output that is meant.</summary>
public readonly record struct PackageOutput(StorePath DerivationPath, string Name)
{
    /// <summary>Evaluates what is needed to know them.</summary>
    /// <exception cref="EvalError">An attribute is missing or fails.</exception>
    public static PackageOutput Of(Evaluator evaluator, Package package)
    {
        Value drvPath = package.Attributes.Get(WellKnown.DrvPath)
            ?? throw new EvalError(EvalErrorKind.Error, "derivation does not contain a 'drvPath' attribute");
        byte[] path = evaluator.CoerceToString(drvPath, "while evaluating the 'drvPath' attribute of a derivation", Coercion.Strict).Bytes;
        string name = package.Attributes.Get(WellKnown.OutputName) is Value output
            ? evaluator.ForceString(output, "while evaluating the output name of a derivation").Text
            : "out";
        StorePath derivation = new StoreDir(evaluator.Options.StoreDir).Parse(Encoding.UTF8.GetString(path));
        return derivation.IsDerivation
            ? new PackageOutput(derivation, name)
            : throw new EvalError(EvalErrorKind.Error, $"store path '{derivation.BaseName}' is not a valid derivation path")
                .WithTrace(package.Attributes.PosOf(WellKnown.DrvPath), "while evaluating the 'drvPath' attribute of a derivation");
    }
}
