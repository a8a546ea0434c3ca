using System.Diagnostics;

namespace OAuthClient;

/// <summary>
/// Writes the trace context (W3C Trace Context: <c>traceparent</c> and <c>tracestate</c>) to requests of the back channel, and no other
/// header of another propagator, such as baggage.
/// </summary>
/// <param name="inner">The propagator of the application.</param>
internal sealed class TraceContextPropagator(DistributedContextPropagator inner) : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields { get; } = ["traceparent", "tracestate"];

    /// <summary>
    /// Sets this propagator in a handler. A handler that has sent a request rejects changes; for it <see cref="ContextIsolationHandler"/>
    /// removes the baggage.
    /// </summary>
    /// <param name="handler">The handler.</param>
    public static void UseIn(SocketsHttpHandler handler)
    {
        var current = handler.ActivityHeadersPropagator;
        if (current is null or TraceContextPropagator)
            return;
        try
        {
            handler.ActivityHeadersPropagator = new TraceContextPropagator(current);
        }
        catch (InvalidOperationException)
        {
            // A handler that several clients share and that has sent a request.
        }
    }

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (setter is null)
            return;
        inner.Inject(
            activity,
            carrier,
            (target, name, value) =>
            {
                if (Fields.Contains(name, StringComparer.OrdinalIgnoreCase))
                    setter(target, name, value);
            }
        );
    }

    public override void ExtractTraceIdAndState(
        object? carrier,
        PropagatorGetterCallback? getter,
        out string? traceId,
        out string? traceState
    ) => inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
