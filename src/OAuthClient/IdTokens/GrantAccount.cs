using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The user's account at the server that a grant belongs to, for a text such as "connected as Alice". The server states the values; the
/// user can often change them there, so only <see cref="Id"/> identifies the user.
/// </summary>
[DebuggerDisplay("Grant account")]
public sealed record GrantAccount
{
    internal GrantAccount(string id) => Id = id;

    /// <summary>
    /// Gets the identifier of the account, which is unique at the server: the <c>sub</c> (OpenID Connect Core §2), or the member that
    /// <see cref="ServerAdaptationOptions.UserIdMember"/> names.
    /// </summary>
    public string Id { get; }

    /// <summary>Gets the name to show: the full name, or else the user name; <see langword="null"/> if the server states none.</summary>
    public string? Name { get; internal init; }

    /// <summary>Gets the e-mail address, which the server may not have verified; <see langword="null"/> if it states none.</summary>
    public string? Email { get; internal init; }

    /// <summary>
    /// Gets the address of a picture, with the scheme <c>https</c>; <see langword="null"/> if the server states none.
    /// </summary>
    public Uri? Picture { get; internal init; }

    /// <summary>Returns a fixed text, because the values are personal data.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => "Grant account";

    /// <summary>Reads the account from the claims of an ID Token or a UserInfo response.</summary>
    internal static GrantAccount From(string id, JsonElement claims) =>
        new(id)
        {
            Name = FirstText(claims, ServerAdaptation.AccountNameMembers),
            Email = FirstText(claims, ServerAdaptation.AccountEmailMembers),
            Picture =
                Uri.TryCreate(FirstText(claims, ServerAdaptation.AccountPictureMembers), UriKind.Absolute, out var picture)
                && picture.Scheme == Uri.UriSchemeHttps
                    ? picture
                    : null,
        };

    /// <summary>Reads the identifier from a member, which may be a number.</summary>
    /// <returns>The identifier; <see langword="null"/> if the member is absent or of another type.</returns>
    internal static string? IdOf(JsonElement claims, string member) =>
        claims.Member(member) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long id)
            ? id.ToString(CultureInfo.InvariantCulture)
            : TextOf(claims, member);

    private static string? FirstText(JsonElement claims, IReadOnlyList<string> members) =>
        members.Select(member => TextOf(claims, member)).FirstOrDefault(text => text is not null);

    private static string? TextOf(JsonElement claims, string member) =>
        claims.TextIfAny(member) is { } text && !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal)
            ? text
            : null;
}
