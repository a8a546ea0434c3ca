using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The standard claims about a user (OpenID Connect Core §5.1). What the server did not send, or sent as something else than the specification
/// says, is <see langword="null"/>. All but <see cref="Subject"/> may change and may be anybody's: a user is known by issuer and subject, never by e-mail address or name (§5.7).
/// </summary>
[DebuggerDisplay("Standard claims")]
public sealed record StandardClaims
{
    /// <summary><c>sub</c>: the user's identifier at the server, unique and never reassigned there.</summary>
    public string? Subject { get; init; }

    /// <summary><c>name</c>: in full, as it is to be shown.</summary>
    public string? Name { get; init; }

    /// <summary><c>given_name</c>.</summary>
    public string? GivenName { get; init; }

    /// <summary><c>family_name</c>.</summary>
    public string? FamilyName { get; init; }

    /// <summary><c>middle_name</c>.</summary>
    public string? MiddleName { get; init; }

    /// <summary><c>nickname</c>.</summary>
    public string? Nickname { get; init; }

    /// <summary><c>preferred_username</c>: how the user wants to be called; not unique.</summary>
    public string? PreferredUsername { get; init; }

    /// <summary><c>profile</c>: a page about the user. Untrusted: look at its scheme before it becomes a link.</summary>
    public string? Profile { get; init; }

    /// <summary><c>picture</c>: the address of an image. Untrusted: look at its scheme before it is shown.</summary>
    public string? Picture { get; init; }

    /// <summary><c>website</c>. Untrusted: look at its scheme before it becomes a link.</summary>
    public string? Website { get; init; }

    /// <summary><c>email</c>.</summary>
    public string? Email { get; init; }

    /// <summary><c>email_verified</c>: whether the server made sure that the address was the user's. Some servers send it as text, which is read too.</summary>
    public bool? EmailVerified { get; init; }

    /// <summary><c>gender</c>.</summary>
    public string? Gender { get; init; }

    /// <summary><c>birthdate</c>: <c>YYYY-MM-DD</c>, or <c>YYYY</c>; a year of <c>0000</c> was left out.</summary>
    public string? Birthdate { get; init; }

    /// <summary><c>zoneinfo</c>: a name of the time zone database, such as <c>Europe/Paris</c>.</summary>
    public string? ZoneInfo { get; init; }

    /// <summary><c>locale</c>: a language tag (BCP 47).</summary>
    public string? Locale { get; init; }

    /// <summary><c>phone_number</c>.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary><c>phone_number_verified</c>.</summary>
    public bool? PhoneNumberVerified { get; init; }

    /// <summary><c>address</c> (§5.1.1).</summary>
    public AddressClaim? Address { get; init; }

    /// <summary><c>updated_at</c>.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => "Standard claims";

    internal static StandardClaims Of(JsonElement claims) =>
        new()
        {
            Subject = claims.TextIfAny("sub"),
            Name = claims.TextIfAny("name"),
            GivenName = claims.TextIfAny("given_name"),
            FamilyName = claims.TextIfAny("family_name"),
            MiddleName = claims.TextIfAny("middle_name"),
            Nickname = claims.TextIfAny("nickname"),
            PreferredUsername = claims.TextIfAny("preferred_username"),
            Profile = claims.TextIfAny("profile"),
            Picture = claims.TextIfAny("picture"),
            Website = claims.TextIfAny("website"),
            Email = claims.TextIfAny("email"),
            EmailVerified = YesOrNo(claims, "email_verified"),
            Gender = claims.TextIfAny("gender"),
            Birthdate = claims.TextIfAny("birthdate"),
            ZoneInfo = claims.TextIfAny("zoneinfo"),
            Locale = claims.TextIfAny("locale"),
            PhoneNumber = claims.TextIfAny("phone_number"),
            PhoneNumberVerified = YesOrNo(claims, "phone_number_verified"),
            Address =
                claims.TryGetProperty("address", out var address) && address.ValueKind == JsonValueKind.Object
                    ? AddressClaim.Of(address)
                    : null,
            UpdatedAt = IdTokenClaimsValidator.TryReadTime(claims, "updated_at"),
        };

    private static bool? YesOrNo(JsonElement claims, string name) =>
        !claims.TryGetProperty(name, out var member)
            ? null
            : member.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.String when bool.TryParse(StrictJson.TextIfAnyOf(member), out bool written) => written,
                _ => null,
            };
}
