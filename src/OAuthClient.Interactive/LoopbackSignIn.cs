using System.Globalization;
using System.Net;

namespace OAuthClient.Interactive;

/// <summary>A sign-in whose callback arrives at a listener on the loopback address (RFC 8252 §7.3).</summary>
internal sealed class LoopbackSignIn(IOAuthClient client, BrowserSignInOptions options)
{
    public async Task<Grant> RunAsync(CancellationToken cancellationToken)
    {
        using SignInDeadline deadline = new(options, cancellationToken);
        var listener = LoopbackListener.Start(IPAddress.Parse(options.RedirectUri.IdnHost), options.Ports, options.Time);
        await using var stop = listener.ConfigureAwait(false);
        Uri redirectUri = new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"http://{options.RedirectUri.Host}:{listener.Port}{options.RedirectUri.PathAndQuery}"
            )
        );
        var parameters = (options.Parameters ?? new()) with { RedirectUri = redirectUri };
        var pending = await BeginAsync(parameters, redirectUri, deadline.Token).ConfigureAwait(false);
        var address = AuthorizationAddress.Checked(pending.AuthorizationUri);
        listener.Accept(request => Find(request, redirectUri, pending));
        try
        {
            if (!await options.OpenBrowserAsync(address, deadline.Token).ConfigureAwait(false))
                await options.Output.WriteLineAsync(InstructionOf(address, listener.Port)).ConfigureAwait(false);
            using var exchange = await listener.ReceiveAsync(deadline.Token).ConfigureAwait(false);
            return await CompleteAsync(exchange, pending, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.CreateException();
        }
    }

    // The developer knows the redirect URI without the port, which was chosen for this sign-in.
    private async Task<PendingAuthorization> BeginAsync(
        AuthorizationParameters parameters,
        Uri redirectUri,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await client.BeginAuthorizationAsync(parameters, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException exception) when (exception.Message.StartsWith(redirectUri.OriginalString, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The OAuth client has no redirect URI {options.RedirectUri.OriginalString}, on which the program listens "
                    + "(BrowserSignInOptions.RedirectUri). Set OAuthClientOptions.RedirectUri to it; localhost cannot be used "
                    + "(RFC 8252 §8.3).",
                nameof(redirectUri),
                exception
            );
        }
    }

    // The page is shown after the tokens were received, so that it does not promise too much.
    private async Task<Grant> CompleteAsync(LoopbackExchange exchange, PendingAuthorization pending, CancellationToken cancellationToken)
    {
        try
        {
            var grant = await client
                .CompleteAuthorizationAsync(pending, exchange.Response, options.Owner, cancellationToken)
                .ConfigureAwait(false);
            await exchange.TryRespondAsync(ResultPage.SignedIn(options.ApplicationName)).ConfigureAwait(false);
            return grant;
        }
        catch (Exception exception)
        {
            await exchange
                .TryRespondAsync(
                    exception is AuthorizationResponseException { IsAccessDenied: true }
                        ? ResultPage.Denied(options.ApplicationName)
                        : ResultPage.Failed(options.ApplicationName)
                )
                .ConfigureAwait(false);
            throw;
        }
    }

    // Browsers also request an icon, and every program and page on this machine can send a request.
    private (AuthorizationResponse? Response, LoopbackReply Refusal) Find(
        LoopbackRequest? request,
        Uri redirectUri,
        PendingAuthorization pending
    )
    {
        // A page whose host name resolves to this machine sends that name (DNS rebinding).
        if (request is null || !string.Equals(request.Host, redirectUri.Authority, StringComparison.OrdinalIgnoreCase))
            return (null, LoopbackReply.BadRequest);
        if (request.Path != redirectUri.AbsolutePath)
            return (null, LoopbackReply.NotFound);
        try
        {
            var response = request.Form is { } form
                ? AuthorizationResponse.ParseForm(form, redirectUri)
                : AuthorizationResponse.Parse(new Uri(redirectUri, request.Target));
            return pending.Matches(response) ? (response, LoopbackReply.NotFound) : (null, ResultPage.Foreign(options.ApplicationName));
        }
        catch (Exception exception) when (exception is OAuthProtocolException or UriFormatException)
        {
            return (null, ResultPage.Foreign(options.ApplicationName));
        }
    }

    private static string InstructionOf(Uri address, int port) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Open this address in a browser:

            {address.AbsoluteUri}

            If the browser runs on another machine, forward the port from there first:

            ssh -L {port}:127.0.0.1:{port} {Environment.UserName}@{Environment.MachineName}

            """
        );
}
