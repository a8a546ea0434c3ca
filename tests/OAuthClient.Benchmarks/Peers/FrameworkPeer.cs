using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.Benchmarks;

/// <summary>
/// The OAuth handler of ASP.NET Core, in the two parts that correspond to lines: the address with state and PKCE, without cookies; and
/// the code exchange, without processing of its result.
/// </summary>
internal sealed class FrameworkPeer : IAsyncDisposable
{
    public const string Name = "Microsoft.AspNetCore.Authentication.OAuth";

    private readonly WebApplication application;
    private readonly Handler handler;

    private FrameworkPeer(WebApplication application, Handler handler) => (this.application, this.handler) = (application, handler);

    public static async Task<FrameworkPeer> StartAsync(HttpMessageHandler server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Keys are kept in memory only.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder
            .Services.AddAuthentication("photos")
            .AddOAuth<OAuthOptions, Handler>(
                "photos",
                options =>
                {
                    options.AuthorizationEndpoint = TokenServer.AuthorizationEndpoint.AbsoluteUri;
                    options.TokenEndpoint = TokenServer.TokenEndpoint.AbsoluteUri;
                    options.ClientId = Sample.ClientId;
                    options.ClientSecret = Sample.ClientSecret;
                    options.CallbackPath = "/callback";
                    options.SignInScheme = "unused";
                    options.UsePkce = true;
                    options.BackchannelHttpHandler = server;
                    foreach (string scope in Sample.Scopes)
                        options.Scope.Add(scope);
                }
            );
        var built = builder.Build();
        var scheme = await built.Services.GetRequiredService<IAuthenticationSchemeProvider>().GetSchemeAsync("photos");
        var oauth = ActivatorUtilities.CreateInstance<Handler>(built.Services);
        await oauth.InitializeAsync(scheme!, new DefaultHttpContext { RequestServices = built.Services });
        return new(built, oauth);
    }

    public string AuthorizationUrl() => handler.AuthorizationUrl();

    public Task<string> RedeemAsync() => handler.RedeemAsync();

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private sealed class Handler(IOptionsMonitor<OAuthOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : OAuthHandler<OAuthOptions>(options, logger, encoder)
    {
        public string AuthorizationUrl() => BuildChallengeUrl(new AuthenticationProperties(), Sample.RedirectUri);

        public async Task<string> RedeemAsync()
        {
            var properties = new AuthenticationProperties
            {
                Items = { [OAuthConstants.CodeVerifierKey] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
            };
            using var response = await ExchangeCodeAsync(
                new OAuthCodeExchangeContext(properties, "SplxlOBeZQQYbYS6WxSbIA", Sample.RedirectUri)
            );
            return response.AccessToken!;
        }
    }
}
