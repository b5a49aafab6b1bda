namespace Firn.Cli;

internal static class Program
{
    private static int Main(string[] args)
    {
        System.Console.Out.WriteLine("nix (Nix) 2.34.8");
        return 0;
    }
}
