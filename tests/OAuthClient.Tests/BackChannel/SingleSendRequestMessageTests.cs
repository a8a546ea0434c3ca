using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>What is spent by being sent leaves once, whatever handlers the application has (RFC 6749 §4.1.2, RFC 9700 §4.14).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SingleSendRequestMessageTests
{
    [Test]
    [Description("Threat: code sent twice. An application-wide retrying handler, added before the client, does not reach the back channel")]
    public async Task Application_wide_retries_added_before()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            registerFirst: services => services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new RetryingHandler()))
        );
        await RequireOnePostAsync<TokenEndpointException>(host);
    }

    [Test]
    [Description("Threat: code sent twice. An application-wide retrying handler, added after the client, does not reach the back channel")]
    public async Task Application_wide_retries_added_after()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder =>
                builder.Services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new RetryingHandler()))
        );
        await RequireOnePostAsync<TokenEndpointException>(host);
    }

    [Test]
    [Description(
        "Threat: code sent twice. A retrying handler that the user puts on the back channel gets the guard's exception, not a second send"
    )]
    public async Task Retries_on_the_back_channel()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new RetryingHandler())
        );
        var exception = await RequireOnePostAsync<InvalidOperationException>(host);
        Assert.That(exception.Message, Does.Contain("retrying handler").And.Contain("back channel"));
    }

    [Test]
    [Description("Threat: code sent twice. A primary handler that retries by itself is guarded beneath its retries")]
    public async Task Retries_in_the_primary_handler()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new RetryingHandler(new SocketsHttpHandler()))
        );
        await RequireOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("Threat: code sent twice. A builder filter, which has the word after all options, cannot put retries beneath the guard")]
    public async Task Retries_by_a_builder_filter([Values] bool innermost)
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            registerFirst: services => services.AddSingleton<IHttpMessageHandlerBuilderFilter>(new RetryingFilter(innermost))
        );
        await RequireOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("Threat: code sent twice. Options configured after everything else cannot put retries beneath the guard")]
    public async Task Retries_by_later_options()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder =>
                builder.Services.PostConfigureAll<HttpClientFactoryOptions>(options =>
                    options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.AdditionalHandlers.Add(new RetryingHandler()))
                )
        );
        await RequireOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("Threat: code sent twice. The guard also counts for a copy of the request, which some retrying handlers send")]
    public async Task Retries_with_a_copy_of_the_request()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new CopyingHandler())
        );
        await RequireOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("A request that spends nothing may be retried by the user's handler")]
    public async Task Metadata_may_be_retried()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new RetryingHandler())
        );
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.Status(503), times: 2);

        await host.Client.BeginAuthorizationAsync();

        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Metadata).Select(request => request.Path).Distinct(StringComparer.Ordinal).Count(),
            Is.EqualTo(1)
        );
        Assert.That(host.Server.RequestsTo(TestEndpoint.Metadata), Has.Count.EqualTo(3));
    }

    [Test]
    [Description("The user's own handlers and headers, which send nothing twice, go on working")]
    public async Task Benign_handler_and_headers()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder =>
                builder
                    .BackChannel.AddHttpMessageHandler(() => new StampingHandler())
                    .ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Tenant", "one"))
        );

        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));

        var request = host.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(request.Headers["X-Stamp"], Is.EqualTo("mine"));
        Assert.That(request.Headers["X-Tenant"], Is.EqualTo("one"));
    }

    [Test]
    [Description("Threat: code sent twice. Two requests in a row are two requests: the guard is per request, not per client")]
    public async Task Second_request_is_no_second_send()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description(
        "Threat: code sent twice. A reset after the server did its work is not answered by sending the code again (RFC 6749 §4.1.2)"
    )]
    public async Task Code_after_a_reset()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.ResetAfterWork());

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<HttpRequestException>());

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("Threat: code sent twice. Nor on a connection that was used before, where sockets would be allowed to try again")]
    public async Task Code_after_a_reset_of_a_used_connection([Values] bool afterWork)
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        host.Server.ClearRequests();
        host.Server.Faults.Add(TestEndpoint.Token, afterWork ? Fault.ResetAfterWork() : Fault.ResetBeforeWork());

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<HttpRequestException>());

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 9700 §4.7, threat: code sent twice. A callback that comes twice, as when the browser goes back, is redeemed once")]
    public async Task Callback_that_comes_again()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri));

        var attempts = Enumerable
            .Range(0, 10)
            .Select(_ => Task.Run(() => host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42"))))
            .ToList();
        await Task.WhenAll(
                attempts.Select(attempt =>
                    attempt.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                )
            )
            .Promptly();

        Assert.That(attempts.Count(attempt => attempt.IsCompletedSuccessfully), Is.EqualTo(1));
        Assert.That(
            attempts.Where(attempt => attempt.IsFaulted).Select(attempt => attempt.Exception!.InnerException),
            Has.Exactly(9).TypeOf<OAuthProtocolException>().With.Message.Contain("used before")
        );
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    private static async Task<TException> RequireOnePostAsync<TException>(OAuthTestHost host)
        where TException : Exception
    {
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        TException? caught = null;
        try
        {
            await host.SignInAsync();
        }
        catch (TException exception)
        {
            caught = exception;
        }
        Assert.That(host.TokenRequests, Is.EqualTo(1), "token requests");
        Assert.That(caught, Is.Not.Null, $"{typeof(TException).Name} was thrown");
        return caught!;
    }

    private sealed class StampingHandler : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Stamp", "mine");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class CopyingHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                return response;
            response.Dispose();
            HttpRequestMessage copy = new(request.Method, request.RequestUri)
            {
                Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellationToken)),
            };
            foreach (var option in request.Options)
                ((IDictionary<string, object?>)copy.Options).Add(option);
            return await base.SendAsync(copy, cancellationToken);
        }
    }

    private sealed class RetryingFilter(bool innermost) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) =>
            builder =>
            {
                next(builder);
                builder.AdditionalHandlers.Insert(innermost ? builder.AdditionalHandlers.Count : 0, new RetryingHandler());
            };
    }
}
