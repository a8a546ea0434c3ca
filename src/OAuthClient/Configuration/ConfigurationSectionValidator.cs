using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Validates a configuration section before it is bound, because the binder ignores most mistakes.</summary>
internal static class ConfigurationSectionValidator
{
    private static readonly Dictionary<string, PropertyInfo> Options = PropertiesOf(typeof(OAuthClientOptions).GetProperties());
    private static readonly Dictionary<Type, Dictionary<string, PropertyInfo>> Nested = new()
    {
        [typeof(ServerAdaptationOptions)] = PropertiesOf(typeof(ServerAdaptationOptions).GetProperties()),
        [typeof(ClientAssertionOptions)] = PropertiesOf(typeof(ClientAssertionOptions).GetProperties()),
    };

    /// <exception cref="OptionsValidationException">A key is unknown, a list has a single value, or the section is empty.</exception>
    public static void Validate(string name, IConfiguration configuration)
    {
        var failures = Failures(configuration).ToList();
        if (failures.Count > 0)
        {
            ClientDisplayName subject = name;
            throw new OptionsValidationException(name, typeof(OAuthClientOptions), failures.Select(failure => $"{subject}: {failure}"));
        }
    }

    private static IEnumerable<string> Failures(IConfiguration configuration)
    {
        string prefix = configuration is IConfigurationSection section ? section.Path + ":" : "";
        var children = configuration.GetChildren().ToList();
        if (children.Count == 0)
            yield return $"the configuration{(prefix.Length > 0 ? $" section '{prefix.TrimEnd(':')}'" : "")} is empty or missing; "
                + "set ClientId, Issuer and the other options there.";
        foreach (string failure in Failures(children, Options, prefix))
            yield return failure;
    }

    private static IEnumerable<string> Failures(
        IEnumerable<IConfigurationSection> children,
        Dictionary<string, PropertyInfo> options,
        string prefix
    )
    {
        foreach (var child in children)
        {
            if (!options.TryGetValue(child.Key, out var option))
            {
                string nearest = options.Keys.MinBy(known => Distance(known, child.Key))!;
                yield return $"{prefix}{child.Key} is no option"
                    + (
                        Distance(nearest, child.Key) <= 3
                            ? $"; did you mean {nearest}?"
                            : $". There are {string.Join(", ", options.Keys.Order(StringComparer.Ordinal))}."
                    );
            }
            else if (Nested.TryGetValue(option.PropertyType, out var nested))
            {
                if (!string.IsNullOrEmpty(child.Value))
                    yield return $"{prefix}{child.Key} must be an object with the options of {option.PropertyType.Name}, such as "
                        + $"\"{child.Key}\": {{\"{nested.Keys.First()}\": …}}; a single value is not read.";
                foreach (string failure in Failures(child.GetChildren(), nested, $"{prefix}{child.Key}:"))
                    yield return failure;
            }
            else if (option.PropertyType == typeof(IDictionary<string, string>))
            {
                if (FindDictionaryFailure(child) is { } failure)
                    yield return $"{prefix}{child.Key} {failure}";
            }
            else if (option.PropertyType == typeof(string) && child.GetChildren().Any())
            {
                yield return $"{prefix}{child.Key} must be one text, and is an object or a list, which the binder ignores; "
                    + (
                        option.Name == nameof(OAuthClientOptions.AuthorizationDetails)
                            ? $"write the JSON as a text, for example \"{child.Key}\": \"[{{\\\"type\\\":\\\"payment_initiation\\\"}}]\"."
                            : $"for example \"{child.Key}\": \"text\"."
                    );
            }
            else if (IsList(option.PropertyType) && !string.IsNullOrEmpty(child.Value))
            {
                yield return $"{prefix}{child.Key} must be a list, for example \"{child.Key}\": [\"one\", \"two\"]; "
                    + "the binder ignores a single value.";
            }
        }
    }

    // The binder ignores a single value and a nested object, and binds the items of a list under their numbers.
    private static string? FindDictionaryFailure(IConfigurationSection section) =>
        !string.IsNullOrEmpty(section.Value) || IsWrittenAsList(section)
            ? $"must be an object with names and values, for example \"{section.Key}\": {{\"name\": \"value\"}}."
        : section.GetChildren().FirstOrDefault(entry => entry.GetChildren().Any()) is { } nested
            ? $"has an object or a list as '{nested.Key}'; write the value as one text."
        : null;

    // A number can also be a name, such as the error code 42002.
    private static bool IsWrittenAsList(IConfigurationSection section)
    {
        HashSet<string> names = [.. section.GetChildren().Select(entry => entry.Key)];
        return names.Count > 0 && Enumerable.Range(0, names.Count).All(i => names.Contains(i.ToString(CultureInfo.InvariantCulture)));
    }

    private static Dictionary<string, PropertyInfo> PropertiesOf(PropertyInfo[] properties) =>
        properties.ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

    private static bool IsList(Type type) => type.IsGenericType && !type.IsValueType;

    // The Levenshtein distance, without regard to case.
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0]++;
            for (int j = 1; j <= other.Length; j++)
            {
                int substituted = diagonal + (char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
