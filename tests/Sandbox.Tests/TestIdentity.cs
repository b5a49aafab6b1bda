using System.IO;
using System.Linq;

namespace Firn.Sandbox.Tests;

/// <summary>Who runs the tests: root in continuous integration, anybody elsewhere.</summary>
internal static class TestIdentity
{
    public static int Uid => Of("Uid:");

    public static int Gid => Of("Gid:");

    private static int Of(string field) => int.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, System.StringComparison.Ordinal)).Split('\t')[1],
        System.Globalization.CultureInfo.InvariantCulture);
}
