using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading;

namespace Firn.Fuzz.Tests;

/// <summary>Runs many cases on a deep stack and reports one that fails or does not end.</summary>
internal static class Watch
{
    private const int StackSize = 512 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Runs a check on each case.</summary>
    /// <exception cref="InvalidOperationException">The check of a case threw, or took too long; the message has the case.</exception>
    public static void Run(IEnumerable<byte[]> cases, Action<byte[]> check)
    {
        byte[] current = [];
        long started = Stopwatch.GetTimestamp();
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    foreach (byte[] next in cases)
                    {
                        current = next;
                        Volatile.Write(ref started, Stopwatch.GetTimestamp());
                        check(next);
                    }
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(new InvalidOperationException(Show(current), e));
                }
            },
            StackSize)
        { IsBackground = true };
        thread.Start();
        while (!thread.Join(TimeSpan.FromSeconds(1)))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref started)) > s_limit)
            {
                throw new InvalidOperationException("does not end: " + Show(current));
            }
        }

        failure?.Throw();
    }

    private static string Show(byte[] input) => $"{Encoding.UTF8.GetString(input)}\n{Convert.ToBase64String(input)}";
}
