using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Settings;
using Firn.Eval.Store;
using Firn.Fetchers;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes;
using Firn.Flakes.Locking;

namespace Firn.Cli.Wiring;

/// <summary>Binds settings and flags to flakes.</summary>
internal static class FlakeWiring
{
    // Settings that a flake may always make: they change nothing that matters to others.
    private static readonly HashSet<string> s_harmless = new(StringComparer.Ordinal)
    {
        "bash-prompt", "bash-prompt-prefix", "bash-prompt-suffix", "flake-registry", "commit-lock-file-summary", "commit-lockfile-summary",
    };

    /// <summary>The file of the user's own registry; null without a home.</summary>
    public static string? UserRegistry(Func<string, string?> environment) =>
        environment("NIX_CONFIG_HOME") is { Length: > 0 } own ? Path.Combine(own, "registry.json")
        : environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? Path.Combine(xdg, "nix", "registry.json")
        : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config", "nix", "registry.json")
        : null;

    /// <summary>What the settings say about lock files.</summary>
    public static LockOptions Options(NixSettings settings) => new()
    {
        UseRegistries = settings.Bool("use-registries"),
        CommitSummary = settings.String("commit-lock-file-summary"),
        AllowDirtyLocks = settings.Bool("allow-dirty-locks"),
        AllowDirty = settings.Bool("allow-dirty"),
        WarnDirty = settings.Bool("warn-dirty"),
    };

    /// <summary>What settings and flags say about the lock file of the flake that a command is about.</summary>
    /// <exception cref="FetchException">A flag names no input or no flake.</exception>
    public static LockOptions Options(CommandContext context, EvalStore store, FlakeFlags flags)
    {
        if (flags.RecreateLockFile)
        {
            context.Warn("'--recreate-lock-file' is deprecated and will be removed in a future version; use 'nix flake update' instead.");
        }

        if (!flags.UseRegistries)
        {
            context.Warn("'--no-registries' is deprecated; use '--no-use-registries'");
        }

        Dictionary<InputPath, FlakeReference> overrides = [];
        foreach ((string input, string reference) in flags.InputOverrides)
        {
            InputPath path = InputPath.Parse(input);
            overrides[path] = path.IsRoot
                ? throw CliException.Usage("--override-input was passed a zero-length input path, which would refer to the flake itself, not an input")
                : Parse(context, store, reference, allowMissing: true);
        }

        HashSet<InputPath> updates = [];
        foreach (string input in flags.InputUpdates)
        {
            context.Warn("'--update-input' is a deprecated alias for 'flake update' and will be removed in a future version.");
            InputPath path = InputPath.Parse(input);
            updates.Add(path.IsRoot
                ? throw CliException.Usage("--update-input was passed a zero-length input path, which would refer to the flake itself, not an input")
                : path);
        }

        LockOptions options = Options(context.Settings);
        return options with
        {
            Recreate = flags.RecreateLockFile,
            MayUpdate = flags.UpdateLockFile,
            Write = flags.WriteLockFile,
            UseRegistries = options.UseRegistries && flags.UseRegistries,
            Commit = flags.CommitLockFile,
            ReferenceFile = flags.ReferenceLockFile is { } file ? Path.GetFullPath(file) : null,
            OutputFile = flags.OutputLockFile,
            Overrides = overrides,
            Updates = updates,
        };
    }

    /// <summary>The flake reference of a command line, from the working directory.</summary>
    /// <exception cref="FetchException">It is none.</exception>
    public static FlakeReference Parse(CommandContext context, EvalStore store, string text, bool allowMissing = false) =>
        FlakeReference.ParseFrom(store.Inputs, text, context.BaseDirectory, Searcher(context), allowMissing);

    /// <summary>The flake reference of a command line, and what stands behind its <c>#</c>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static (FlakeReference Reference, string Fragment) ParseWithFragment(CommandContext context, EvalStore store, string text) =>
        FlakeReference.ParseFromWithFragment(store.Inputs, text, context.BaseDirectory, Searcher(context));

    /// <summary>Makes a reference mean another one, whatever the registries say.</summary>
    public static void Redirect(CommandContext context, EvalStore store, string original, string resolved)
    {
        FlakeReference to = Parse(context, store, resolved, allowMissing: true);
        store.Fetcher.Registries.Flags.Add(new RegistryEntry(Parse(context, store, original, allowMissing: true).Input, to.Input, Extra(to)));
    }

    /// <summary>Makes the inputs of a flake be what their names mean, whatever the registries say.</summary>
    public static void UseInputs(CommandContext context, EvaluationSession session, string reference)
    {
        EvalStore store = session.Store;
        LockedFlake flake = session.Flakes.Lock(Parse(context, store, reference), Options(context.Settings) with { Write = false });
        foreach ((string name, _) in flake.LockFile.Root.Inputs)
        {
            if (flake.LockFile.Find(InputPath.Root.Then(name)) is LockedNode node)
            {
                store.Fetcher.Registries.Flags.Add(new RegistryEntry(FlakeReference.OfId(store.Inputs, name).Input, node.Locked.Input, Extra(node.Locked)));
            }
        }
    }

    /// <summary>Makes the settings that a flake asks for, as far as the user trusts it.</summary>
    public static void Apply(CommandContext context, Flake flake)
    {
        foreach ((string name, string value) in flake.Settings)
        {
            string plain = name.StartsWith("extra-", StringComparison.Ordinal) ? name["extra-".Length..] : name;
            if (s_harmless.Contains(plain) || context.Settings.Bool("accept-flake-config") || IsTrusted(context, name, value))
            {
                context.Settings.Assign(name, value);
            }
            else
            {
                context.Warn($"ignoring untrusted flake configuration setting '{name}'.\nPass '--accept-flake-config' to trust it");
            }
        }
    }

    internal static InputAttributes Extra(FlakeReference reference) =>
        reference.Directory.Length == 0 ? new InputAttributes() : new InputAttributes().With("dir", reference.Directory);

    // What the user said before about this setting with this value.
    private static bool IsTrusted(CommandContext context, string name, string value)
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        string data = Environment.GetEnvironmentVariable("NIX_DATA_HOME") is { Length: > 0 } own ? own
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(home ?? "/root", ".local", "share"), "nix");
        string file = Path.Combine(data, "trusted-settings.json");
        if (!File.Exists(file))
        {
            return false;
        }

        try
        {
            using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty(name, out System.Text.Json.JsonElement values) || !values.TryGetProperty(value, out System.Text.Json.JsonElement saved))
            {
                return false;
            }

            context.Note($"Using saved setting for '{name} = {value}' from ~/.local/share/nix/trusted-settings.json.");
            return saved.GetBoolean();
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            throw new CliException($"cannot read '{file}': {e.Message}");
        }
    }

    private static FlakeSearcher Searcher(CommandContext context) => new(context.Note, context.Warn);
}
