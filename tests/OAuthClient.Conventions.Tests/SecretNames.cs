using System.Reflection;

namespace OAuthClient.Conventions.Tests;

internal static class SecretNames
{
    private static readonly string[] SecretWords = ["TOKEN", "TOKENS", "SECRET", "SECRETS", "VERIFIER", "CODE", "CODES", "PASSWORD"];

    // Words run together, as in "clientsecret", have no borders to find.
    private static readonly string[] SecretEndings = ["TOKEN", "SECRET", "VERIFIER"];

    // The last word says what is named: something about the secret, which is no secret itself.
    private static readonly string[] AboutSecrets =
    [
        "ENDPOINT",
        "TYPE",
        "HINT",
        "METHOD",
        "METHODS",
        "CHALLENGE",
        "NAME",
        "URI",
        "SUPPORTED",
        "ALGORITHM",
        "ALG",
        "LIFETIME",
    ];

    private static readonly Dictionary<string, string> Allowed = new(StringComparer.Ordinal)
    {
        ["AddressClaim.PostalCode"] = "a code of the post's",
        ["OAuthClientOptions.ClientSecret"] = "people bind options from configuration, which fills strings only; options never print",
        ["DynamicRegistrationOptions.InitialAccessToken"] = "options, as above; they never print",
    };

    public static IEnumerable<string> Breaches(IEnumerable<Type> types) =>
        from type in types
        from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where SoundsSecret(property.Name) && IsPlain(property.PropertyType) && !Allowed.ContainsKey($"{type.Name}.{property.Name}")
        select $"{type.Name}.{property.Name} is a {property.PropertyType.Name}";

    public static bool SoundsSecret(string name)
    {
        var words = Words.Of(name);
        return words.Length > 0
            && !AboutSecrets.Contains(words[^1], StringComparer.Ordinal)
            && words.Any(word =>
                SecretWords.Contains(word, StringComparer.Ordinal)
                || SecretEndings.Any(ending => word.EndsWith(ending, StringComparison.Ordinal))
            );
    }

    private static bool IsPlain(Type type) =>
        type == typeof(string)
        || type == typeof(byte[])
        || type == typeof(char[])
        || (
            type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>) || type.GetGenericTypeDefinition() == typeof(Memory<>))
        );
}
