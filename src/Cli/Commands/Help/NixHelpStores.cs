namespace Firn.Cli.Commands.Help;

/// <summary><c>nix help-stores</c>: which stores there are.</summary>
internal sealed class NixHelpStores : NixCommand
{
    public override string Description => "show help about store types and their settings";

    public override int Run(CommandContext context)
    {
        context.WriteLine("""
            NAME
              nix help-stores - show help about store types and their settings

            DESCRIPTION
              A store is named by a URL. Settings follow as parameters: local?root=/mnt&read-only=true.

              auto                   the local store
              local, local?root=DIR  the store in /nix/store, or under DIR
              DIR                    the same as local?root=DIR; DIR is absolute or begins with ./ or ../
              local-overlay://?root=DIR&lower-store=URL&upper-layer=DIR
                                     a local store on top of another in an overlay file system (experimental)
              dummy://               a store that holds nothing, for evaluation alone

            SETTINGS OF LOCAL STORES
              root       directory that the store, its state and its logs lie under
              store      the store directory as paths name it, /nix/store
              real       where the store directory is in truth
              state      where the database, profiles and roots are
              log        where the logs of builds are
              read-only  whether the store must not be written to
            """);
        return 0;
    }
}
