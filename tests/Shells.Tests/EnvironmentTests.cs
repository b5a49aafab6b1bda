using System;
using System.Collections.Generic;
using System.Text;
using Xunit;

namespace Firn.Shells.Tests;

/// <summary>What programs get of the caller's environment.</summary>
public sealed class EnvironmentTests
{
    private static ShellVariables Caller => ShellVariables.Parse("A=1\0B=x=y\0A=2\0=odd\0noequals\0C=\xff\0"u8);

    [Fact]
    public void The_kernels_form_is_read_as_getenv_reads_it()
    {
        Assert.Equal("1", Caller.Get("A"));
        Assert.Equal("x=y", Caller.Get("B"));
        Assert.Null(Caller.Get("noequals"));
        Assert.Equal(["A=1", "B=x=y"], Items(Caller)[..2]);
    }

    [Fact]
    public void Bytes_that_are_no_text_stay()
    {
        ShellVariables variables = ShellVariables.Parse([.. "X=a"u8, 0xff, 0xfe, 0]);
        Assert.Equal([(byte)'X', (byte)'=', (byte)'a', 0xff, 0xfe], variables.Items()[0]);
    }

    [Fact]
    public void Only_what_is_kept_or_set_is_left_where_the_caller_is_ignored()
    {
        EnvironmentChanges changes = new() { IgnoresCaller = true };
        changes.Keep("B");
        changes.Keep("B");
        changes.Set("D", "new");
        ShellVariables variables = Caller;
        changes.Apply(variables);
        Assert.Equal(["B=x=y", "D=new"], Items(variables));
    }

    [Fact]
    public void What_is_unset_is_gone()
    {
        EnvironmentChanges changes = new();
        changes.Unset("A");
        changes.Unset("C");
        ShellVariables variables = Caller;
        changes.Apply(variables);
        Assert.Equal(["B=x=y"], Items(variables));
    }

    [Fact]
    public void Contradictions_are_refused()
    {
        EnvironmentChanges set = new();
        set.Set("A", "1");
        Assert.Contains("ambiguous", Assert.Throws<ShellException>(() => set.Set("A", "1")).Message, StringComparison.Ordinal);
        Assert.Contains("Cannot unset", Assert.Throws<ShellException>(() => set.Unset("A")).Message, StringComparison.Ordinal);
        EnvironmentChanges unset = new();
        unset.Unset("A");
        Assert.Contains("Cannot set", Assert.Throws<ShellException>(() => unset.Set("A", "1")).Message, StringComparison.Ordinal);
        unset.IgnoresCaller = true;
        Assert.Contains("--unset-env-var does not make sense", Assert.Throws<ShellException>(() => unset.Apply(Caller)).Message, StringComparison.Ordinal);
        EnvironmentChanges keep = new();
        keep.Keep("A");
        Assert.Contains("--keep-env-var does not make sense", Assert.Throws<ShellException>(() => keep.Apply(Caller)).Message, StringComparison.Ordinal);
    }

    private static List<string> Items(ShellVariables variables)
    {
        List<string> items = [];
        foreach (byte[] item in variables.Items())
        {
            items.Add(Encoding.UTF8.GetString(item));
        }

        return items;
    }
}
