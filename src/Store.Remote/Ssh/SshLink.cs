using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Threading;
using Firn.Store.Remote.Client;
using Microsoft.Win32.SafeHandles;

namespace Firn.Store.Remote.Ssh;

/// <summary>Connections to a program on another machine, by ssh.</summary>
public static partial class SshLink
{
    private const string Started = "started";

    private const short CanRead = 1;

    // Others may hold its standard error long after its end, such as a connection that is shared.
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    /// <summary>Starts a program there, whose standard streams are the connection. Its errors go where ours do.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="StoreException">ssh cannot be started, or does not get there.</exception>
    public static StoreLink Start(SshHost host, IReadOnlyList<string> command)
    {
        string? knownHosts = host.WriteKnownHosts();
        bool connected = false;
        Process? process = null;
        Thread? errors = null;
        try
        {
            IReadOnlyList<string> words = host.CommandLine(command, knownHosts);
            var start = new ProcessStartInfo(words[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = host.Errors is not null };
            for (int i = 1; i < words.Count; i++) start.ArgumentList.Add(words[i]);
            // ssh runs the local command with the user's shell, which may be anything.
            start.Environment["SHELL"] = "/bin/sh";
            try
            {
                process = Process.Start(start)!;
            }
            catch (Win32Exception e)
            {
                throw new StoreException($"unable to execute '{words[0]}': {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
            }
            if (host.Errors is { } open) errors = Pump(process.StandardError.BaseStream, open());
            Stream from = process.StandardOutput.BaseStream, to = process.StandardInput.BaseStream;
            if (!host.IsThisMachine && ReadLine(from) != Started) throw new StoreException($"failed to start SSH connection to '{host.Name}'");
            connected = true;
            return new StoreLink(from, to, () => HasData(from), () => End(process, errors, knownHosts));
        }
        finally
        {
            if (!connected) End(process, errors, knownHosts);
        }
    }

    // What is said goes on as it comes.
    private static Thread Pump(Stream from, Stream to)
    {
        var thread = new Thread(() =>
        {
            try
            {
                using (to) from.CopyTo(to, 4096);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // Nobody listens any more.
            }
        })
        { IsBackground = true, Name = "ssh" };
        thread.Start();
        return thread;
    }

    // A byte at a time, since what follows is not ours to take.
    private static string ReadLine(Stream from)
    {
        var line = new System.Text.StringBuilder();
        for (int c; (c = from.ReadByte()) is not (-1 or '\n');) line.Append((char)c);
        return line.ToString();
    }

    // The other side ends when nothing more comes.
    private static void End(Process? process, Thread? errors, string? knownHosts)
    {
        if (process is not null)
        {
            try
            {
                process.StandardInput.BaseStream.Dispose();
            }
            catch (IOException)
            {
                // What it did not take any more was for nobody.
            }
            process.StandardOutput.BaseStream.Dispose();
            process.WaitForExit();
            errors?.Join(s_lastWords);
            process.Dispose();
        }
        if (knownHosts is not null) Directory.Delete(Path.GetDirectoryName(knownHosts)!, recursive: true);
    }

    private static bool HasData(Stream from)
    {
        SafeHandle handle = from switch
        {
            PipeStream pipe => pipe.SafePipeHandle,
            FileStream file => file.SafeFileHandle,
            _ => throw new UnreachableException($"the output of a process is a {from.GetType()}"),
        };
        var descriptor = new PollDescriptor { Descriptor = (int)handle.DangerousGetHandle(), Events = CanRead };
        return poll(ref descriptor, 1, 0) > 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    // poll(2)
    [LibraryImport("libc.so.6", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptors, nuint count, int timeout);
}
