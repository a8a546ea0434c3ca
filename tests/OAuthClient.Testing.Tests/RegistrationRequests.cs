using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Sends the requests of the registration tests.</summary>
internal static class RegistrationRequests
{
    public const string Redirects = "\"redirect_uris\":[\"" + TestBed.RedirectUri + "\"]";

    /// <summary>Starts a server that allows registration.</summary>
    public static Task<TestBed> StartAsync(Action<TestAuthorizationServerOptions>? configure = null) =>
        TestBed.StartAsync(options =>
        {
            options.AllowRegistration = true;
            configure?.Invoke(options);
        });

    /// <summary>Registers a client and returns the response.</summary>
    public static async Task<JsonObject> RegisterAsync(TestBed bed, string body) =>
        await TestBed.JsonAsync(await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body), HttpStatusCode.Created);

    /// <summary>Sends a request to the configuration endpoint of a client.</summary>
    public static Task<HttpResponseMessage> ManageAsync(TestBed bed, JsonObject registered, HttpMethod method, JsonObject? body = null) =>
        SendAsync(
            bed,
            method,
            new Uri((string)registered["registration_client_uri"]!),
            body?.ToJsonString(),
            (string?)registered["registration_access_token"]
        );

    /// <summary>Sends a request with an optional JSON body and access token.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        TestBed bed,
        HttpMethod method,
        Uri address,
        string? body,
        string? accessToken = null
    )
    {
        using HttpRequestMessage request = new(method, address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await bed.Http.SendAsync(request);
    }
}
