namespace Firn.Cli.Commands;

/// <summary>Old names of commands of <c>nix</c>.</summary>
internal static class CommandAliases
{
    /// <summary>The words that stand for the name now, and whether using it is frowned upon.</summary>
    public static (string[] Words, bool Deprecated)? Find(string name) => name switch
    {
        "shell" => (["env", "shell"], false),
        "add-to-store" => (["store", "add-path"], true),
        "cat-nar" => (["nar", "cat"], true),
        "cat-store" => (["store", "cat"], true),
        "copy-sigs" => (["store", "copy-sigs"], true),
        "dev-shell" => (["develop"], true),
        "diff-closures" => (["store", "diff-closures"], true),
        "doctor" => (["config", "check"], true),
        "dump-path" => (["store", "dump-path"], true),
        "hash-file" => (["hash", "file"], true),
        "hash-path" => (["hash", "path"], true),
        "ls-nar" => (["nar", "ls"], true),
        "ls-store" => (["store", "ls"], true),
        "make-content-addressable" => (["store", "make-content-addressed"], true),
        "optimise-store" => (["store", "optimise"], true),
        "ping-store" => (["store", "info"], true),
        "show-config" => (["config", "show"], true),
        "show-derivation" => (["derivation", "show"], true),
        "sign-paths" => (["store", "sign"], true),
        "to-base16" => (["hash", "to-base16"], true),
        "to-base32" => (["hash", "to-base32"], true),
        "to-base64" => (["hash", "to-base64"], true),
        "verify" => (["store", "verify"], true),
        _ => null,
    };
}
