using System;
using Firn.Syntax.Ast;
using Firn.Syntax.Text;

namespace Firn.Syntax.Parsing;

/// <summary>Entry to the parser.</summary>
public static class NixParser
{
    /// <summary>Parses a whole source as one expression.</summary>
    /// <exception cref="ParseException">The source is not an expression, or nested too deeply.</exception>
    public static SyntaxTree Parse(SourceText source, ParserOptions options) => throw new NotImplementedException();
}
