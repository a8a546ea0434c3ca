namespace OAuthClient;

/// <summary>
/// Stands innermost in the back channel. A code or refresh token that is presented twice can cost the user the whole grant
/// (RFC 6749 §4.1.2, RFC 9700 §4.14), so a retrying handler somewhere above gets an error instead of a second send.
/// </summary>
internal sealed class OneSendGuard(HttpMessageHandler network) : DelegatingHandler(network)
{
    public static readonly HttpRequestOptionsKey<Ticket> Key = new("OAuthClient.OneSend");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // What has no ticket is a copy that some handler made without it.
        if (request.Method != HttpMethod.Get && !(request.Options.TryGetValue(Key, out var ticket) && ticket.TryUse()))
        {
            throw new InvalidOperationException(
                "A handler in the back channel tried to send a token request again. What it carries is spent by being sent once; remove the retrying handler from the OAuth client's back channel.");
        }
        return base.SendAsync(request, cancellationToken);
    }

    /// <summary>An object, so that a copy of the request made by a handler shares it.</summary>
    internal sealed class Ticket
    {
        private int used;

        public bool TryUse() => Interlocked.Exchange(ref used, 1) == 0;
    }
}
