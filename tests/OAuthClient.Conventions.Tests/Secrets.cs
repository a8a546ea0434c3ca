using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Checks secret types. Instances are created without their constructors and all fields are set, so that the value that must not be shown
/// is known.
/// </summary>
internal static class Secrets
{
    public const string Redacted = "[redacted]";

    private const string Canary = "canary-5e0c1";

    private static readonly string[] SafeDisplays = [Redacted, "{ToString()}", "{ToString(),nq}"];

    private static readonly Dictionary<Type, object> Values = new()
    {
        [typeof(string)] = Canary,
        [typeof(char[])] = Canary.ToCharArray(),
        [typeof(byte[])] = Encoding.UTF8.GetBytes(Canary),
        [typeof(ReadOnlyMemory<char>)] = Canary.AsMemory(),
        [typeof(ReadOnlyMemory<byte>)] = new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(Canary)),
    };

    public static IEnumerable<Type> TypesIn(Assembly assembly, Type secret) =>
        assembly.GetTypes().Where(type => type is { IsAbstract: false, ContainsGenericParameters: false } && secret.IsAssignableFrom(type));

    public static IEnumerable<string> Breaches(Type type)
    {
        var secret = Filled(type);
        if (Reveal(secret)?.Contains(Canary, StringComparison.Ordinal) != true)
            yield return $"{type.Name}: Reveal() does not return its value";
        if (secret.ToString() is var text && !string.Equals(text, Redacted, StringComparison.Ordinal))
            yield return $"{type.Name}.ToString() gives \"{text}\"";
        if (Json(secret) is { } json)
            yield return $"{type.Name} serializes, to {json}";

        var displays = type.GetCustomAttributes<DebuggerDisplayAttribute>(inherit: true).Select(one => one.Value ?? "").ToArray();
        if (displays.Length == 0 || displays.Except(SafeDisplays, StringComparer.Ordinal).Any())
            yield return $"{type.Name} needs [DebuggerDisplay(\"{Redacted}\")], "
                + $"has {(displays.Length == 0 ? "none" : string.Join(", ", displays))}";
        foreach (var field in Fields(type).Where(field => Value(field.FieldType) is not null))
            if (field.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never)
                yield return $"{type.Name}: the debugger shows {field.Name}; mark it [DebuggerBrowsable(DebuggerBrowsableState.Never)]";
    }

    /// <summary>Returns the text of an object that holds secrets; null if that requires an instance with valid values.</summary>
    public static string? PrintOf(Type holder, Type secret)
    {
        var instance = RuntimeHelpers.GetUninitializedObject(holder);
        var holds = false;
        foreach (var field in Fields(holder))
            if (secret.IsAssignableFrom(field.FieldType))
            {
                holds = true;
                field.SetValue(
                    instance,
                    Filled(field.FieldType.IsAbstract ? TypesIn(field.FieldType.Assembly, field.FieldType).First() : field.FieldType)
                );
            }
            else if (SecretNames.IsSecretName(PropertyOf(field)) && Value(field.FieldType) is { } value)
            {
                holds = true;
                field.SetValue(instance, value);
            }

        try
        {
            return holds ? instance.ToString() : null;
        }
        catch (Exception e) when (e is NullReferenceException or ArgumentNullException or InvalidOperationException)
        {
            // ToString() requires a value that only a constructor sets.
            return null;
        }
    }

    public static bool ShowsSecret(string? text) =>
        text is not null
        && (
            text.Contains(Canary, StringComparison.Ordinal)
            || text.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)), StringComparison.Ordinal)
        );

    private static object Filled(Type type)
    {
        var instance = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in Fields(type))
            if (Value(field.FieldType) is { } value)
                field.SetValue(instance, value);
        return instance;
    }

    private static object? Value(Type type) => Values.GetValueOrDefault(type);

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
            foreach (
                var field in level.GetFields(
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly
                )
            )
                yield return field;
    }

    // "<AccessToken>k__BackingField"
    private static string PropertyOf(FieldInfo field) =>
        field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;

    private static string? Reveal(object secret) =>
        secret.GetType().GetMethod("Reveal", BindingFlags.Instance | BindingFlags.Public, [])?.Invoke(secret, null) switch
        {
            string text => text,
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            var other => other?.ToString(),
        };

    private static string? Json(object secret)
    {
        try
        {
            return JsonSerializer.Serialize(secret, secret.GetType());
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or JsonException)
        {
            return null;
        }
    }
}
