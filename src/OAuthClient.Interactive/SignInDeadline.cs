using System.Globalization;

namespace OAuthClient.Interactive;

/// <summary>The end of the time within which the browser must come back, and the caller's cancellation.</summary>
internal sealed class SignInDeadline : IDisposable
{
    private readonly BrowserSignInOptions options;
    private readonly CancellationToken cancellationToken;
    private readonly CancellationTokenSource timeout;
    private readonly CancellationTokenSource linked;

    public SignInDeadline(BrowserSignInOptions options, CancellationToken cancellationToken)
    {
        (this.options, this.cancellationToken) = (options, cancellationToken);
        timeout = new(options.Timeout, options.Time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
    }

    /// <summary>Gets the token that is cancelled by the caller or when the time has passed.</summary>
    public CancellationToken Token => linked.Token;

    public bool HasPassed => timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested;

    public TimeoutException CreateException() =>
        new(
            $"The browser did not come back within {options.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s "
                + "(BrowserSignInOptions.Timeout). Sign in again."
        );

    public void Dispose()
    {
        linked.Dispose();
        timeout.Dispose();
    }
}
