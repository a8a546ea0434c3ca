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
        var pending = await client.BeginAuthorizationAsync(parameters, deadline.Token).ConfigureAwait(false);
        var address = AuthorizationAddress.Checked(pending.AuthorizationUri);
        try
        {
            if (!await options.OpenBrowserAsync(address, deadline.Token).ConfigureAwait(false))
                await options.Output.WriteLineAsync(InstructionOf(address, listener.Port)).ConfigureAwait(false);
            while (true)
            {
                using var exchange = await listener.ReceiveAsync(deadline.Token).ConfigureAwait(false);
                var (response, refusal) = Find(exchange.Request, redirectUri, pending);
                if (response is null)
                {
                    await exchange.RespondAsync(refusal, deadline.Token).ConfigureAwait(false);
                    continue;
                }
                return await CompleteAsync(exchange, pending, response, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.CreateException();
        }
    }

    // The page is shown after the tokens were received, so that it does not promise too much.
    private async Task<Grant> CompleteAsync(
        LoopbackExchange exchange,
        PendingAuthorization pending,
        AuthorizationResponse response,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var grant = await client.CompleteAuthorizationAsync(pending, response, options.Owner, cancellationToken).ConfigureAwait(false);
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
