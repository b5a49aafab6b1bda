using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Firn.Cli.Rendering;
using Firn.Eval.Errors;
using Firn.Eval.Printing;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Commands.Env;

/// <summary>Shows packages in one of the forms of <c>nix-env --query</c>.</summary>
internal abstract class EnvQueryPrinter(NixEnvCall call, EnvQueryOptions options)
{
    protected NixEnvCall Call { get; } = call;

    protected EnvQueryOptions Options { get; } = options;

    protected StoreDir Dir => Call.Store.StoreDir;

    public static EnvQueryPrinter For(NixEnvCall call, EnvQueryOptions options) =>
        options.Json ? new Json(call, options) : options.Xml ? new Xml(call, options) : new Table(call, options);

    /// <summary>Adds a package; nothing of it where this fails.</summary>
    public abstract void Add(EnvQueryItem item);

    /// <summary>Writes what was added.</summary>
    public abstract void Finish();

    /// <summary>The attributes of a package's <c>meta</c>; what has no value that can be shown is told of, and null.</summary>
    protected IEnumerable<(string Name, Value? Value)> Meta(PackageInfo package)
    {
        foreach (string name in package.MetaNames)
        {
            Value? value = package.Meta(name);
            if (value is null)
            {
                Call.Context.Say(LogLevel.Error, $"derivation '{package.Name.Full}' has invalid meta attribute '{name}'");
            }

            yield return (name, value);
        }
    }

    private sealed class Table(NixEnvCall call, EnvQueryOptions options) : EnvQueryPrinter(call, options)
    {
        private readonly List<List<string>> _rows = [];

        public override void Add(EnvQueryItem item)
        {
            PackageInfo package = item.Package;
            List<string> row = [];
            if (Options.Status)
            {
                row.Add((item.IsInstalled ? "I" : "-") + (item.IsValid ? "P" : "-") + (item.IsSubstitutable ? "S" : "-"));
            }

            if (Options.ShowAttrPath)
            {
                row.Add(package.AttrPath);
            }

            if (Options.Name)
            {
                row.Add(package.Name.Full);
            }

            if (Options.CompareVersions)
            {
                string text = $"{item.Comparison.Sign} {item.Comparison.Version}";
                row.Add(item.Comparison.Sign == '<' && !Console.IsOutputRedirected ? $"\e[31;1m{text}\e[0m" : text);
            }

            if (Options.System)
            {
                row.Add(package.System);
            }

            if (Options.DrvPath)
            {
                row.Add(package.DrvPath is StorePath derivation ? Dir.Print(derivation) : "-");
            }

            if (Options.OutPath)
            {
                row.Add(string.Join(';', package.Outputs(withPaths: true).Select(o => (o.Key == "out" ? "" : o.Key + "=") + Dir.Print(o.Value!.Value))));
            }

            if (Options.Description)
            {
                row.Add(package.Description);
            }

            _rows.Add(row);
        }

        public override void Finish() => Call.Context.Write(Encoding.UTF8.GetBytes(ColumnText.Print(_rows)));
    }

    private sealed class Json(NixEnvCall call, EnvQueryOptions options) : EnvQueryPrinter(call, options)
    {
        // By attribute path, in the order of JSON's members.
        private readonly SortedDictionary<string, byte[]> _packages = new(StringComparer.Ordinal);

        public override void Add(EnvQueryItem item)
        {
            PackageInfo package = item.Package;
            ByteBuffer text = new();
            JsonTextWriter json = new(text);
            json.BeginObject();
            Member("name", package.Name.Full);
            Member("pname", package.Name.Name);
            Member("version", package.Name.Version);
            Member("system", package.System);
            Member("outputName", package.OutputName);

            // So much is told of a package whose outputs or meta fail.
            _packages[package.AttrPath] = [.. text.Span, (byte)'}'];
            json.Name("outputs");
            json.BeginObject();
            foreach ((string name, StorePath? path) in package.Outputs(Options.OutPath))
            {
                json.Name(name);
                if (path is StorePath known)
                {
                    json.String(Dir.Print(known));
                }
                else
                {
                    json.Null();
                }
            }

            json.EndObject();
            if (Options.DrvPath && package.DrvPath is StorePath derivation)
            {
                Member("drvPath", Dir.Print(derivation));
            }

            if (Options.Meta)
            {
                json.Name("meta");
                json.BeginObject();
                foreach ((string name, Value? value) in Meta(package))
                {
                    json.Name(name);
                    json.Value(value is null ? "null"u8.ToArray() : JsonPrinter.Print(Call.Session.Evaluator, value, strict: true, copyToStore: true).Bytes);
                }

                json.EndObject();
            }

            json.EndObject();
            _packages[package.AttrPath] = text.ToArray();

            void Member(string name, string value)
            {
                json.Name(name);
                json.String(value);
            }
        }

