using System;

namespace Firn.Cli;

/// <summary>Ends a command whose arguments have said all that is to be done, such as <c>--version</c>.</summary>
internal sealed class CommandDoneException : Exception;
