using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>An OpenID provider that is independent of this repository, with one user, Alice.</summary>
internal abstract class Provider : IAsyncDisposable
{
    /// <summary>Gets the issuer, as the provider writes it.</summary>
    public abstract Uri Issuer { get; }

    /// <summary>Gets the <c>sub</c> of Alice.</summary>
    public virtual string Alice => "alice";

    /// <summary>Registers a client by its metadata (OpenID Connect Dynamic Registration §2).</summary>
    public abstract Task AddAsync(JsonObject client);

    /// <summary>Sets what the library cannot know from the provider's metadata.</summary>
    public virtual void Configure(OAuthClientOptions o) { }

    public abstract ValueTask DisposeAsync();
}
