using System.Net.Http.Json;

namespace OAuthClient;

/// <summary>Whether a request's content can be sent a second time: known for contents held in memory, assumed of no other.</summary>
internal static class RepeatableContent
{
    public static bool IsRepeatable(HttpContent? content) => content switch
    {
        null => true,
        // StringContent and FormUrlEncodedContent derive from it.
        ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(IsRepeatable),
        _ => false,
    };
}
