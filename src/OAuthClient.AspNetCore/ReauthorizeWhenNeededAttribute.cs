using Microsoft.AspNetCore.Mvc.Filters;

namespace OAuthClient.AspNetCore;

/// <summary>
/// When the action throws a <see cref="ReauthorizationRequiredException"/> of this client, the browser is sent to authorize
/// anew and comes back afterwards: to this address after a GET, to the application's root after anything else, which cannot
/// be repeated. A script's request gets 401 instead.
/// </summary>
/// <param name="clientName">The client's name in <c>AddOAuthClient</c>; empty for the unnamed one.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class ReauthorizeWhenNeededAttribute(string clientName = "") : Attribute, IAsyncExceptionFilter
{
    /// <summary>The client's name in <c>AddOAuthClient</c>; empty for the unnamed one.</summary>
    public string ClientName { get; } = clientName;

    /// <inheritdoc/>
    public async Task OnExceptionAsync(ExceptionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Exception is ReauthorizationRequiredException exception && string.Equals(exception.ClientName, ClientName, StringComparison.Ordinal)
            && await Reauthorization.BeginAsync(context.HttpContext, ClientName, context.HttpContext.RequestAborted).ConfigureAwait(false) is { } result)
        {
            context.ExceptionHandled = true;
            context.Result = result;
        }
    }
}
