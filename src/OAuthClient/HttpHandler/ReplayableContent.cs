using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;

namespace OAuthClient;

/// <summary>Whether a request's content can be sent a second time: known for contents held in memory, assumed of no other.</summary>
internal static class ReplayableContent
{
    public static bool IsReplayable(HttpContent? content) =>
        content switch
        {
            null => true,
            // StringContent and FormUrlEncodedContent derive from it.
            ByteArrayContent or ReadOnlyMemoryContent => true,
            JsonContent json => IsReplayable(json.Value),
            MultipartContent parts => parts.All(IsReplayable),
            _ => false,
        };

    // Serialised anew at each send: a sequence that is read only once would be empty then, and the data gone.
    private static bool IsReplayable(object? value) =>
        value is null or string or ICollection || (value is not IEnumerable && !IsAsyncSequence(value));

    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2075",
        Justification = "An interface that was trimmed away is not serialised as a sequence either."
    )]
    private static bool IsAsyncSequence(object value) =>
        value.GetType().GetInterfaces().Any(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
}
