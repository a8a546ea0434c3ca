using System.Runtime.InteropServices;

namespace OAuthClient;

/// <summary>
/// The address of authorization requests that ask for nothing beyond their registration, as nearly all do: written once, because from one
/// to the next only three values of always the same length differ.
/// </summary>
/// <param name="configuration">Whose requests.</param>
/// <param name="server">Where to.</param>
/// <param name="sample">One that was written out.</param>
/// <param name="places">Where in it the values stand.</param>
internal sealed class UsualAddress(
    ClientConfiguration configuration,
    AuthorizationServerMetadata server,
    string sample,
    UsualAddress.Places places
)
{
    /// <summary>Whether it still is theirs: registrations and metadata that have changed are other objects.</summary>
    public bool IsOf(ClientConfiguration client, AuthorizationServerMetadata itsServer) =>
        ReferenceEquals(configuration, client) && ReferenceEquals(server, itsServer);

    /// <summary>The same with values of its own, as long as those in the sample.</summary>
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

    /// <summary>Where each value begins.</summary>
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
