using System;

namespace Firn.Formats;

/// <summary>Bytes or text that do not follow their format. The message is what a user is shown.</summary>
public class FormatsException(string message) : Exception(message);

/// <summary>A hash in text form that is malformed, of the wrong length or of the wrong type.</summary>
public sealed class BadHashException(string message) : FormatsException(message);

/// <summary>A word where one of a few is expected; commands add a hint at their help to it.</summary>
public sealed class UnknownWordException(string message) : FormatsException(message);

/// <summary>Text that is no store path, or a name that none may have.</summary>
public sealed class BadStorePathException(string message) : FormatsException(message);

/// <summary>A NAR or another length-prefixed stream that is malformed.</summary>
public class SerialisationException(string message) : FormatsException(message);

/// <summary>Input that ends before its format does.</summary>
public sealed class UnexpectedEndException(string message) : SerialisationException(message);
