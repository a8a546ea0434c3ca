using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Logging;

namespace OAuthClient;

/// <summary>
/// Moves the innermost logging handler of IHttpClientFactory above the handler that adds the access token. The factory's log redacts
/// headers in its text only; its structured state contains their values, and a sink that exports the state would export the token.
/// </summary>
internal sealed class LoggingHandlerOrderFilter : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) =>
        builder =>
        {
            next(builder);
            var handlers = builder.AdditionalHandlers;
            int tokens = 0;
            while (tokens < handlers.Count && handlers[tokens] is not AccessTokenHandler)
                tokens++;
            if (tokens == handlers.Count)
                return;
            foreach (var logging in handlers.Skip(tokens).OfType<LoggingHttpMessageHandler>().ToList())
            {
                handlers.Remove(logging);
                handlers.Insert(tokens++, logging);
            }
        };
}
