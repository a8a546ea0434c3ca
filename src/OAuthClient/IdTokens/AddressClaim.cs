using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>A postal address (OpenID Connect Core §5.1.1).</summary>
[DebuggerDisplay("Address")]
public sealed record AddressClaim
{
    /// <summary><c>formatted</c>: as it stands on a letter; lines may end with a line feed, alone or after a carriage return.</summary>
    public string? Formatted { get; init; }

    /// <summary><c>street_address</c>: may have several lines.</summary>
    public string? StreetAddress { get; init; }

    /// <summary><c>locality</c>: a city.</summary>
    public string? Locality { get; init; }

    /// <summary><c>region</c>: a state or province.</summary>
    public string? Region { get; init; }

    /// <summary><c>postal_code</c>.</summary>
    public string? PostalCode { get; init; }

    /// <summary><c>country</c>.</summary>
    public string? Country { get; init; }

    /// <summary>Names no part of it.</summary>
    public override string ToString() => "Address";

    internal static AddressClaim Of(JsonElement address) =>
        new()
        {
            Formatted = address.TextIfAny("formatted"),
            StreetAddress = address.TextIfAny("street_address"),
            Locality = address.TextIfAny("locality"),
            Region = address.TextIfAny("region"),
            PostalCode = address.TextIfAny("postal_code"),
            Country = address.TextIfAny("country"),
        };
}
