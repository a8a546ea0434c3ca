using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient.Benchmarks;

/// <summary>
/// A handwritten token request (RFC 6749 §4.4.2, §5.1): a form sent by HttpClient with its timeout, and source-generated JSON.
/// </summary>
internal sealed class HandwrittenTokenRequest(HttpClient client, Uri endpoint, string basic)
{
    private static readonly KeyValuePair<string, string>[] Form =
    [
        new("grant_type", "client_credentials"),
        new("scope", "photos.read photos.write profile"),
    ];

    public async Task<HandwrittenTokens> SendAsync(CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(Form) };
        request.Headers.TryAddWithoutValidation("Authorization", basic);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        byte[] json = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize(json, HandwrittenJson.Default.HandwrittenTokens)!;
    }
}

internal sealed record HandwrittenTokens
{
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    [JsonPropertyName("token_type")]
    public required string TokenType { get; init; }

    [JsonPropertyName("expires_in")]
    public int ExpiresIn { get; init; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("scope")]
    public string? Scope { get; init; }

    [JsonPropertyName("id_token")]
    public string? IdToken { get; init; }
}

[JsonSerializable(typeof(HandwrittenTokens))]
internal sealed partial class HandwrittenJson : JsonSerializerContext;
