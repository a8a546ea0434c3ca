using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>An encoded form (RFC 6749 appendix B) or other body in one buffer, which reports to a tracker when it is sent.</summary>
internal sealed class FormContent : HttpContent
{
    private readonly byte[] body;
    private SendTracker? tracker;
    private bool isWritten;

    public FormContent(byte[] body, string mediaType = "application/x-www-form-urlencoded")
    {
        this.body = body;
        Headers.TryAddWithoutValidation("Content-Type", mediaType);
    }

    /// <summary>Reports to a tracker when the body is written from now on. Before this call a handler may have read it.</summary>
    /// <param name="sendTracker">The tracker.</param>
    /// <returns>
    /// <see langword="false"/> if the body has been written before. A handler has then buffered it, and it is not written again.
    /// </returns>
    public bool TrackSend(SendTracker sendTracker)
    {
        if (isWritten)
            return false;
        tracker = sendTracker;
        return true;
    }

    /// <summary>Encodes a form as <c>application/x-www-form-urlencoded</c>.</summary>
    /// <param name="form">The names and values.</param>
    /// <returns>The encoded form.</returns>
    public static byte[] Encode(IEnumerable<KeyValuePair<string, string>> form) =>
        Encoding.ASCII.GetBytes(string.Join('&', form.Select(parameter => $"{Escape(parameter.Key)}={Escape(parameter.Value)}")));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        isWritten = true;
        tracker?.MarkSending();
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }

    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
