using System.Runtime.InteropServices;

namespace OAuthClient;

/// <summary>
/// Caches the address of authorization requests without additional parameters, which nearly all requests are. Two such requests differ only
/// in three values of fixed length.
/// </summary>
/// <param name="configuration">The client's configuration.</param>
/// <param name="server">The metadata of the server.</param>
/// <param name="sample">An address with placeholders for the values.</param>
/// <param name="places">The indexes of the values.</param>
internal sealed class UsualAddress(
    ClientConfiguration configuration,
    AuthorizationServerMetadata server,
    string sample,
    UsualAddress.Places places
)
{
    /// <summary>Determines whether the address is valid for these objects. Changed configuration and metadata are other objects.</summary>
    public bool IsOf(ClientConfiguration currentConfiguration, AuthorizationServerMetadata currentServer) =>
        ReferenceEquals(configuration, currentConfiguration) && ReferenceEquals(server, currentServer);

    /// <summary>Creates the address of one request. The values have the lengths of the placeholders.</summary>
    public string With(ReadOnlySpan<char> state, ReadOnlySpan<char> challenge, ReadOnlySpan<char> nonce) =>
        string.Create(
            sample.Length,
            new Values(sample, places, state, challenge, nonce),
            static (address, values) =>
            {
                values.Sample.CopyTo(address);
                values.State.CopyTo(address[values.Places.State..]);
                values.Challenge.CopyTo(address[values.Places.Challenge..]);
                values.Nonce.CopyTo(address[values.Places.Nonce..]);
            }
        );

    /// <summary>The indexes of the values in the address.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Places(int State, int Challenge, int Nonce);

    [StructLayout(LayoutKind.Auto)]
    private readonly ref struct Values(
        string sample,
        Places places,
        ReadOnlySpan<char> state,
        ReadOnlySpan<char> challenge,
        ReadOnlySpan<char> nonce
    )
    {
        public readonly string Sample = sample;
        public readonly Places Places = places;
        public readonly ReadOnlySpan<char> State = state;
        public readonly ReadOnlySpan<char> Challenge = challenge;
        public readonly ReadOnlySpan<char> Nonce = nonce;
    }
}
