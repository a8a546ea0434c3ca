using System.Net;

namespace OAuthClient;

/// <summary>
/// Prevents a request from being sent twice. It is the innermost handler before <see cref="ContextIsolationHandler"/> and the network. A
/// server can revoke the whole grant if a code or refresh token is presented twice (RFC 6749 §4.1.2, RFC 9700 §4.14), so a handler that
/// retries gets an exception.
/// </summary>
internal sealed class SingleSendHandler(HttpMessageHandler network) : DelegatingHandler(network)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        UserAgentHeader.AddTo(request);
        if (request.Method == HttpMethod.Get)
            return base.SendAsync(request, cancellationToken);
        // A message of another type is a copy that a handler created.
        if (request is not SingleSendRequestMessage message || !message.TryUse())
            throw SendTracker.SecondSend();
        return message.SendTracker is { } tracker && request.Content is { } content
            ? SendAsync(request, new TrackedContent(content, tracker), cancellationToken)
            : base.SendAsync(request, cancellationToken);
    }

    // Only what the network reads is a send. Handlers of the application see the content itself, before and after, and may read or replace
    // it.
    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        TrackedContent tracked,
        CancellationToken cancellationToken
    )
    {
        request.Content = tracked;
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.Content = tracked.Inner;
        }
    }

    private sealed class TrackedContent : HttpContent
    {
        private readonly SendTracker tracker;

        public TrackedContent(HttpContent inner, SendTracker tracker)
        {
            Inner = inner;
            this.tracker = tracker;
            foreach (var header in inner.Headers.NonValidated)
                Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        public HttpContent Inner { get; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            tracker.MarkSending();
            return Inner.CopyToAsync(stream, context, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Inner.Headers.ContentLength ?? -1;
            return length >= 0;
        }
    }
}
