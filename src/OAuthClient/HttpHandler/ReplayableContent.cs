using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;

namespace OAuthClient;

/// <summary>
/// Determines whether the content of a request can be sent a second time, which is true only for types that are held in memory.
/// </summary>
internal static class ReplayableContent
{
    public static bool IsReplayable(HttpContent? content) =>
        content switch
        {
            null => true,
            // StringContent and FormUrlEncodedContent derive from ByteArrayContent.
            ByteArrayContent or ReadOnlyMemoryContent => true,
            JsonContent json => IsReplayable(json.Value),
            MultipartContent parts => parts.All(IsReplayable),
            _ => false,
        };

    // JsonContent serializes its value at each send. A sequence that can be read only once would be empty the second time.
    private static bool IsReplayable(object? value) =>
        value is null or string or ICollection || (value is not IEnumerable && !IsAsyncSequence(value));

    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2075",
        Justification = "If the interface was trimmed, the value is not serialized as a sequence either."
    )]
    private static bool IsAsyncSequence(object value) =>
        value.GetType().GetInterfaces().Any(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
}
