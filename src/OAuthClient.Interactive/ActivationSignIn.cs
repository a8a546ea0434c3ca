namespace OAuthClient.Interactive;

/// <summary>A sign-in whose callback activates the program by a custom scheme (RFC 8252 §7.1).</summary>
internal sealed class ActivationSignIn(IOAuthClient client, BrowserSignInOptions options)
{
    public async Task<Grant> RunAsync(CancellationToken cancellationToken)
    {
        var parameters = (options.Parameters ?? new()) with { RedirectUri = options.RedirectUri };
        using SignInDeadline deadline = new(options, cancellationToken);
        var pending = await client.BeginAuthorizationAsync(parameters, deadline.Token).ConfigureAwait(false);
        var address = AuthorizationAddress.Checked(pending.AuthorizationUri);
        if (!await options.OpenBrowserAsync(address, deadline.Token).ConfigureAwait(false))
            await options
                .Output.WriteLineAsync($"Open this address in the browser of this machine:\n\n{address.AbsoluteUri}\n")
                .ConfigureAwait(false);
        try
        {
            while (true)
            {
                var activation = await options.WaitForActivationAsync!(deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
                if (Find(activation, pending) is { } response)
                    return await client
                        .CompleteAuthorizationAsync(pending, response, options.Owner, cancellationToken)
                        .ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.CreateException();
        }
    }

    // Every program and page of this machine can activate the program with any address.
    private AuthorizationResponse? Find(Uri activation, PendingAuthorization pending)
    {
        if (
            !activation.IsAbsoluteUri
            || Uri.Compare(
                activation,
                options.RedirectUri,
                UriComponents.SchemeAndServer | UriComponents.Path,
                UriFormat.Unescaped,
                StringComparison.Ordinal
            ) != 0
        )
            return null;
        try
        {
            var response = AuthorizationResponse.Parse(activation);
            return pending.Matches(response) ? response : null;
        }
        catch (OAuthProtocolException)
        {
            return null;
        }
    }
}
