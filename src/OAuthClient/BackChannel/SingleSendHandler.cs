using System.Net;

namespace OAuthClient;

/// <summary>
/// Stands innermost in the back channel. A code or refresh token that is presented twice can cost the user the whole grant
/// (RFC 6749 §4.1.2, RFC 9700 §4.14), so a retrying handler somewhere above gets an error instead of a second send.
/// </summary>
internal sealed class SingleSendHandler(HttpMessageHandler network) : DelegatingHandler(network)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
            return base.SendAsync(request, cancellationToken);
        // What is no message of ours is a copy that some handler made.
        if (request is not SingleSendRequestMessage once || !once.TryUse())
            throw SendTracker.SecondSend();
        // A handler that read the body, or put another in its place, must not hide when it leaves.
        if (once.SendTracker is { } tracker && request.Content is { } content && (content as FormContent)?.TrackSend(tracker) != true)
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
