using System.Text;

namespace Firn.Eval.Errors;

/// <summary>Text with terminal escapes.</summary>
public static class AnsiText
{
    /// <summary>The text without its escape sequences.</summary>
    public static string Strip(string text)
    {
        if (!text.Contains('\e'))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e' && i + 1 < text.Length && text[i + 1] == '[')
            {
                i += 2;
                while (i < text.Length && text[i] is < '@' or > '~')
                {
                    i++;
                }

                continue;
            }

            plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
