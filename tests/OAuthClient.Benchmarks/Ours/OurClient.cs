using System.Web;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Registers the library as an application does, with an in-memory network.</summary>
internal static class OurClient
{
    public const string Name = "photos";

    public static OAuthClientBuilder AddTo(IServiceCollection services, HttpMessageHandler server)
    {
        var client = services.AddOAuthClient(
            Name,
            options =>
            {
                options.Issuer = new("https://as.example.com");
                options.JwksUri = new("https://as.example.com/keys");
                options.AuthorizationEndpoint = TokenServer.AuthorizationEndpoint;
                options.TokenEndpoint = TokenServer.TokenEndpoint;
                options.ClientId = Sample.ClientId;
                options.ClientSecret = Sample.ClientSecret;
                options.RedirectUri = new(Sample.RedirectUri);
                options.Scopes = Sample.Scopes;
            }
        );
        client.BackChannel.ConfigurePrimaryHttpMessageHandler(() => server);
        return client;
    }

    public static IOAuthClient In(IServiceProvider services) => services.GetRequiredKeyedService<IOAuthClient>(Name);

    /// <summary>Authorizes the client for resource owners, one after the other.</summary>
    public static async Task<GrantOwner[]> AuthorizeAsync(IOAuthClient client, params IReadOnlyList<string> ids)
    {
        var owners = new List<GrantOwner>();
        foreach (string id in ids)
        {
            var pending = await client.BeginAuthorizationAsync();
            string state = HttpUtility.ParseQueryString(pending.AuthorizationUri.Query)["state"]!;
            var callback = AuthorizationResponse.Parse($"{Sample.RedirectUri}?code=SplxlOBeZQQYbYS6WxSbIA&state={state}");
            owners.Add((await client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User(id))).Owner);
        }
        return [.. owners];
    }
}
