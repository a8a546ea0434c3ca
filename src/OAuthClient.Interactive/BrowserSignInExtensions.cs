namespace OAuthClient.Interactive;

/// <summary>Signs the user of a console or desktop program in with the system's browser (RFC 8252).</summary>
public static class BrowserSignInExtensions
{
    /// <summary>
    /// Opens the system's browser at the authorization server, waits for the callback on this machine, completes the authorization and
    /// stores the grant (RFC 8252 §4.1, §7.3).
    /// </summary>
    /// <remarks>
    /// <para>
    /// The program listens on a loopback address, on a free port, and only while it waits. Register <c>http://127.0.0.1/callback</c> as the
    /// redirect URI of the client, at the server and in <see cref="OAuthClientOptions.RedirectUri"/>; servers accept any port of it. Only
    /// the callback with the state of this authorization ends the wait. The browser then shows a page that says that it can be closed.
    /// </para>
    /// <para>
    /// Without a browser, for example over SSH, the address is written to the console, with the command that forwards the port.
    /// </para>
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not monitored once the code is sent, because the code can be redeemed once.
    /// </param>
    /// <returns>The stored grant, whose owner is <see cref="BrowserSignInOptions.Owner"/>.</returns>
    /// <exception cref="AuthorizationResponseException">The server or the user denied the authorization.</exception>
    /// <exception cref="OAuthException">
    /// The authorization endpoint has an address that a browser must not open, no port can be opened, or the server sent an invalid
    /// response.
    /// </exception>
    /// <exception cref="ArgumentException">The redirect URI is not one of the client.</exception>
    /// <exception cref="TimeoutException">The browser did not come back within <see cref="BrowserSignInOptions.Timeout"/>.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// using Microsoft.Extensions.DependencyInjection;
    /// using OAuthClient;
    /// using OAuthClient.Interactive;
    ///
    /// var services = new ServiceCollection();
    /// services.AddOAuthClient(o =>
    /// {
    ///     o.Issuer = new Uri("https://accounts.example.com");
    ///     o.ClientId = "12345";
    ///     o.RedirectUri = new Uri("http://127.0.0.1/callback");
    ///     o.Scopes = ["openid", "profile"];
    /// });
    /// await using var provider = services.BuildServiceProvider();
    /// Grant grant = await provider.GetRequiredService<IOAuthClient>().SignInWithBrowserAsync();
    /// Console.WriteLine($"Hello {grant.StandardClaims?.Name}");
    /// ]]></code>
    /// </example>
    public static Task<Grant> SignInWithBrowserAsync(
        this IOAuthClient client,
        BrowserSignInOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new();
        BrowserSignInOptions.Validate(options);
        return options.IsLoopback
            ? new LoopbackSignIn(client, options).RunAsync(cancellationToken)
            : new ActivationSignIn(client, options).RunAsync(cancellationToken);
    }

    /// <summary>
    /// Finds the grant of an earlier sign-in whose access token is valid or can be refreshed; without one, signs the user in with the
    /// system's browser.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The stored grant, whose owner is <see cref="BrowserSignInOptions.Owner"/>.</returns>
    /// <inheritdoc cref="SignInWithBrowserAsync" path="/exception"/>
    public static async Task<Grant> SignInAsync(
        this IOAuthClient client,
        BrowserSignInOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new();
        BrowserSignInOptions.Validate(options);
        try
        {
            await client.GetAccessTokenAsync(options.Owner, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (await client.FindGrantAsync(options.Owner, cancellationToken).ConfigureAwait(false) is { } grant)
                return grant;
        }
        catch (ReauthorizationRequiredException)
        {
            // There is no grant, or it has ended.
        }
        return await client.SignInWithBrowserAsync(options, cancellationToken).ConfigureAwait(false);
    }
}
