using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a single-use request is sent once, whatever handlers the application configures (RFC 6749 §4.1.2, RFC 9700 §4.14).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SingleSendRequestMessageTests
{
    [Test]
    [Description("A retrying handler for all HTTP clients, configured before the client, does not apply to the back channel")]
    public async Task Default_retries_configured_before_the_client_do_not_apply()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            registerFirst: services => services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new RetryingHandler()))
        );
        await AssertOnePostAsync<TokenEndpointException>(host);
    }

    [Test]
    [Description("A retrying handler for all HTTP clients, configured after the client, does not apply to the back channel")]
    public async Task Default_retries_configured_after_the_client_do_not_apply()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder =>
                builder.Services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new RetryingHandler()))
        );
        await AssertOnePostAsync<TokenEndpointException>(host);
    }

    [Test]
    [Description("A retrying handler on the back channel gets an exception instead of a second send")]
    public async Task Retries_on_the_back_channel_throw()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new RetryingHandler())
        );
        var exception = await AssertOnePostAsync<InvalidOperationException>(host);
        Assert.That(exception.Message, Does.Contain("handler that retries").And.Contain("back channel"));
    }

    [Test]
    [Description("A primary handler that retries gets an exception instead of a second send")]
    public async Task Retries_in_the_primary_handler_throw()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new RetryingHandler(new SocketsHttpHandler()))
        );
        await AssertOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("A builder filter, which runs after all options, cannot add retries below the check")]
    public async Task Retries_by_a_builder_filter_throw([Values] bool innermost)
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            registerFirst: services => services.AddSingleton<IHttpMessageHandlerBuilderFilter>(new RetryingFilter(innermost))
        );
        await AssertOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("Options configured after all others cannot add retries below the check")]
    public async Task Retries_by_later_options_throw()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder =>
                builder.Services.PostConfigureAll<HttpClientFactoryOptions>(options =>
                    options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.AdditionalHandlers.Add(new RetryingHandler()))
                )
        );
        await AssertOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("A copy of the request, which some retrying handlers send, is a second send")]
    public async Task Retries_with_a_copy_of_the_request_throw()
    {
        await using var host = await OAuthTestHost.StartAsync(
            retries: true,
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new CopyingHandler())
        );
        await AssertOnePostAsync<InvalidOperationException>(host);
    }

    [Test]
    [Description("A custom handler may retry a request that can be repeated")]
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
    [Description("Custom handlers and headers that cause no second send continue to work")]
    public async Task Custom_handlers_and_headers_are_used()
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
        Assert.That(request.Headers["X-Stamp"], Is.EqualTo("value"));
        Assert.That(request.Headers["X-Tenant"], Is.EqualTo("one"));
    }

    [Test]
    [Description("Each request is checked separately, so that a client can send several requests")]
    public async Task A_second_request_is_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: a code is not sent again after a connection reset that followed its processing")]
    public async Task A_code_is_not_sent_again_after_a_reset()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.ResetAfterWork());

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<HttpRequestException>());

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A code is not sent again on a reused connection, where the handler would retry by itself")]
    public async Task A_code_is_not_sent_again_on_a_reused_connection([Values] bool afterWork)
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        host.Server.ClearRequests();
        host.Server.Faults.Add(TestEndpoint.Token, afterWork ? Fault.ResetAfterWork() : Fault.ResetBeforeWork());

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<HttpRequestException>());

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 9700 §4.7: a repeated callback, as after the back button, is redeemed once")]
    public async Task A_repeated_callback_is_redeemed_once()
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

    private static async Task<TException> AssertOnePostAsync<TException>(OAuthTestHost host)
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
            request.Headers.Add("X-Stamp", "value");
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
