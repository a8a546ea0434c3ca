using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

public sealed partial class TestAuthorizationServer
{
    /// <summary>Registers a client. An existing client with the same identifier is replaced.</summary>
    /// <param name="client">The client.</param>
    /// <returns><paramref name="client"/>.</returns>
    /// <exception cref="ArgumentException">
    /// The properties of the client contradict each other, or a URI of the client is not valid.
    /// </exception>
    public TestClient AddClient(TestClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (ClientRules.Problem(client, _state.Options) is { } problem)
            throw new ArgumentException(problem, nameof(client));
        _state.Clients[client.ClientId] = client;
        return client;
    }

    /// <summary>Gets a snapshot of the registered clients, including the clients that registered themselves.</summary>
    public IReadOnlyList<TestClient> Clients => [.. _state.Clients.Values];

    /// <summary>Removes a client and revokes all its grants.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <returns><see langword="true"/> if the client was registered; otherwise, <see langword="false"/>.</returns>
    public bool RemoveClient(string clientId) => _state.Remove(clientId);

    /// <summary>Issues a certificate with a private key for a client that uses <c>tls_client_auth</c> (RFC 8705 §2.1).</summary>
    /// <param name="subject">
    /// The subject of the certificate, such as <c>CN=photos</c>. It must match <see cref="TestClient.CertificateSubject"/>.
    /// </param>
    /// <returns>The certificate. The caller disposes of it.</returns>
    /// <exception cref="InvalidOperationException">
    /// <see cref="TestAuthorizationServerOptions.UseTls"/> was not set at the start.
    /// </exception>
    public X509Certificate2 IssueClientCertificate(string subject) =>
        (_state.Certificates ?? throw new InvalidOperationException("The server uses no TLS. Set UseTls when the server starts.")).Issue(
            subject
        );

    /// <summary>Adds a user. An existing user with the same user name is replaced.</summary>
    /// <param name="user">The user.</param>
    /// <returns><paramref name="user"/>.</returns>
    public TestUser AddUser(TestUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        _state.Users[user.UserName] = user;
        return user;
    }

    /// <summary>
    /// Replaces the nonce that proofs must contain (RFC 9449 §8), so that the next request with the previous one is refused.
    /// </summary>
    public void RotateDPoPNonce() => _state.DPoP.RotateNonce();
}
