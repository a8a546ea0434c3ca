using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OAuthClient;

/// <summary>
/// Authorization details: a JSON array of objects, each of which states by its <c>type</c> and other members what an access token may be
/// used for (RFC 9396 §2). Immutable.
/// </summary>
/// <remarks>
/// They may contain personal data, such as account numbers. The library writes only their types to logs and messages.
/// </remarks>
[DebuggerDisplay("Authorization details {ToString()}")]
public sealed class AuthorizationDetails
{
    /// <summary>The maximum length in characters of JSON, because a grant contains them.</summary>
    internal const int MaximumLength = 16 * 1024;

    private const string TypeName = "type";

    private const string Advice =
        "; write an array of objects with a type, such as [{\"type\":\"payment_initiation\",\"actions\":[\"initiate\"]}] (RFC 9396 §2)";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    // The value is encoded again for a query or a form, where escape sequences of JSON would make it longer.
    private static readonly JsonWriterOptions Minified = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string text;

    private AuthorizationDetails(string text, JsonElement json, IReadOnlyList<string> types) =>
        (this.text, Json, Types) = (text, json, types);

    /// <summary>Gets the array.</summary>
    public JsonElement Json { get; }

    /// <summary>Gets the distinct values of <c>type</c>, in the order of the array.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>Parses authorization details to request.</summary>
    /// <param name="json">A JSON array with at least one object, each with a string <c>type</c>.</param>
    /// <returns>The authorization details.</returns>
    /// <exception cref="ArgumentException">The text is not such an array, or an object has a member twice.</exception>
    public static AuthorizationDetails Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return FindFailure(json, out var details) is { } failure ? throw new ArgumentException(failure + ".", nameof(json)) : details!;
    }

    /// <summary>Creates authorization details to request from a JSON value.</summary>
    /// <param name="json">An array with at least one object, each with a string <c>type</c>.</param>
    /// <returns>The authorization details.</returns>
    /// <exception cref="ArgumentException">The value is not such an array, or an object has a member twice.</exception>
    public static AuthorizationDetails From(JsonElement json) =>
        Parse(
            json.ValueKind == JsonValueKind.Undefined
                ? throw new ArgumentException("The JSON value is undefined" + Advice + ".", nameof(json))
                : json.GetRawText()
        );

    /// <summary>Creates authorization details to request from objects of the application.</summary>
    /// <typeparam name="T">
    /// The type of the objects. Its JSON has a member <c>type</c>. A base type with <c>JsonPolymorphic</c>, whose
    /// <c>TypeDiscriminatorPropertyName</c> is <c>type</c>, allows objects of several types.
    /// </typeparam>
    /// <param name="typeInfo">How the objects are serialized: a property of the application's <c>JsonSerializerContext</c>.</param>
    /// <param name="details">The objects.</param>
    /// <returns>The authorization details.</returns>
    /// <exception cref="ArgumentException">There is no object, or the JSON of one has no string <c>type</c>.</exception>
    public static AuthorizationDetails From<T>(JsonTypeInfo<T> typeInfo, params IEnumerable<T> details)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        ArgumentNullException.ThrowIfNull(details);
        return Parse($"[{string.Join(',', details.Select(one => JsonSerializer.Serialize(one, typeInfo)))}]");
    }

    /// <summary>Deserializes the objects of one type, or all objects.</summary>
    /// <typeparam name="T">The type to deserialize to.</typeparam>
    /// <param name="typeInfo">How the objects are deserialized: a property of the application's <c>JsonSerializerContext</c>.</param>
    /// <param name="type">The value of <c>type</c> that the objects have; <see langword="null"/> for all objects.</param>
    /// <returns>The objects in the order of the array; empty if there is none of this type.</returns>
    /// <exception cref="JsonException">An object does not have the form of <typeparamref name="T"/>.</exception>
    public IReadOnlyList<T> Read<T>(JsonTypeInfo<T> typeInfo, string? type = null)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return
        [
            .. Json.EnumerateArray()
                .Where(one => type is null || one.TextIfAny(TypeName) == type)
                .Select(one =>
                    one.Deserialize(typeInfo)
                    ?? throw new JsonException($"An object of the authorization details became null as {typeof(T)}.")
                ),
        ];
    }

    /// <summary>Adds further authorization details, for example of another type.</summary>
    /// <param name="further">The further authorization details. Objects that are already present are not added.</param>
    /// <returns>New authorization details; this instance does not change.</returns>
    /// <exception cref="ArgumentException">Together they are too long.</exception>
    public AuthorizationDetails With(AuthorizationDetails further)
    {
        ArgumentNullException.ThrowIfNull(further);
        var all = Json.EnumerateArray().ToList();
        all.AddRange(further.Json.EnumerateArray().Where(one => !all.Exists(known => JsonElement.DeepEquals(known, one))));
        return Parse($"[{string.Join(',', all.Select(one => one.GetRawText()))}]");
    }

    /// <summary>Returns the JSON text of the array, without white space.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => text;

    /// <summary>Returns the types, and no other member.</summary>
    /// <returns>The types, separated by commas.</returns>
    public override string ToString() => string.Join(", ", Types);

    /// <summary>Validates the text of authorization details to request.</summary>
    /// <param name="json">The text.</param>
    /// <param name="details">The authorization details; <see langword="null"/> if the text is not valid.</param>
    /// <returns>The reason why they cannot be requested, as a sentence without the period; <see langword="null"/> if they can.</returns>
    internal static string? FindFailure(string json, out AuthorizationDetails? details)
    {
        details = Read(json, out string? failure);
        if (details is { Types.Count: 0 })
            (details, failure) = (
                null,
                "The array is empty, which requests nothing; leave it out, or add an object with a type (RFC 9396 §2)"
            );
        return failure;
    }

    /// <summary>
    /// Reads what a server granted, which may be an empty array, or the text of the array. The other members of an object are not judged.
    /// </summary>
    /// <param name="member">The member <c>authorization_details</c>.</param>
    /// <returns>The authorization details; <see langword="null"/> if the value is not an array of objects with a type.</returns>
    internal static AuthorizationDetails? TryRead(JsonElement member) =>
        (StrictJson.TextIfAnyOf(member) ?? StrictJson.RawTextIfAny(member)) is { } json ? TryParse(json) : null;

    /// <summary>Parses the text of an array, which may be empty; <see langword="null"/> for another text.</summary>
    internal static AuthorizationDetails? TryParse(string json) => Read(json, out _);

    private static AuthorizationDetails? Read(string json, out string? failure)
    {
        if (json.Length > MaximumLength)
        {
            failure = $"The JSON is longer than {MaximumLength} characters; request less at a time";
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            failure = FindFailure(document.RootElement);
            return failure is null ? Create(document.RootElement) : null;
        }
        // For text that is not valid Unicode the last two are thrown.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            failure = "The text is not JSON, or an object has a member twice" + Advice;
            return null;
        }
    }

    private static string? FindFailure(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
            return $"The JSON is {Describe(json)} and not an array" + Advice;
        int number = 0;
        foreach (var item in json.EnumerateArray())
        {
            number++;
            if (item.ValueKind != JsonValueKind.Object)
                return $"Item {number} of the array is {Describe(item)} and not an object" + Advice;
            if (string.IsNullOrWhiteSpace(item.TextIfAny(TypeName)))
                return $"Item {number} of the array has no 'type' that is a text, which states what kind of access it describes" + Advice;
        }
        return null;
    }

    private static string Describe(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        };

    private static AuthorizationDetails Create(JsonElement json)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Minified))
            json.WriteTo(writer);
        return new(
            Encoding.UTF8.GetString(bytes.WrittenSpan),
            json.Clone(),
            [.. json.EnumerateArray().Select(item => item.TextIfAny(TypeName)!).Distinct()]
        );
    }
}
