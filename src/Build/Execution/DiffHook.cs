using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Firn.Build.Events;
using Firn.Formats.StorePaths;
using Firn.Sandbox;

namespace Firn.Build.Execution;

/// <summary>The program of the administrator's that shows how two outputs of one derivation differ.</summary>
/// <remarks>Nix manual, advanced-topics/diff-hook</remarks>
internal static class DiffHook
{
    /// <summary>
    /// Runs it as the user that made the outputs, for they may hold anything, and shows what it says. That it fails is
    /// told and has no further consequence.
    /// </summary>
    /// <param name="before">The registered output.</param>
    /// <param name="after">The other one.</param>
    /// <param name="work">The directory that the builder worked in.</param>
    /// <param name="user">The user of the build, or null for the caller.</param>
    /// <param name="cancel">Ends the program.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static void Run(BuildContext context, string before, string after, StorePath derivation, string work, BuildUser? user, CancellationToken cancel)
    {
        string name = context.Settings.DiffHook;
        BuildRequest request = new()
        {
            Program = Find(context, name),
            Arguments = [.. new[] { name, before, after, context.Store.Infos.StoreDir.Print(derivation), work }.Select(Encoding.UTF8.GetBytes)],
            Environment = [.. Variables()],
            WorkingDirectory = "/",
            Identity = user is null ? null : new BuildIdentity(user.Uid, user.Gid, user.Uid, user.Gid),
            NoNewPrivileges = false,
            Filter = SystemCallFilter.None,
        };
        MemoryStream said = new();
        BuildExit exit;
        CancellationTokenRegistration registration = default;
        try
        {
            exit = RunningBuild.Run(context.Launcher(), request, said.Write, running => registration = cancel.Register(running.Cancel));
        }
        catch (SandboxException e)
        {
            exit = new BuildExit(BuildEnd.NotStarted, 0, e.Message, TimeSpan.Zero, TimeSpan.Zero);
        }
        finally
        {
            registration.Dispose();
        }

        cancel.ThrowIfCancellationRequested();

        string text = Encoding.UTF8.GetString(said.ToArray()).TrimEnd('\n');
        if (text.Length > 0)
        {
            context.Events.Post(new BuildEvent.Note(text));
        }

        if (exit.Succeeded)
        {
            return;
        }

        string how = exit.End switch
        {
            BuildEnd.Exited => $"diff-hook program \"{name}\" failed with exit code {exit.Code}",
            BuildEnd.Signaled => $"diff-hook program \"{name}\" failed due to signal {exit.Code} ({Posix.SignalName(exit.Code)})",
            _ => exit.Message!,
        };
        context.Events.Post(new BuildEvent.Error($"diff hook execution failed: {how}"));
    }

    /// <summary>The program where the directories of <c>PATH</c> have it.</summary>
    private static string Find(BuildContext context, string name) =>
        name.Contains('/', StringComparison.Ordinal) ? name
        : (context.Environment("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists) ?? name;

    private static IEnumerable<byte[]> Variables()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            yield return Encoding.UTF8.GetBytes($"{variable.Key}={variable.Value}");
        }
    }
}
