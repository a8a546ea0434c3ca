using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An ID Token (OpenID Connect Core §2) in its compact form, as the server sent it.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<IdToken>))]
public sealed class IdToken : Secret
{
    internal IdToken(string value)
        : base(value) { }
}
