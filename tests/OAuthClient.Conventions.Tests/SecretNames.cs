using System.Reflection;

namespace OAuthClient.Conventions.Tests;

internal static class SecretNames
{
    private static readonly string[] SecretWords = ["TOKEN", "TOKENS", "SECRET", "SECRETS", "VERIFIER", "CODE", "CODES", "PASSWORD"];

    // Lowercase words, as in "clientsecret", cannot be split.
    private static readonly string[] SecretEndings = ["TOKEN", "SECRET", "VERIFIER"];

    // The last word determines the meaning: an attribute of a secret is not a secret.
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
        ["AddressClaim.PostalCode"] = "a postal code",
        ["PendingDeviceAuthorization.UserCode"] = "the application shows it to the user (RFC 8628 §3.3)",
        ["OAuthClientOptions.ClientSecret"] = "options are bound from configuration, which sets only strings; options are never printed",
        ["DynamicRegistrationOptions.InitialAccessToken"] = "options, as above; they are never printed",
    };

    public static IEnumerable<string> Breaches(IEnumerable<Type> types) =>
        from type in types
        from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where IsSecretName(property.Name) && IsPlain(property.PropertyType) && !Allowed.ContainsKey($"{type.Name}.{property.Name}")
        select $"{type.Name}.{property.Name} is a {property.PropertyType.Name}";

    public static bool IsSecretName(string name)
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
