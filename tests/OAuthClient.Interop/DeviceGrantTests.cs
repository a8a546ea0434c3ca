using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Tests the device authorization grant of OpenIddict, whose token requests are those of an extension grant.</summary>
[TestFixture]
public sealed class DeviceGrantTests
{
    private const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";

    [Test]
    [Description("RFC 8628 §3.1-§3.5: the device polls until Alice has entered the code in her browser, and receives tokens once")]
    public async Task Alice_allows()
    {
        using Visitor alice = new();
        await using var party = await StartAsync();
        var device = await RequestCodesAsync(party);
        AssertRefusal(party, device, "authorization_pending");

        await alice.GoAsync(device.Verification);
        var response = await party.Client.RequestTokenAsync(Poll(device));

        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "photos.read", "offline_access" }));
        Assert.That(response.RefreshToken, Is.Not.Null);
        Assert.That((await party.Client.RequestTokenAsync(TokenRequest.Refresh(response.RefreshToken!))).RefreshToken, Is.Not.Null);
        AssertRefusal(party, device, "invalid_grant");
    }

    [Test]
    [Description("RFC 8628 §3.5: Alice refuses in her browser, and the device receives access_denied")]
    public async Task Alice_refuses()
    {
        using Visitor alice = new() { Refuses = true };
        await using var party = await StartAsync();
        var device = await RequestCodesAsync(party);

        Assert.That(
            async () => await alice.GoAsync(device.Verification),
            Throws.TypeOf<AssertionException>().With.Message.Contains("access_denied"),
            "OpenIddict shows a refusal to her as an error"
        );

        AssertRefusal(party, device, "access_denied");
    }

    private static Task<RelyingParty> StartAsync() =>
        RelyingParty.StartAsync(new() { ["grant_types"] = new JsonArray(DeviceCode, "refresh_token") }, server: ServerKind.OpenIddict);

    private static TokenRequest Poll((string Code, Uri Verification) device) =>
        TokenRequest.Extension(DeviceCode, [new("device_code", device.Code)]);

    private static void AssertRefusal(RelyingParty party, (string Code, Uri Verification) device, string error) =>
        Assert.That(
            async () => await party.Client.RequestTokenAsync(Poll(device)),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo(error)
                .And.Message.Not.Contains(device.Code)
        );

    // RFC 8628 §3.1: the application itself requests the codes.
    private static async Task<(string Code, Uri Verification)> RequestCodesAsync(RelyingParty party)
    {
        using HttpClient http = new(Certificates.Network());
        using FormUrlEncodedContent content = new(
            new Dictionary<string, string>
            {
                ["client_id"] = party.ClientId,
                ["client_secret"] = RelyingParty.Secret,
                ["scope"] = "photos.read offline_access",
            }
        );
        using var response = await http.PostAsync(new Uri(party.Provider.Issuer, "device"), content);
        var codes = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return (codes.GetProperty("device_code").GetString()!, new(codes.GetProperty("verification_uri_complete").GetString()!));
    }
}
