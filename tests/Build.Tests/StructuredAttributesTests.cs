using System.Text;
using Firn.Build.Preparation;
using Xunit;

namespace Firn.Build.Tests;

/// <summary>What bash sees of structured attributes.</summary>
public sealed class StructuredAttributesTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("-4", "-4")]
    [InlineData("2147483648", "-2147483648")]
    [InlineData("9223372036854775807", "-1")]
    [InlineData("4294967301", "5")]
    [InlineData("18446744073709551615", "-1")]
    [InlineData("2.0", "2")]
    [InlineData("16777217.5", "16777217")]
    [InlineData("1e-50", "0")]
    [InlineData("1.0e+30", "-2147483648")]
    [InlineData("true", "1")]
    [InlineData("false", "")]
    [InlineData("null", "''")]
    [InlineData("\"it's\"", "'it'\\''s'")]
    public void A_simple_value_is_declared_as_real_Nix_does(string json, string shell) =>
        Assert.Equal($"declare x={shell}\n", Encoding.UTF8.GetString(StructuredAttributes.Shell(Encoding.UTF8.GetBytes($"{{\"x\":{json}}}"))));

    [Theory]
    [InlineData("0.1")]
    [InlineData("[1,0.5]")]
    [InlineData("[[1]]")]
    [InlineData("{\"a\":{}}")]
    public void What_has_no_form_is_left_out(string json) =>
        Assert.Equal("", Encoding.UTF8.GetString(StructuredAttributes.Shell(Encoding.UTF8.GetBytes($"{{\"x\":{json},\"odd name\":1,\"1a\":1}}"))));
}
