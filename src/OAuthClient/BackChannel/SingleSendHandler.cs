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
        if (request.Method == HttpMethod.Get)
            return base.SendAsync(request, cancellationToken);
        // A message of another type is a copy that a handler created.
        if (request is not SingleSendRequestMessage message || !message.TryUse())
            throw SendTracker.SecondSend();
        // A handler may have read or replaced the content. The content that is sent is tracked in any case.
        if (message.SendTracker is { } tracker && request.Content is { } content && (content as FormContent)?.TrackSend(tracker) != true)
            request.Content = new TrackedContent(content, tracker);
        return base.SendAsync(request, cancellationToken);
    }

    private sealed class TrackedContent : HttpContent
    {
        private readonly HttpContent inner;
        private readonly SendTracker tracker;

        public TrackedContent(HttpContent inner, SendTracker tracker)
        {
            this.inner = inner;
            this.tracker = tracker;
            foreach (var header in inner.Headers.NonValidated)
                Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            tracker.MarkSending();
            return inner.CopyToAsync(stream, context, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = inner.Headers.ContentLength ?? -1;
            return length >= 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
