using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient.Tests;

/// <summary>
/// Reads sample data of every version of stored data, as every later build must. A sample never changes. A text file beside it holds its
/// values. A member that is added later gets a new sample.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StoredSamplesTests
{
    private const string Values = ".txt";

    private static readonly Assembly Resources = typeof(StoredSamplesTests).Assembly;

    private static IEnumerable<string> Samples =>
        Resources
            .GetManifestResourceNames()
            .Where(name => name.StartsWith("sample:", StringComparison.Ordinal))
            .Select(name => name["sample:".Length..])
            .Where(name => !name.EndsWith(Values, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Samples))]
    [Description("Samples of every version are read with the values that were written")]
    public void Every_sample_is_read(string name)
    {
        byte[] data = Bytes(name);
        string values = name.Split('.')[0] switch
        {
            "grant" => ValuesOf(Grant.Unprotect(data, Identity)),
            "client" => ValuesOf(DynamicClient.Unprotect(data, Identity)),
            "pending-authorization" => ValuesOf(PendingAuthorization.Unprotect(data, Identity)),
            "pending-logout" => ValuesOf(PendingLogout.Unprotect(data, Identity)),
            _ => throw new InvalidOperationException($"{name} is a sample of an unknown kind."),
        };
        Assert.That(values, Is.EqualTo(Text(name + Values).ReplaceLineEndings("\n")));
    }

    [TestCase("grant", GrantSerializer.Version)]
    [TestCase("client", DynamicClientSerializer.Version)]
    [TestCase("pending-authorization", PendingAuthorizationSerializer.Version)]
    [TestCase("pending-logout", PendingLogoutSerializer.Version)]
    [Description("Each serialized member occurs in a sample of the current version; a new member requires a new sample")]
    public void Every_member_has_a_sample(string kind, int version)
    {
        string start = string.Create(CultureInfo.InvariantCulture, $"{kind}.{version}.");
        var samples = Samples.Where(name => name.StartsWith(start, StringComparison.Ordinal)).ToList();
        Assert.That(samples, Is.Not.Empty);
        var members = kind switch
        {
            "grant" => JsonMembers(typeof(GrantJson)).Concat(JsonMembers(typeof(AccessTokenJson))),
            "client" => JsonMembers(typeof(DynamicClientJson)),
            "pending-authorization" => Numbers(typeof(PendingAuthorizationSerializer)),
            _ => Numbers(typeof(PendingLogoutSerializer)),
        };
        var sampled = samples
            .SelectMany(name => name.EndsWith(".json", StringComparison.Ordinal) ? JsonMembersIn(name) : NumbersIn(name))
            .ToHashSet(StringComparer.Ordinal);
        Assert.That(members.Where(member => !sampled.Contains(member)), Is.Empty);
    }

    private static IEnumerable<string> JsonMembers(Type type) =>
        type.GetProperties()
            .Where(property => property.Name != "Unknown")
            .Select(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? property.Name);

    private static IEnumerable<string> Numbers(Type serializer) =>
        serializer
            .GetFields(BindingFlags.NonPublic | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.FieldType == typeof(int))
            .Select(field => (int)field.GetRawConstantValue()!)
            .Select(number => number.ToString(CultureInfo.InvariantCulture));

    private static List<string> JsonMembersIn(string name)
    {
        using var json = JsonDocument.Parse(Bytes(name));
        List<string> names = [];
        foreach (var member in json.RootElement.EnumerateObject())
        {
            names.Add(member.Name);
            if (member.Name == "AccessTokens")
                names.AddRange(member.Value.EnumerateArray().SelectMany(token => token.EnumerateObject().Select(inner => inner.Name)));
        }
        return names;
    }

    private static List<string> NumbersIn(string name)
    {
        using MemoryStream bytes = new(Bytes(name));
        using BinaryReader reader = new(bytes);
        reader.ReadByte();
        List<string> numbers = [];
        for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            numbers.Add(reader.Read7BitEncodedInt().ToString(CultureInfo.InvariantCulture));
            reader.ReadBytes(reader.Read7BitEncodedInt());
        }
        return numbers;
    }

    private static string ValuesOf(Grant grant)
    {
        StringBuilder text = new();
        Line(text, "Id", grant.Id);
        Line(text, "ClientName", grant.ClientName);
        Line(text, "Owner", grant.Owner.ToString());
        Line(text, "Server", grant.Server);
        Line(text, "ClientId", grant.ClientId);
        Line(text, "Scopes", string.Join(' ', grant.Scopes));
        Line(text, "Resources", string.Join(' ', grant.Resources));
        Line(text, "CreatedAt", grant.CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        Line(text, "Generation", grant.Generation.ToString(CultureInfo.InvariantCulture));
        Line(text, "Subject", grant.Subject);
        Line(text, "SessionId", grant.SessionId);
        Line(text, "SignInId", grant.SignInId);
        Line(text, "SignInExpiresAt", Moment(grant.SignInExpiresAt));
        Line(text, "RefreshToken", grant.RefreshToken?.Reveal());
        Line(text, "IdToken", grant.IdToken?.Reveal());
        foreach (var (key, token) in grant.Tokens.OrderBy(token => token.Key, StringComparer.Ordinal))
        {
            Line(
                text,
                $"AccessToken '{key}'",
                $"{token.Reveal()}, issued {Moment(token.IssuedAt)}, expires {Moment(token.ExpiresAt) ?? "never"}, "
                    + $"scopes {string.Join(' ', token.Scopes)}, resources {string.Join(' ', token.Resources)}, "
                    + $"replaces rejected {token.ReplacesRejected}"
                    + (token.AuthorizationDetails is { } details ? $", details {details.ToJson()}" : "")
                    + (token.UnexplainedRejection is { } u ? $", unexplained {u.Count} at {Moment(u.ReplacedAt)}" : "")
                    + (token.Key is { } bound ? $", key {bound.Thumbprint}" : "")
            );
        }
        Line(text, "FirstIdTokenIssuedAt", Moment(grant.FirstIdTokenIssuedAt));
        Line(text, "RenewalEndsAt", Moment(grant.RenewalEndsAt));
        Line(text, "Account", grant.UserInfoAccount is { } a ? $"{a.Id}, {a.Name}, {a.Email}, {a.Picture}" : null);
        Line(text, "AuthorizationParameters", string.Join('|', grant.AuthorizationParameters));
        Line(text, "RefreshTokenExpiresAt", Moment(grant.RefreshTokenExpiresAt));
        Line(text, "AuthorizationDetails", grant.AuthorizationDetails?.ToJson());
        foreach (var (name, member) in grant.TokenResponseMembers.OrderBy(member => member.Key, StringComparer.Ordinal))
            Line(text, $"TokenResponseMember '{name}'", member.Reveal());
        foreach (var (name, parameter) in grant.UntrustedCallbackParameters)
            Line(text, $"UntrustedCallbackParameter '{name}'", parameter.Reveal());
        Line(text, "DPoPKey", Key(grant.DPoPKey));
        return text.ToString();
    }

    private static string ValuesOf(DynamicClient client)
    {
        StringBuilder text = new();
        Line(text, "ClientName", client.ClientName);
        Line(text, "Server", client.Server);
        Line(text, "ClientId", client.ClientId);
        Line(text, "Generation", client.Generation.ToString(CultureInfo.InvariantCulture));
        Line(text, "RegisteredAt", Moment(client.RegisteredAt));
        Line(text, "LastConfirmedAt", Moment(client.LastConfirmedAt));
        Line(text, "SecretIssuedAt", Moment(client.SecretIssuedAt));
        Line(text, "SecretExpiresAt", Moment(client.SecretExpiresAt));
        Line(text, "Authentication", ClientAuthenticationMethods.Of(client.Authentication).Names[0]);
        Line(text, "Metadata", client.Metadata.GetRawText());
        Line(text, "ClientSecret", client.ClientSecret?.Reveal());
        Line(text, "ManagementUri", client.ManagementUri?.OriginalString);
        Line(text, "RegistrationAccessToken", client.RegistrationAccessToken?.Reveal());
        return text.ToString();
    }

    private static string ValuesOf(PendingAuthorization pending)
    {
        StringBuilder text = new();
        Line(text, "ClientName", pending.ClientName);
        Line(text, "Server", pending.Server);
        Line(text, "Issuer", pending.Issuer);
        Line(text, "RequiresIssuer", pending.RequiresIssuer.ToString());
        Line(text, "RequiresRedirectPathMatch", pending.RequiresRedirectPathMatch.ToString());
        Line(text, "RedirectUri", pending.RedirectUri);
        Line(text, "State", pending.State);
        Line(text, "Nonce", pending.Nonce);
        Line(text, "MaxAge", pending.MaxAge?.ToString("c", CultureInfo.InvariantCulture));
        Line(text, "RequiredAcrValues", string.Join(' ', pending.RequiredAcrValues));
        Line(text, "CodeVerifier", pending.CodeVerifier?.Reveal());
        Line(text, "Scopes", string.Join(' ', pending.Scopes));
        Line(text, "Resources", string.Join(' ', pending.Resources));
        Line(text, "ExpiresAt", Moment(pending.ExpiresAt));
        Line(text, "StoreInstanceId", pending.StoreInstanceId is 0 ? null : pending.StoreInstanceId.ToString(CultureInfo.InvariantCulture));
        Line(text, "RenewsSignIn", pending.RenewsSignIn ? bool.TrueString : null);
        Line(text, "Repeated", string.Join('|', pending.Repeated));
        Line(text, "DPoPKey", Key(pending.DPoPKey));
        return text.ToString();
    }

    private static string ValuesOf(PendingLogout pending)
    {
        StringBuilder text = new();
        Line(text, "ClientName", pending.ClientName);
        Line(text, "ExpectsRedirect", pending.ExpectsRedirect.ToString());
        Line(text, "State", pending.State);
        Line(text, "ExpiresAt", Moment(pending.ExpiresAt));
        return text.ToString();
    }

    // Absent values have no line, so that members of later versions do not change the texts of earlier ones.
    private static void Line(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            text.Append(name).Append(": ").Append(value).Append('\n');
    }

    private static string? Key(DPoPKey? key) => key is null ? null : $"{key.Thumbprint}, {key.PrivateJwk?.Reveal()}";

    private static string? Moment(DateTimeOffset? moment) => moment?.ToString("O", CultureInfo.InvariantCulture);

    private static byte[] Bytes(string name) =>
        name.EndsWith(".hex", StringComparison.Ordinal)
            ? Convert.FromHexString(Text(name).ReplaceLineEndings(""))
            : Encoding.UTF8.GetBytes(Text(name));

    private static string Text(string name)
    {
        using StreamReader reader = new(
            Resources.GetManifestResourceStream("sample:" + name) ?? throw new InvalidOperationException($"{name} is missing.")
        );
        return reader.ReadToEnd();
    }

    private static byte[] Identity(byte[] data) => data;
}
