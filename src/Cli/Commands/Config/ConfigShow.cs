using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Settings;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Cli.Commands.Config;

/// <summary><c>nix config show</c>: the settings and their values.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-config-show</remarks>
internal sealed class ConfigShow : NixCommand
{
    private readonly JsonFlags _json = new();
    private string? _name;

    public ConfigShow()
    {
        _json.Declare(Flags);
        Expect("name", name => _name = name, optional: true, Complete);
    }

    public override string Description => "show the Nix configuration or the value of a specific setting";

    public override int Run(CommandContext context)
    {
        NixSettings settings = context.Settings;
        if (_name is not null)
        {
            if (_json.Json)
            {
                throw CliException.Usage("'--json' is not supported when specifying a setting name");
            }

            SettingDefinition? setting = settings.Find(_name);
            if (setting is null || setting.Name != _name || !settings.IsEnabled(setting))
            {
                throw new CliException($"could not find setting '{_name}'");
            }

            context.WriteLine(SettingText.Show(setting, settings.String(_name)));
        }
        else if (_json.Json)
        {
            ByteBuffer text = new();
            WriteJson(settings, new JsonTextWriter(text, _json.Pretty));
            context.WriteLine(text.Span);
        }
        else
        {
            StringBuilder text = new();
            foreach (SettingDefinition setting in SettingTable.ByName())
            {
                if (settings.IsEnabled(setting) && (setting.IsOfNix || settings.IsSet(setting.Name)))
                {
                    text.Append(setting.Name).Append(" = ").Append(SettingText.Show(setting, settings.String(setting.Name))).Append('\n');
                }
            }

            context.WriteLine(text.ToString());
        }

        return 0;
    }

    private static void WriteJson(NixSettings settings, JsonTextWriter json)
    {
        json.BeginObject();
        foreach (SettingDefinition setting in SettingTable.ByName())
        {
            if (!setting.IsOfNix && !settings.IsSet(setting.Name))
            {
                continue;
            }

            json.Name(setting.Name);
            json.BeginObject();
            json.Name("aliases");
            Words(json, setting.Aliases);
            json.Name("defaultValue");
            WriteValue(json, setting, settings.DefaultOf(setting));
            json.Name("description");
            json.String(setting.Description);
            json.Name("documentDefault");
            json.Bool(!SettingDefaults.DependsOnMachine(setting));
            json.Name("experimentalFeature");
            if (setting.Feature is null)
            {
                json.Null();
            }
            else
            {
                json.String(setting.Feature);
            }

            json.Name("value");
            WriteValue(json, setting, settings.String(setting.Name));
            json.EndObject();
        }

        json.EndObject();
    }

    private static void WriteValue(JsonTextWriter json, SettingDefinition setting, string value)
    {
        switch (setting.Kind)
        {
            case SettingKind.Bool:
                json.Bool(value == "true");
                break;
            case SettingKind.Sandbox when value != "relaxed":
                json.Bool(value == "true");
                break;
            case SettingKind.Int or SettingKind.SignedInt or SettingKind.MaxJobs:
                json.Number(long.Parse(value, CultureInfo.InvariantCulture));
                break;
            case SettingKind.OptionalPath when value.Length == 0:
                json.Null();
                break;
            case SettingKind.List or SettingKind.Set or SettingKind.Features or SettingKind.Paths or SettingKind.PathSet
                or SettingKind.StoreUrls or SettingKind.StoreUrlSet:
                Words(json, SettingText.Words(value));
                break;
            case SettingKind.Json:
                json.Value(Encoding.UTF8.GetBytes(value));
                break;
            case SettingKind.Map:
                json.BeginObject();
                foreach (string word in SettingText.Words(value))
                {
                    int equals = word.IndexOf('=', System.StringComparison.Ordinal);
                    json.Name(word[..equals]);
                    json.String(word[(equals + 1)..]);
                }

                json.EndObject();
                break;
            case SettingKind.PathMap:
                json.BeginObject();
                foreach (string word in SettingText.Words(value))
                {
                    (string inside, string outside, bool optional) = SettingText.SandboxPath(word);
                    json.Name(inside);
                    json.BeginObject();
                    json.Name("optional");
                    json.Bool(optional);
                    json.Name("source");
                    json.String(outside);
                    json.EndObject();
                }

                json.EndObject();
                break;
            case SettingKind.StoreUrl:
                json.String(SettingText.Show(setting, value));
                break;
            case SettingKind.String or SettingKind.Path or SettingKind.AnyPath or SettingKind.OptionalPath or SettingKind.Sandbox or SettingKind.Lint or SettingKind.EvalProfiler:
                json.String(value);
                break;
        }
    }

    private static void Words(JsonTextWriter json, IEnumerable<string> words)
    {
        json.BeginArray();
        foreach (string word in words)
        {
            json.String(word);
        }

        json.EndArray();
    }

    private static void Complete(Completions completions, int index, string prefix)
    {
        foreach (SettingDefinition setting in SettingTable.ByName())
        {
            if (setting.Name.StartsWith(prefix, System.StringComparison.Ordinal))
            {
                completions.Add(setting.Name, setting.Description);
            }
        }
    }
}
