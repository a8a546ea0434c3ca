using OAuthClient.Benchmarks;

switch (args)
{
    case ["--ratios", .. var lines]:
        await Ratios.PrintAsync(lines);
        return 0;
    case ["--scale", .. var lines]:
        await Scale.PrintAsync(lines);
        return 0;
    default:
        Console.Error.WriteLine("Usage: --ratios [line …] or --scale [line …], for example: --ratios handler_client cold_start");
        return 1;
}
