namespace OAuthClient;

/// <summary>Finds the address of a grant's API, which the server states beside the token (<c>instance_url</c>, for example).</summary>
/// <param name="find">Returns the address; it may have a path.</param>
/// <param name="within">The patterns of the origins that are allowed, or <see langword="null"/> for those of the stated addresses.</param>
/// <param name="among">The stated addresses by the values among which a grant selects; <see langword="null"/> without such.</param>
internal sealed class GrantAddress(Func<Grant, string?> find, AddressPattern? within, IReadOnlyDictionary<string, AllowedOrigin>? among)
{
    /// <summary>
    /// The origin that stands for the API of the grant until the handler replaces it. It never has an address (RFC 6761 §6.4).
    /// </summary>
    public static readonly Uri Placeholder = new("https://grant.invalid");

    private static readonly AllowedOrigin PlaceholderOrigin = new(Placeholder);

    /// <summary>Gets the text of the allowed origins for messages.</summary>
    public string Text { get; } =
        within is not null ? within.Text : string.Join(", ", among!.Values.Select(origin => origin.Uri.Authority));

    /// <summary>Finds the address of a grant, which may have a path, as an origin.</summary>
    /// <returns>The address; <see langword="null"/> if the grant states none, or one that is not allowed.</returns>
    public AllowedOrigin? Find(Grant grant)
    {
        string? stated;
        try
        {
            // A value of the browser may select a stated address, and never be one.
            stated = find(among is null ? grant.WithoutCallbackParameters() : grant);
        }
        catch (KeyNotFoundException)
        {
            return null;
        }
        if (stated is null)
            return null;
        if (among is not null)
            return among.GetValueOrDefault(stated);
        return Uri.TryCreate(stated, UriKind.Absolute, out var address) && within!.Contains(address) && address.Fragment.Length == 0
            ? new(address)
            : null;
    }

    /// <summary>Determines whether an address has the origin of <see cref="Placeholder"/>.</summary>
    public static bool IsPlaceholder(Uri address) => PlaceholderOrigin.IsOf(address);
}
