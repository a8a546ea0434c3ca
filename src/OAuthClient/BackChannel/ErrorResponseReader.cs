using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Finds the error code and the reason in an error response of any form: members of RFC 6749 §5.2, members with other names, an object in
/// <c>error</c>, a list in <c>errors</c>, problem details (RFC 9457), or plain text. The texts are not sanitized.
/// </summary>
internal static class ErrorResponseReader
{
    private const int MaximumDepth = 3;
    private const int MaximumReasons = 3;
    private const int MaximumText = 4 * 1024;

    // Names of the code, the most specific first. "type" can be the address of problem details.
    private static readonly string[] CodeNames =
    [
        ParameterNames.Error,
        "error_code",
        "errorCode",
        "errorcode",
        "errcode",
        "error_type",
        "errorType",
        "code",
        "type",
        "status",
    ];

    private static readonly string[] ReasonNames =
    [
        ParameterNames.ErrorDescription,
        "error_message",
        "errorMessage",
        "error_msg",
        "errmsg",
        "errorSummary",
        "message",
        "Message",
        "msg",
        "faultstring",
        "title",
        "detail",
        "description",
        "reason",
    ];

    // Members that contain the error, or a list of errors.
    private static readonly string[] ContainerNames = [ParameterNames.Error, "errors", "fault", "detail", "data"];

    // A number in one of these is a code of the server; a number in "code" or "status" can be the HTTP status.
    private static readonly string[] NumericCodeNames = ["error_code", "errorCode", "errcode"];

    private static readonly SearchValues<char> NoCode = SearchValues.Create("/:");

    private static readonly SearchValues<char> WordCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ "
    );

    /// <summary>Finds the code and the reason in a JSON object.</summary>
    /// <param name="json">The response.</param>
    /// <param name="isSuccess">
    /// Whether the status is that of a success. Such a response can contain an authorization code in <c>code</c> and tokens in a list, so
    /// neither becomes a part of a message.
    /// </param>
    /// <returns>The code and the reason; each is <see langword="null"/> if there is none.</returns>
    public static (string? Code, string? Reason) Find(JsonElement json, bool isSuccess)
    {
        // The form of the specification has no other reason beside it.
        if (
            json.TextIfAny(ParameterNames.Error) is { Length: > 0 } error
            && json.TextIfAny(ParameterNames.ErrorDescription) is { } standard
        )
            return (error, standard);
        ErrorReasons reasons = new(isSuccess);
        string? code = FindIn(json, isNested: false, depth: 0, reasons);
        return (code, reasons.Texts.Count == 0 ? null : string.Join("; ", reasons.Texts.Distinct().Take(MaximumReasons)));
    }

    /// <summary>Finds the reason in the body of an error response that is not a JSON object: a plain text, or a JSON string.</summary>
    /// <param name="body">The body.</param>
    /// <returns>The text; <see langword="null"/> if the body has another format.</returns>
    public static string? FindInText(ReadOnlySpan<byte> body)
    {
        if (body.Length > MaximumText)
            return null;
        string text = Encoding.UTF8.GetString(body).Trim().Trim('\uFEFF');
        if (text is ['"', .., '"'])
            text = text[1..^1];
        // JSON that cannot be parsed, a page, and an encoded form can contain more than the reason.
        return text.Length > 0 && text[0] is not ('{' or '[' or '<') && !text.Contains('=', StringComparison.Ordinal)
            ? string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))
            : null;
    }

    private static string? FindIn(JsonElement json, bool isNested, int depth, ErrorReasons reasons)
    {
        string? code =
            CodeNames.Select(name => reasons.Checked(TextCodeOf(json.Member(name), name), name)).FirstOrDefault(text => text is not null)
            ?? CodeNames.Select(name => NumericCodeOf(json.Member(name), name, isNested)).FirstOrDefault(number => number is not null);
        foreach (string name in ReasonNames)
        {
            if (json.TextIfAny(name) is { } reason && !string.IsNullOrWhiteSpace(reason))
                reasons.Texts.Add(reason);
        }
        string? inner = null;
        foreach (string name in ContainerNames)
            inner ??= FindInContainer(json.Member(name), depth + 1, reasons);
        return NestedCodeWins(code, json) ? inner ?? code : code ?? inner;
    }

    private static string? FindInContainer(JsonElement container, int depth, ErrorReasons reasons)
    {
        if (depth > MaximumDepth)
            return null;
        switch (container.ValueKind)
        {
            case JsonValueKind.Object when StrictJson.HasReadableNames(container):
                string? code = FindIn(container, isNested: true, depth, reasons);
                // Validation errors by the names of fields, such as {"field": ["reason"]}.
                foreach (var field in container.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Array))
                    FindInContainer(field.Value, depth + 1, reasons);
                return code;
            case JsonValueKind.Array:
                string? first = null;
                foreach (var item in container.EnumerateArray().Take(MaximumReasons))
                {
                    if (item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                        reasons.AddItem(StrictJson.TextIfAnyOf(item));
                    else
                        first ??= FindInContainer(item, depth + 1, reasons);
                }
                return first;
            default:
                return null;
        }
    }

    private static string? TextCodeOf(JsonElement member, string name) =>
        StrictJson.TextIfAnyOf(member) is not { } text || string.IsNullOrWhiteSpace(text) ? null
        // An address (problem details), or an HTTP status as text.
        : name is "type" or "status" or "code" && (text.AsSpan().ContainsAny(NoCode) || text.All(char.IsAsciiDigit)) ? null
        : text;

    private static string? NumericCodeOf(JsonElement member, string name, bool isNested) =>
        member.ValueKind == JsonValueKind.Number && ((isNested && name == "code") || NumericCodeNames.Contains(name))
            ? NonZero(member)
            : null;

    // "status": "error" beside a nested error says less than the nested code.
    private static bool NestedCodeWins(string? code, JsonElement json) =>
        code is not null && json.TextIfAny(ParameterNames.Error) != code && json.Member("error_code").IsAbsent();

    private static string? NonZero(JsonElement number) => number.GetRawText() is var text && text != "0" ? text : null;

    private sealed record ErrorReasons(bool IsOfSuccess)
    {
        public List<string> Texts { get; } = [];

        // An authorization code is no word. The refusal counts nevertheless.
        public string? Checked(string? code, string name) =>
            IsOfSuccess && name == ParameterNames.Code && code is not null && code.AsSpan().ContainsAnyExcept(WordCharacters)
                ? Secret.Redacted
                : code;

        public void AddItem(string? text)
        {
            if (!IsOfSuccess && !string.IsNullOrWhiteSpace(text))
                Texts.Add(text);
        }
    }
}
