using System.Diagnostics;

namespace OAuthClient;

/// <summary>
/// Sends requests without the caller's execution context. Its values, above all the baggage of an activity or of OpenTelemetry, would
/// otherwise be sent to the authorization server, which often belongs to another company. The trace is continued: <c>traceparent</c> is
/// sent. This handler is the parent of the primary handler.
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
        using var activity = StartWithoutBaggage(caller);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // An activity that is started with the identifiers of its parent, instead of the parent, has no baggage.
    private static Activity StartWithoutBaggage(Activity caller)
    {
        const string Operation = "oauthclient.back_channel.send";
        if (
            caller.IdFormat == ActivityIdFormat.W3C
            && Telemetry.Source.StartActivity(Operation, ActivityKind.Internal, caller.Context) is { } started
        )
            return started;
        // Without a listener there is no activity from the source, but the request still needs a traceparent.
        Activity unlistened = new(Operation);
        if (caller.IdFormat == ActivityIdFormat.W3C)
            unlistened.SetParentId(caller.TraceId, caller.SpanId, caller.ActivityTraceFlags).TraceStateString = caller.TraceStateString;
        else if (caller.Id is { } id)
            unlistened.SetParentId(id);
        return unlistened.Start();
    }
}
