namespace OAuthClient;

/// <summary>Sends device authorization requests and reads the responses (RFC 8628 §3.1, §3.2).</summary>
internal sealed class DeviceAuthorizationEndpointClient(EndpointClient endpoints, TimeProvider time)
{
    private const int MaximumUserCodeLength = 64;
    private const string Interval = "interval";

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    // A server that states 0 would be polled without a pause.
    private static readonly TimeSpan MinimumInterval = TimeSpan.FromSeconds(1);

    // Below the longest period of a timer.
    private static readonly TimeSpan MaximumLifetime = TimeSpan.FromDays(30);

    /// <summary>Requests a device code and a user code.</summary>
    /// <param name="parameters">The parameters in addition to the options.</param>
    /// <param name="key">The key of the tokens; <see langword="null"/> for bearer tokens.</param>
    /// <param name="current">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response lacks a member, or states an address that is not safe.</exception>
    public async Task<PendingDeviceAuthorization> BeginAsync(
        DeviceAuthorizationParameters parameters,
        DPoPKey? key,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<string> scopes = parameters.Scopes is { } chosen ? ScopeList.Checked(chosen) : current.Scopes;
        IReadOnlyList<string> resources = parameters.Resources is { } targets ? ResourceIndicators.Checked(targets) : current.Resources;
        var details = parameters.AuthorizationDetails ?? current.AuthorizationDetails;
        server.EnsureSupports(details);
        ReservedParameters.DeviceAuthorization.Validate(parameters.Additional, current.Adaptation);
        var request = new BackChannelRequest(ServerEndpoint.DeviceAuthorization, server)
        {
            Form = Form(parameters, scopes, resources, details, current.Adaptation),
            // A repeated request creates another code, and the first one is never used.
            RetryMode = RetryMode.Idempotent,
        };
        var response = await endpoints.SendAsync(request, current, server, cancellationToken).ConfigureAwait(false);
        var json = response.TolerantJson();
        if (
            !response.IsSuccess
            || json is not { } body
            || new JsonMembers(body) is not { } members
            || !members[ParameterNames.Error].IsAbsent()
        )
            throw new EndpointException(response.Failure(json));
        var requestedAt = response.RequestedAt;
        var expiresAt = TokenLifetime.TryRead(members[ParameterNames.ExpiresIn], requestedAt);
        var lifetime = expiresAt - requestedAt ?? current.PendingAuthorizationLifetime;
        var interval = TokenLifetime.TryRead(members[Interval], requestedAt) - requestedAt ?? DefaultInterval;
        var pause = new Pause(time);
        string code = members.TextIfAny(ParameterNames.DeviceCode) ?? throw Missing(ParameterNames.DeviceCode);
        var pending = new PendingDeviceAuthorization
        {
            DeviceCode = new(code),
            UserCode = UserCode(members),
            VerificationUri =
                Address(members, ServerAdaptation.VerificationUriMembers, text => response.Clean(text, code), current)
                ?? throw Missing(ServerAdaptation.VerificationUriMembers[0]),
            VerificationUriComplete = Address(
                members,
                ServerAdaptation.CompleteVerificationUriMembers,
                text => response.Clean(text, code),
                current
            ),
            ExpiresAt = requestedAt + (lifetime < MaximumLifetime ? lifetime : MaximumLifetime),
            Configuration = current,
            Server = server,
            Scopes = scopes,
            Resources = resources,
            DPoPKey = key,
            Interval = interval > MinimumInterval ? interval : MinimumInterval,
            Pause = pause,
        };
        pause.Extend(pending.Interval);
        return pending;
    }

    private static List<KeyValuePair<string, string>> Form(
        DeviceAuthorizationParameters parameters,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        AuthorizationDetails? details,
        ServerAdaptation adaptation
    )
    {
        List<KeyValuePair<string, string>> form = [];
        if (scopes.Count > 0)
            form.Add(new(ParameterNames.Scope, adaptation.JoinScopes(scopes)));
        if (!adaptation.OmitsResourceInAuthorizationRequests)
            form.AddRange(resources.Select(resource => KeyValuePair.Create(ParameterNames.Resource, resource)));
        if (details is not null)
            form.Add(new(ParameterNames.AuthorizationDetails, details.ToJson()));
        form.AddRange(parameters.Additional);
        return form;
    }

    // The code is shown in a terminal, which acts on control characters.
    private static string UserCode(JsonMembers members)
    {
        string code = members.TextIfAny("user_code")?.Trim() is { Length: > 0 } text ? text : throw Missing("user_code");
        return code.Length <= MaximumUserCodeLength && code.All(c => c is >= ' ' and <= '~')
            ? code
            : throw new OAuthProtocolException(
                $"The device authorization response has a user_code that is longer than {MaximumUserCodeLength} characters or contains "
                    + "a character that is not printable ASCII, so it was not shown to the user (RFC 8628 §6.1). Correct the server."
            );
    }

    private static Uri? Address(JsonMembers members, IReadOnlyList<string> names, Func<string?, string?> clean, ClientConfiguration current)
    {
        if (names.FirstOrDefault(name => !members[name].IsAbsent()) is not { } stated)
            return null;
        return members.TextIfAny(stated) is { } text && VerificationAddress.TryParse(text, current.Cleartext) is { } address
            ? address
            : throw new OAuthProtocolException(
                $"The {stated} of the device authorization response is '{clean(members.TextIfAny(stated)) ?? "unreadable"}'. It "
                    + "must be an absolute https address without user information, or http on a loopback address (RFC 8628 §3.2), so it "
                    + "was neither shown nor opened. Correct the server."
            );
    }

    private static OAuthProtocolException Missing(string name) =>
        new($"The device authorization response has no {name}, or states it twice (RFC 8628 §3.2). Correct the server.");
}
