using System;
using Firn.Shells;

namespace Firn.Cli.Arguments;

/// <summary>What of the environment a program that is run gets: <c>--ignore-env</c>, <c>--keep-env-var</c>, ….</summary>
internal sealed class EnvironmentFlags
{
    private readonly EnvironmentChanges _changes = new();

    public void Declare(FlagTable flags)
    {
        flags.Category = "Options that change environment variables";
        flags.Add(new Flag("ignore-env", 'i', "Clear the entire environment, except for those specified with `--keep-env-var`.", [], _ => _changes.IgnoresCaller = true)
        {
            Aliases = ["ignore-environment"],
            Category = flags.Category,
        });
        flags.Add(new Flag("keep-env-var", 'k', "Keep the environment variable *name*, when using `--ignore-env`.", ["name"], v => _changes.Keep(v[0]))
        {
            Aliases = ["keep"],
            Category = flags.Category,
        });
        flags.Add(new Flag("unset-env-var", 'u', "Unset the environment variable *name*.", ["name"], v => Usage(() => _changes.Unset(v[0])))
        {
            Aliases = ["unset"],
            Category = flags.Category,
        });
        flags.Add("set-env-var", 's', "Sets an environment variable *name* with *value*.", "name", "value", (name, value) => Usage(() => _changes.Set(name, value)));
        flags.Category = "";
    }

    /// <summary>Makes the changes.</summary>
    /// <exception cref="CliException">The flags contradict each other.</exception>
    public void Apply(ShellVariables variables) => Usage(() => _changes.Apply(variables));

    private static void Usage(Action change)
    {
        try
        {
            change();
        }
        catch (ShellException e)
        {
            throw CliException.Usage(e.Message);
        }
    }
}
