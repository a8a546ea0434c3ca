using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Creates any number of grants from one that the library stored after a sign-in, with an ID Token and a refresh token.</summary>
internal sealed class GrantTemplate
{
    private readonly JsonObject stored;

    private GrantTemplate(JsonObject stored) => this.stored = stored;

    public static async Task<GrantTemplate> CreateAsync()
    {
        using var key = RSA.Create(2048);
        using var server = new OpenIdServer(key);
        var services = new ServiceCollection();
        OurClient.AddTo(services, server);
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var pending = await client.BeginAuthorizationAsync();
        server.Prepare(0, pending.AuthorizationUri);
        string state = HttpUtility.ParseQueryString(pending.AuthorizationUri.Query)["state"]!;
        var response = AuthorizationResponse.Parse($"{Sample.RedirectUri}?code={OpenIdServer.Code(0)}&state={state}");
        var grant = await client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("template"));
        return new((JsonObject)JsonNode.Parse(grant.Protect(static plain => plain))!);
    }

    /// <summary>Creates the grant of an owner of its own.</summary>
    public Grant Create(int number) =>
        With(number.ToString("grant-0000000000", CultureInfo.InvariantCulture), GrantOwner.User(Text(number)), generation: 1);

    /// <summary>Creates the next generation, with other tokens of the same length.</summary>
    public Grant Next(Grant grant) => With(grant.Id, grant.Owner, grant.Generation + 1);

    private static string Text(int number) => number.ToString("0000000000", CultureInfo.InvariantCulture);

    private Grant With(string id, GrantOwner owner, long generation)
    {
        JsonObject json;
        lock (stored)
            json = (JsonObject)stored.DeepClone();
        json["Id"] = id;
        json["Owner"] = owner.ToString();
        json["Generation"] = generation;
        json["Subject"] = id;
        return Grant.Unprotect(Encoding.UTF8.GetBytes(json.ToJsonString()), static data => data);
    }
}
