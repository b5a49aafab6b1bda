namespace Firn.Cli.Repl;

/// <summary>What <c>:?</c> shows.</summary>
internal static class ReplHelp
{
    public const string Text = """
        The following commands are available:

          <expr>                       Evaluate and print expression
          <x> = <expr>                 Bind expression to variable
          :a, :add <expr>              Add attributes from resulting set to scope
          :b <expr>                    Build a derivation
          :bl <expr>                   Build a derivation, creating GC roots in the
                                       working directory
          :e, :edit <expr>             Open package or function in $EDITOR
          :i <expr>                    Build derivation, then install result into
                                       current profile
          :l, :load <path>             Load Nix expression and add it to scope
          :lf, :load-flake <ref>       Load Nix flake and add it to scope
          :ll, :last-loaded            Show most recently loaded variables added to scope
          :p, :print <expr>            Evaluate and print expression recursively
                                       Strings are printed directly, without escaping.
          :q, :quit                    Exit nix-repl
          :r, :reload                  Reload all files
          :sh <expr>                   Build dependencies of derivation, then start
                                       nix-shell
          :t <expr>                    Describe result of evaluation
          :u <expr>                    Build derivation, then start nix-shell
          :doc <expr>                  Show documentation of a builtin function
          :log <expr>                  Show logs for a derivation
          :te, :trace-enable [bool]    Enable, disable or toggle showing traces for
                                       errors
          :?, :help                    Brings up this help menu

        """;

    /// <summary>What it shows beyond that when the conversation is about a stop of a debugger.</summary>
    public const string DebuggerText = """

                Debug mode commands
          :env             Show env stack
          :bt, :backtrace  Show trace stack
          :st              Show current trace
          :st <idx>        Change to another trace in the stack
          :c, :continue    Go until end of program, exception, or builtins.break
          :s, :step        Go one step

        """;
}
