namespace Firn.Cli;

/// <summary>How much is said on the standard error; a message is shown where its level is at most the verbosity.</summary>
internal static class LogLevel
{
    public const int Error = 0;
    public const int Warn = 1;
    public const int Notice = 2;
    public const int Info = 3;
    public const int Talkative = 4;
    public const int Chatty = 5;
    public const int Debug = 6;
    public const int Vomit = 7;
}
