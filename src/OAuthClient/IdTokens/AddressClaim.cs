using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Represents a postal address, the value of the <c>address</c> claim (OpenID Connect Core §5.1.1).</summary>
[DebuggerDisplay("Address")]
public sealed record AddressClaim
{
    /// <summary>Gets or sets the full address for display (<c>formatted</c>). It may have several lines, separated by LF or CRLF.</summary>
    public string? Formatted { get; init; }

    /// <summary>Gets or sets the street address (<c>street_address</c>). It may have several lines.</summary>
    public string? StreetAddress { get; init; }

    /// <summary>Gets or sets the city or locality (<c>locality</c>).</summary>
    public string? Locality { get; init; }

    /// <summary>Gets or sets the state, province or region (<c>region</c>).</summary>
    public string? Region { get; init; }

    /// <summary>Gets or sets the postal code (<c>postal_code</c>).</summary>
    public string? PostalCode { get; init; }

    /// <summary>Gets or sets the country (<c>country</c>).</summary>
    public string? Country { get; init; }

    /// <summary>Returns a fixed text that contains no part of the address.</summary>
    /// <returns>The text.</returns>
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
