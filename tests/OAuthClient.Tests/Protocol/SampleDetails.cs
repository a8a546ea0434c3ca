using System.Text.Json.Serialization;

namespace OAuthClient.Tests;

/// <summary>Authorization details of an application's own types (RFC 9396 §2).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SamplePayment), SamplePayment.TypeName)]
[JsonDerivedType(typeof(SampleAccounts), SampleAccounts.TypeName)]
internal abstract record SampleDetails;

/// <summary>A payment.</summary>
internal sealed record SamplePayment(string Amount, IReadOnlyList<string> Actions) : SampleDetails
{
    public const string TypeName = "payment_initiation";

    public string? DebtorAccount { get; init; }
}

/// <summary>Access to accounts.</summary>
internal sealed record SampleAccounts(IReadOnlyList<string> Actions) : SampleDetails
{
    public const string TypeName = "account_information";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(SampleDetails))]
[JsonSerializable(typeof(SamplePayment))]
internal sealed partial class SampleDetailsJson : JsonSerializerContext;
