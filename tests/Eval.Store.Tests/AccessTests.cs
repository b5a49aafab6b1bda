using System.IO;
using Firn.Eval.Errors;
using Firn.Eval.Store.Files;
using Firn.Eval.Values;
using Xunit;

namespace Firn.Eval.Store.Tests;

public sealed class AccessTests
{
    private static Session Restricted(bool pure = false, params string[] uris)
    {
        AccessPolicy access = new(pure, uris);
        Session session = new(access);
        session.Write("open/file", "1");
        session.Write("open/x", "firn");
        session.Write("closed/file", "2");
        File.CreateSymbolicLink(session.Root + "/open/link", "../closed");
        File.CreateSymbolicLink(session.Root + "/way", "open");
        session.Store.Files.Allow(session.Root + "/open");
        return session;
    }

    private static string Forbidden(Session session, string expression)
    {
        EvalError error = Assert.Throws<EvalError>(() => session.Evaluate(expression));
        Assert.Equal(EvalErrorKind.Restricted, error.Kind);
        return error.Message;
    }

    [Fact]
    public void Only_what_was_allowed_is_read()
    {
        using Session session = Restricted();
        Assert.Equal("1", session.Text("builtins.readFile ./open/file"));
        Assert.Equal(1, ((VInt)session.Evaluate("import ./open/file")).Number);
        Assert.Equal($"access to absolute path '{session.Root}/closed/file' is forbidden in restricted mode", Forbidden(session, "builtins.readFile ./closed/file"));
        Assert.Equal($"access to absolute path '{session.Root}/closed/file' is forbidden in restricted mode", Forbidden(session, "import ./closed/file"));
        Assert.Equal($"access to absolute path '{session.Root}/closed' is forbidden in restricted mode", Forbidden(session, "builtins.readDir ./closed"));
        Assert.Same(VBool.False, session.Evaluate("builtins.pathExists ./closed/file"));
    }

    [Fact]
    public void Links_lead_nowhere_else()
    {
        using Session session = Restricted();
        Assert.Equal($"access to absolute path '{session.Root}/closed/file' is forbidden in restricted mode", Forbidden(session, "builtins.readFile ./open/link/file"));
        Assert.Equal($"access to absolute path '{session.Root}/way/file' is forbidden in restricted mode", Forbidden(session, "builtins.readFile ./way/file"));
    }

    [Fact]
    public void Only_what_was_allowed_is_copied()
    {
        using Session session = Restricted();
        string copy = session.Text("\"${./open/x}\"");
        Assert.Equal("firn", session.Text($"builtins.readFile {copy}"));
        Forbidden(session, "\"${./closed/file}\"");
        Forbidden(session, "builtins.path { path = ./closed; }");
        Forbidden(session, "builtins.filterSource (p: t: true) ./open/link");
        Assert.Equal("x", session.Text("builtins.readFile (builtins.toFile \"t\" \"x\")"));
    }

    [Fact]
    public void Only_allowed_addresses_are_fetched()
    {
        using Session session = Restricted(false, "https://a.invalid", "https://b.invalid/sub/");
        Assert.Equal("access to URI 'https://a.invalidated/x' is forbidden in restricted mode", Forbidden(session, "builtins.fetchurl \"https://a.invalidated/x\""));
        Assert.Equal("access to URI 'https://b.invalid/x' is forbidden in restricted mode", Forbidden(session, "builtins.fetchurl \"https://b.invalid/x\""));
        Forbidden(session, $"builtins.fetchurl \"file://{session.Root}/closed/file\"");
        Forbidden(session, $"fetchGit {session.Root}/closed");
        Assert.StartsWith("/nix/store/", session.Text($"builtins.fetchurl \"file://{session.Root}/open/file\""));
    }

    [Fact]
    public void Pure_evaluation_says_so()
    {
        using Session session = Restricted(true);
        Assert.Equal("access to absolute path '/etc/passwd' is forbidden in pure evaluation mode (use '--impure' to override)", Forbidden(session, "builtins.readFile /etc/passwd"));
    }
}
