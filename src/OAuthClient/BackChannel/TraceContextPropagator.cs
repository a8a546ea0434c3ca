using System.Diagnostics;

namespace OAuthClient;

/// <summary>
/// Writes the trace context (W3C Trace Context: <c>traceparent</c> and <c>tracestate</c>) on requests of the back channel, and nothing else
/// that another propagator would write: no baggage under any header name.
/// </summary>
/// <param name="inner">What the application uses.</param>
internal sealed class TraceContextPropagator(DistributedContextPropagator inner) : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields { get; } = ["traceparent", "tracestate"];

    /// <summary>
    /// Has a handler use it. A handler that has sent already takes no change; <see cref="ContextIsolationHandler"/> protects that one.
    /// </summary>
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
            // A shared instance in use.
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
