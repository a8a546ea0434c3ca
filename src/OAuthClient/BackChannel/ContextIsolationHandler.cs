using System.Diagnostics;

namespace OAuthClient;

/// <summary>
/// Stands next to the network and sends without the caller's execution context. What the application keeps there, above all the baggage of
/// its activity or of OpenTelemetry, would otherwise be written to the authorization server, which often belongs to another company.
/// The trace goes on: <c>traceparent</c> is sent.
/// </summary>
internal sealed class ContextIsolationHandler(HttpMessageHandler network) : DelegatingHandler(network)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        BackgroundWork.RunIsolated(
            (Handler: this, request, Caller: Activity.Current, cancellationToken),
            static all => all.Handler.SendAsync(all.request, all.Caller, all.cancellationToken)
        );

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Activity? caller, CancellationToken cancellationToken)
    {
        if (caller?.Baggage.Any() == true)
            return SendWithoutBaggageAsync(request, caller, cancellationToken);
        Activity.Current = caller;
        return base.SendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWithoutBaggageAsync(
        HttpRequestMessage request,
        Activity caller,
        CancellationToken cancellationToken
    )
    {
        using var ours = StartWithoutBaggage(caller);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // A child that knows its parent by the identifiers alone inherits nothing else.
    private static Activity StartWithoutBaggage(Activity caller)
    {
        const string Operation = "oauthclient.back_channel.send";
        if (
            caller.IdFormat == ActivityIdFormat.W3C
            && Telemetry.Source.StartActivity(Operation, ActivityKind.Internal, caller.Context) is { } watched
        )
            return watched;
        Activity bare = new(Operation);
        if (caller.IdFormat == ActivityIdFormat.W3C)
            bare.SetParentId(caller.TraceId, caller.SpanId, caller.ActivityTraceFlags).TraceStateString = caller.TraceStateString;
        else if (caller.Id is { } id)
            bare.SetParentId(id);
        return bare.Start();
    }
}
