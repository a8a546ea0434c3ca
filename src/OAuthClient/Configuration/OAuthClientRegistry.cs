using System.Globalization;

namespace OAuthClient;

/// <summary>The names of all clients of one service collection. Some rules compare the clients with each other.</summary>
internal sealed class OAuthClientRegistry
{
    private readonly HashSet<string> names = new();

    public IReadOnlyCollection<string> Names => names;

    public bool Add(string name) => names.Add(name);

    /// <summary>Gets the name of the client to use where none is named: the unnamed client, or the only one.</summary>
    /// <param name="instruction">The instruction for the exception, with {0} in place of a client's name.</param>
    /// <exception cref="InvalidOperationException">There are several clients, and all have names.</exception>
    public string ResolveDefault(string instruction) =>
        names.Contains("") ? ""
        : names.Count == 1 ? names.Single()
        : throw new InvalidOperationException(
            $"There are several OAuth clients ({string.Join(", ", names.Order(StringComparer.Ordinal))}), so name the one to use: "
                + string.Format(CultureInfo.InvariantCulture, instruction, names.Order(StringComparer.Ordinal).First())
                + "."
        );

    /// <summary>Describes a key for which no service is registered, and names the clients.</summary>
    /// <param name="key">The key.</param>
    /// <param name="service">The name of the service.</param>
    public string DescribeUnknown(object? key, string service) =>
        key is string name && names.Contains(name)
            ? $"The OAuth client '{name}' has no {service}; only a client with RegisterDynamically has one."
            : $"There is no OAuth client '{key}' whose {service} could be injected ([FromKeyedServices]). Registered are "
                + $"{string.Join(", ", names.Order(StringComparer.Ordinal).Select(Quote))}; names are case-sensitive.";

    private static string Quote(string name) => name.Length == 0 ? "the client without a name (without a key)" : $"'{name}'";
}
