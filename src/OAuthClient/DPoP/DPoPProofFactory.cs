namespace OAuthClient;

/// <summary>
/// Creates proofs of possession (DPoP, RFC 9449 §4) for requests that the application sends itself, such as those of SignalR, with an
/// access token that is bound to a key. An <see cref="HttpClient"/> with <c>AddAccessTokenHandler</c> does not need it.
/// <c>AddOAuthClient</c> registers it together with <see cref="IOAuthClient"/>, under the same name. All members are thread-safe.
/// </summary>
/// <example>
/// <code language="csharp"><![CDATA[
/// using System.Net.Http.Headers;
/// using Microsoft.Extensions.DependencyInjection;
/// using OAuthClient;
///
/// var services = new ServiceCollection();
/// services.AddOAuthClient(o =>
/// {
///     o.Issuer = new Uri("https://accounts.example.com");
///     o.ClientId = "12345";
///     o.DPoP.Enabled = true;
/// });
/// await using var provider = services.BuildServiceProvider();
/// var client = provider.GetRequiredService<IOAuthClient>();
/// var proofs = provider.GetRequiredService<DPoPProofFactory>();
/// using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
/// var address = new Uri("https://api.example.com/photos");
///
/// AccessToken token = await client.GetAccessTokenAsync(GrantOwner.User("alice"));
/// var response = await SendAsync();
/// if (proofs.RecordNonce(address, response))
///     response = await SendAsync();
///
/// async Task<HttpResponseMessage> SendAsync()
/// {
///     using var request = new HttpRequestMessage(HttpMethod.Get, address);
///     request.Headers.Authorization = new AuthenticationHeaderValue(token.TokenType, token.Reveal());
///     request.Headers.Add("DPoP", await proofs.CreateAsync(token, request.Method, address));
///     return await http.SendAsync(request);
/// }
/// ]]></code>
/// </example>
public sealed class DPoPProofFactory
{
    private readonly DPoPProofs proofs;

    internal DPoPProofFactory(DPoPProofs proofs) => this.proofs = proofs;

    /// <summary>
    /// Creates the proof of one request, with the newest nonce of the API. Each request needs a new proof (RFC 9449 §11.1).
    /// </summary>
    /// <param name="token">The access token of the request, which this client received.</param>
    /// <param name="method">The method of the request. The opening request of a WebSocket has the method GET.</param>
    /// <param name="address">The address of the request. Its query and fragment are not part of the proof.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The value of the header <c>DPoP</c>. Do not log it.</returns>
    /// <exception cref="ArgumentException">The token is not bound to a key, or the address is relative.</exception>
    /// <exception cref="OAuthException">The signer of the application has another key.</exception>
    public ValueTask<string> CreateAsync(AccessToken token, HttpMethod method, Uri address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(method);
        if (token.Key is null)
            throw new ArgumentException(
                "The access token is a bearer token, which needs no proof. Send it without the header DPoP; AccessToken.TokenType states "
                    + "the scheme.",
                nameof(token)
            );
        EnsureAbsolute(address);
        return proofs.CreateForTokenAsync(token, method, address, nonce: null, cancellationToken);
    }

    /// <summary>Keeps the nonce of a response for the next proofs (RFC 9449 §8.2, §9). Call it for each response of the API.</summary>
    /// <param name="address">The address of the request.</param>
    /// <param name="response">The response.</param>
    /// <returns>
    /// <see langword="true"/> if the API refused the request because its proof lacks this nonce: send it once more, with a new proof.
    /// </returns>
    /// <exception cref="ArgumentException">The address is relative.</exception>
    public bool RecordNonce(Uri address, HttpResponseMessage response)
    {
        EnsureAbsolute(address);
        ArgumentNullException.ThrowIfNull(response);
        return proofs.ApiNonces.Record(address, response) is not null && DPoPNonceCache.IsRequiredBy(response);
    }

    private static void EnsureAbsolute(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri)
            throw new ArgumentException("The address must be absolute, because the proof contains it.", nameof(address));
    }
}