        public override void Finish()
        {
            ByteBuffer text = new();
            JsonTextWriter json = new(text, indented: true);
            json.BeginObject();
            foreach ((string path, byte[] package) in _packages)
            {
                json.Name(path);
                json.Value(package);
            }

            json.EndObject();
            Call.Context.WriteLine(text.Span);
        }
    }

    private sealed class Xml : EnvQueryPrinter
    {
        private readonly XmlText _xml = new();

        public Xml(NixEnvCall call, EnvQueryOptions options)
            : base(call, options) => _xml.Open("items");

        public override void Add(EnvQueryItem item)
        {
            PackageInfo package = item.Package;
            SortedDictionary<string, string> attributes = new(StringComparer.Ordinal)
            {
                ["attrPath"] = package.AttrPath,
                ["name"] = package.Name.Full,
                ["pname"] = package.Name.Name,
                ["version"] = package.Name.Version,
                ["outputName"] = package.OutputName,
            };
            if (Options.Status)
            {
                attributes["installed"] = item.IsInstalled ? "1" : "0";
                attributes["valid"] = item.IsValid ? "1" : "0";
                attributes["substitutable"] = item.IsSubstitutable ? "1" : "0";
            }

            if (Options.CompareVersions && item.Comparison.Sign != '-')
            {
                attributes["versionDiff"] = item.Comparison.Sign.ToString();
                attributes["maxComparedVersion"] = item.Comparison.Version;
            }

            if (package.System is { Length: > 0 } system)
            {
                attributes["system"] = system;
            }

            if (Options.DrvPath && package.DrvPath is StorePath derivation)
            {
                attributes["drvPath"] = Dir.Print(derivation);
            }

            if (Options.Description && package.Description is { Length: > 0 } description)
            {
                attributes["description"] = description;
            }

            SortedDictionary<string, StorePath?> outputs = package.Outputs(Options.OutPath);
            List<(string Name, Value? Value)> meta = Options.Meta ? [.. Meta(package)] : [];
            _xml.Open("item", [.. attributes.Select(a => XmlAttribute.Of(a.Key, a.Value))]);
            foreach ((string name, StorePath? path) in outputs)
            {
                XmlAttribute output = XmlAttribute.Of("name", name);
                _xml.Empty("output", path is StorePath known ? [output, XmlAttribute.Of("path", Dir.Print(known))] : [output]);
            }

            foreach ((string name, Value? value) in meta)
            {
                AddMeta(name, value);
            }

            _xml.Close();
        }

        private void AddMeta(string name, Value? value)
        {
            XmlAttribute called = XmlAttribute.Of("name", name);
            switch (value)
            {
                case VString text:
                    Plain("string", text.Bytes);
                    break;
                case VInt number:
                    Plain("int", Encoding.UTF8.GetBytes(number.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    break;
                case VFloat number:
                    Plain("float", Encoding.UTF8.GetBytes(FloatText.General(number.Number)));
                    break;
                case VBool truth:
                    Plain("bool", truth.IsTrue ? "true"u8.ToArray() : "false"u8.ToArray());
                    break;
                case VList list:
                    _xml.Open("meta", called, XmlAttribute.Of("type", "strings"));
                    foreach (VString text in list.Items.Select(i => i.Force()).OfType<VString>())
                    {
                        _xml.Empty("string", new XmlAttribute("value", text.Bytes));
                    }

                    _xml.Close();
                    break;
                case VAttrs set:
                    _xml.Open("meta", called, XmlAttribute.Of("type", "strings"));
                    foreach (Attr attr in set.InNameOrder(Call.Session.Evaluator.Symbols))
                    {
                        if (attr.Value.Force() is VString text)
                        {
                            _xml.Empty("string", XmlAttribute.Of("type", Call.Session.Evaluator.Symbols.TextOf(attr.Name)), new XmlAttribute("value", text.Bytes));
                        }
                    }

                    _xml.Close();
                    break;
            }

            void Plain(string type, byte[] text) => _xml.Empty("meta", called, XmlAttribute.Of("type", type), new XmlAttribute("value", text));
        }

        public override void Finish()
        {
            _xml.Close();
            Call.Context.Write(_xml.ToArray());
        }
    }
}
