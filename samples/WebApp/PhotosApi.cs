using System.Text.Json;

namespace WebApp;

/// <summary>Knows nothing of OAuth: its HttpClient brings the access token.</summary>
public sealed class PhotosApi(HttpClient http)
{
    public async Task<IReadOnlyList<Photo>> ListAsync() => await http.GetFromJsonAsync<Photo[]>("/photos", JsonSerializerOptions.Web) ?? [];
}

public sealed record Photo(string Id, string Title, string Image);
