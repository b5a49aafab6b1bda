namespace Firn.Formats.Logging;

/// <summary>How urgent a message is. The numbers are those of the log format and of the worker protocol.</summary>
public enum Verbosity
{
    Error = 0,
    Warning = 1,
    Notice = 2,
    Info = 3,
    Talkative = 4,
    Chatty = 5,
    Debug = 6,
    Vomit = 7,
}
