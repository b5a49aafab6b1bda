using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Sandbox;
using Firn.Shells;
using Firn.Store;

namespace Firn.Cli.Processes;

/// <summary>Has another program go on in the place of this process.</summary>
internal static partial class ProgramReplacement
{
    private const int Default = 0, SetMask = 2, Pipe = 13, SignalSetSize = 128, NotFound = 2, NoAccess = 13;

    private const nuint Linux32 = 8;

    /// <summary>The environment that this process was started with, as bytes.</summary>
    public static ShellVariables Environment() => ShellVariables.Parse(File.ReadAllBytes("/proc/self/environ"));

    /// <summary>Becomes a program that sees a store in its usual place; comes back only to throw.</summary>
    /// <param name="system">The kind of machine that the program is to see, or null for what it is.</param>
    /// <exception cref="CliException">It cannot be run, or the store is elsewhere.</exception>
    [DoesNotReturn]
    public static void Become(CommandContext context, IStore store, string program, IReadOnlyList<string> arguments, ShellVariables variables, bool lookUp, string? system = null)
    {
        ILocalFsStore local = store as ILocalFsStore
            ?? throw new CliException($"store '{store.Reference.Render(withParameters: false)}' is not a local store so it does not support command execution");
        if (system == "i686-linux" && RuntimeInformation.OSArchitecture == Architecture.X64)
        {
            _ = personality(Linux32);
        }

        string failure = $"unable to execute '{program}'";
        if (local.RealStoreDir == local.StoreDir.Path)
        {
            Become(context, program, arguments, variables, lookUp, failure);
        }

        // Another root is entered by a process with one thread, which this is not.
        string launcher = Launcher.Find(System.Environment.GetEnvironmentVariable, System.Environment.ProcessPath);
        Become(
            context,
            launcher,
            [launcher, "enter", local.StoreDir.Path, local.RealStoreDir, program, .. arguments],
            variables,
            lookUp: false,
            failure);
    }

    /// <summary>Becomes a program; comes back only to throw.</summary>
    /// <param name="program">A path, or with <paramref name="lookUp"/> a name for the PATH of <paramref name="variables"/>.</param>
    /// <param name="arguments">The name it is to be known by first.</param>
    /// <param name="failure">What is said where it cannot be run, before the reason.</param>
    /// <exception cref="CliException">It cannot be run.</exception>
    [DoesNotReturn]
    public static void Become(CommandContext context, string program, IReadOnlyList<string> arguments, ShellVariables variables, bool lookUp, string failure)
    {
        context.UsedLog?.Finish();
        context.UsedLog?.End();
        context.Out.Flush();
        context.EvaluationStore?.Dispose();
        RestoreSignals();
        int error = Execute(program, arguments, variables, lookUp);
        throw new CliException($"{failure}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static int Execute(string program, IReadOnlyList<string> arguments, ShellVariables variables, bool lookUp)
    {
        if (!lookUp || program.Contains('/'))
        {
            return Execute(program, arguments, variables);
        }

        int error = NotFound;
        foreach (string directory in (variables.Get("PATH") ?? "/bin:/usr/bin").Split(':'))
        {
            int its = Execute(directory.Length == 0 ? program : directory + "/" + program, arguments, variables);
            if (its == NoAccess)
            {
                error = its;
            }
        }

        return error;
    }

    private static unsafe int Execute(string path, IReadOnlyList<string> arguments, ShellVariables variables)
    {
        List<byte[]> words = [];
        foreach (string argument in arguments)
        {
            words.Add(Encoding.UTF8.GetBytes(argument));
        }

        byte** argv = Vector(words), envp = Vector(variables.Items());
        _ = execve(path, argv, envp);
        int error = Marshal.GetLastPInvokeError();
        Free(argv);
        Free(envp);
        return error;
    }

    private static unsafe byte** Vector(IReadOnlyList<byte[]> items)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)items.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < items.Count; i++)
        {
            vector[i] = (byte*)NativeMemory.AllocZeroed((nuint)items[i].Length + 1);
            items[i].CopyTo(new Span<byte>(vector[i], items[i].Length));
        }

        return vector;
    }

    private static unsafe void Free(byte** vector)
    {
        for (int i = 0; vector[i] is not null; i++)
        {
            NativeMemory.Free(vector[i]);
        }

        NativeMemory.Free(vector);
    }

    // Handlers do not survive, but what is ignored or blocked stays so in the program.
    private static unsafe void RestoreSignals()
    {
        _ = signal(Pipe, Default);
        byte* none = stackalloc byte[SignalSetSize];
        new Span<byte>(none, SignalSetSize).Clear();
        _ = sigprocmask(SetMask, none, null);
    }

    // personality(2)
    [LibraryImport("libc.so.6")]
    private static partial int personality(nuint persona);

    // execve(2)
    [LibraryImport("libc.so.6", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int execve(string path, byte** argv, byte** envp);

    // signal(2)
    [LibraryImport("libc.so.6")]
    private static partial nint signal(int number, nint handler);

    // sigprocmask(2)
    [LibraryImport("libc.so.6")]
    private static unsafe partial int sigprocmask(int how, byte* set, byte* old);
}
