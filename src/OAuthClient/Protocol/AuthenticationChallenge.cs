using System.Text;

namespace OAuthClient;

/// <summary>Reads the challenges of a response (<c>WWW-Authenticate</c>, RFC 9110 §11.6.1).</summary>
internal static class AuthenticationChallenge
{
    /// <summary>Determines whether a response has a challenge of any scheme, also a malformed one.</summary>
    public static bool IsIn(HttpResponseMessage response) => response.Headers.NonValidated.Contains("WWW-Authenticate");

    /// <summary>Finds the parameters of each challenge of a scheme.</summary>
    public static IEnumerable<Dictionary<string, string>> FindAll(HttpResponseMessage response, TokenScheme scheme) =>
        from challenge in response.Headers.WwwAuthenticate
        where scheme.IsNamed(challenge.Scheme)
        select Read(challenge.Parameter ?? "");

    /// <summary>Finds the error code of each challenge of a scheme; <see langword="null"/> for a challenge without an error.</summary>
    public static IEnumerable<string?> FindErrors(HttpResponseMessage response, TokenScheme scheme) =>
        FindAll(response, scheme).Select(parameters => parameters.GetValueOrDefault(ParameterNames.Error));

    // RFC 9110 §5.6.4, §11.2: commas separate the parameters, except within quotes, where a backslash escapes the next character.
    private static Dictionary<string, string> Read(string parameters)
    {
        var read = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var text = new StringBuilder();
        string name = "";
        bool quoted = false;
        for (int i = 0; i < parameters.Length; i++)
        {
            char one = parameters[i];
            if (one == '"')
                quoted = !quoted;
            else if (quoted)
                text.Append(one == '\\' && i + 1 < parameters.Length ? parameters[++i] : one);
            else if (one == ',')
                Add();
            else if (one == '=' && name.Length == 0)
                name = Take();
            else
                text.Append(one);
        }
        Add();
        return read;

        // RFC 6750 §3: no parameter occurs twice. If one does, the first is used.
        void Add()
        {
            read.TryAdd(name, Take());
            name = "";
        }

        string Take()
        {
            string taken = text.ToString().Trim();
            text.Clear();
            return taken;
        }
    }
}
