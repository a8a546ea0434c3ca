using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Represents the standard claims about a user (OpenID Connect Core §5.1). A claim is <see langword="null"/> when the server did not send
/// it or sent it with a type that the specification does not allow. Identify a user by issuer and subject, never by e-mail address or name:
/// all claims except <see cref="Subject"/> may change and are not unique (§5.7).
/// </summary>
[DebuggerDisplay("Standard claims")]
public sealed record StandardClaims
{
    /// <summary>Gets or sets the user's identifier at the server (<c>sub</c>), which is unique and never reassigned there.</summary>
    public string? Subject { get; init; }

    /// <summary>Gets or sets the full name for display (<c>name</c>).</summary>
    public string? Name { get; init; }

    /// <summary>Gets or sets the given name (<c>given_name</c>).</summary>
    public string? GivenName { get; init; }

    /// <summary>Gets or sets the family name (<c>family_name</c>).</summary>
    public string? FamilyName { get; init; }

    /// <summary>Gets or sets the middle name (<c>middle_name</c>).</summary>
    public string? MiddleName { get; init; }

    /// <summary>Gets or sets the nickname (<c>nickname</c>).</summary>
    public string? Nickname { get; init; }

    /// <summary>Gets or sets the user name that the user prefers (<c>preferred_username</c>). It is not unique.</summary>
    public string? PreferredUsername { get; init; }

    /// <summary>
    /// Gets or sets the address of the user's profile page (<c>profile</c>). It is untrusted: check its scheme before you render a link.
    /// </summary>
    public string? Profile { get; init; }

    /// <summary>
    /// Gets or sets the address of the user's picture (<c>picture</c>). It is untrusted: check its scheme before you show the image.
    /// </summary>
    public string? Picture { get; init; }

    /// <summary>
    /// Gets or sets the address of the user's website (<c>website</c>). It is untrusted: check its scheme before you render a link.
    /// </summary>
    public string? Website { get; init; }

    /// <summary>Gets or sets the e-mail address (<c>email</c>).</summary>
    public string? Email { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the server verified that the e-mail address belongs to the user (<c>email_verified</c>). The
    /// strings <c>true</c> and <c>false</c>, which some servers send, are read as well.
    /// </summary>
    public bool? EmailVerified { get; init; }

    /// <summary>Gets or sets the gender (<c>gender</c>).</summary>
    public string? Gender { get; init; }

    /// <summary>
    /// Gets or sets the date of birth (<c>birthdate</c>) as <c>YYYY-MM-DD</c> or <c>YYYY</c>. The year <c>0000</c> means that the year is
    /// omitted.
    /// </summary>
    public string? Birthdate { get; init; }

    /// <summary>Gets or sets the time zone (<c>zoneinfo</c>) as a name of the IANA database, such as <c>Europe/Paris</c>.</summary>
    public string? ZoneInfo { get; init; }

    /// <summary>Gets or sets the locale (<c>locale</c>) as a language tag (BCP 47).</summary>
    public string? Locale { get; init; }

    /// <summary>Gets or sets the telephone number (<c>phone_number</c>).</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the server verified that the telephone number belongs to the user
    /// (<c>phone_number_verified</c>).
    /// </summary>
    public bool? PhoneNumberVerified { get; init; }

    /// <summary>Gets or sets the postal address (<c>address</c>, §5.1.1).</summary>
    public AddressClaim? Address { get; init; }

    /// <summary>Gets or sets the time at which the user's data were last updated (<c>updated_at</c>).</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Returns a fixed text that contains no claim value.</summary>
    /// <returns>The text.</returns>
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
            EmailVerified = Boolean(claims, "email_verified"),
            Gender = claims.TextIfAny("gender"),
            Birthdate = claims.TextIfAny("birthdate"),
            ZoneInfo = claims.TextIfAny("zoneinfo"),
            Locale = claims.TextIfAny("locale"),
            PhoneNumber = claims.TextIfAny("phone_number"),
            PhoneNumberVerified = Boolean(claims, "phone_number_verified"),
            Address = claims.Member("address") is { ValueKind: JsonValueKind.Object } address ? AddressClaim.Of(address) : null,
            UpdatedAt = NumericDate.TryRead(claims, "updated_at"),
        };

    private static bool? Boolean(JsonElement claims, string name) =>
        claims.Member(name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => bool.TryParse(claims.TextIfAny(name), out bool parsed) ? parsed : null,
        };
}
