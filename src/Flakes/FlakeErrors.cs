using System;
using Firn.Eval.Errors;
using Firn.Fetchers;

namespace Firn.Flakes;

/// <summary>Errors of fetching as errors of the evaluation.</summary>
internal static class FlakeErrors
{
    /// <exception cref="EvalError">The work failed.</exception>
    internal static T Checked<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (FetchException e)
        {
            throw new EvalError(EvalErrorKind.Error, e.Message, e);
        }
    }
}
