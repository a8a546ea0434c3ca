namespace OAuthClient.Conventions.Tests;

/// <summary>Tests that each log message has its own event id, and that the documentation lists it for operators.</summary>
public sealed class LogMessageTests
{
    private const string Document =
        "### OAuthClient\n\n| 1 | Warning | One {Name} | Nothing. |\n\n### Other\n\n| 2 | Error | Two | Nothing. |\n";

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Log_messages_have_unique_event_ids_and_are_documented(string project) =>
        Rule.Holds(
            "Give the log message an event id of its own, and update its row in the table:",
            LogMessages.Breaches(SourceTree.Load(project), File.ReadAllText(Path.Combine(Repository.Root, LogMessages.Document)))
        );

    [TestCase("[LoggerMessage(1, LogLevel.Warning, \"One \" + \"{Name}\")] void One();", null)]
    [TestCase("[LoggerMessage(1, LogLevel.Error, \"One {Name}\")] void One();", "Log.cs:2 is not in")]
    [TestCase("[LoggerMessage(1, LogLevel.Warning, \"Another\")] void One();", "the row starts with | 1 | Warning | Another |")]
    [TestCase("[LoggerMessage(2, LogLevel.Error, \"Two\")] void Two();", "Log.cs:2 is not in")]
    [TestCase("[LoggerMessage(EventId = 1, Message = \"One\")] void One();", "does not state event id, level and message")]
    [TestCase("", "a row without a log message: | 1 |")]
    [TestCase(
        "[LoggerMessage(1, LogLevel.Warning, \"One {Name}\")] void One();\n"
            + "[LoggerMessage(1, LogLevel.Warning, \"One {Name}\")] void Two();",
        "uses the event id 1 at Log.cs:2 and Log.cs:3"
    )]
    public void A_breach_is_reported(string members, string? fault)
    {
        var sources = SourceTree.Of("OAuthClient", ("Log.cs", $"namespace OAuthClient; partial class Log {{\n{members}\n}}"));
        var breaches = LogMessages.Breaches(sources, Document).ToArray();
        Assert.That(breaches, fault is null ? Is.Empty : Has.Some.Contains(fault));
    }
}
