namespace OAuthClient;

/// <summary>An option that lowers safety.</summary>
/// <typeparam name="TOptions">The options that contain it.</typeparam>
/// <param name="Name">The name, as the application writes it.</param>
/// <param name="IsSet">Whether the option is set.</param>
/// <param name="Consequence">What it makes possible, as part of a sentence.</param>
internal sealed record DangerousOption<TOptions>(string Name, Func<TOptions, bool> IsSet, string Consequence);
