using System.Collections.Immutable;
using Rosud.Context;
using Rosud.Tenants;

namespace Rosud.Agents;

/// <summary>What a registration must look like, and when two are the same.</summary>
internal static class AgentSpecRules
{
    private const int DescriptionLengthMax = 4_096;
    private const int PatternsMax = 256;
    private const int WordLengthMax = 128;
    private const int SecretLengthMax = 1_024;
    private const int UrlLengthMax = 2_048;
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(7);

    public static ImmutableArray<ProblemError> Faults(AgentSpec spec)
    {
        var faults = ImmutableArray.CreateBuilder<ProblemError>();
        void Check(bool good, string pointer, string message)
        {
            if (!good) faults.Add(new(pointer, message));
        }

        Check(spec.Description.Length <= DescriptionLengthMax, "/description", "May have 4,096 characters.");
        Check(spec.MaxConcurrency is >= 1 and <= 10_000, "/max_concurrency", "Must be 1 to 10,000.");
        Check(spec.QueueLimit is >= 0 and <= 100_000, "/queue_limit", "Must be 0 to 100,000.");
        Check(spec.Timeout >= TimeSpan.FromMilliseconds(1) && spec.Timeout <= TimeoutMax, "/timeout_ms", "Must be 1 ms to 7 days.");
        Check(spec.Version is null or { Length: > 0 and <= WordLengthMax }, "/version", "Must have 1 to 128 characters.");
        Check(spec.Capability is null || Names.IsValid(spec.Capability), "/capability", "Must be a name: a-z 0-9 . _ -, at most 128.");
        Check(spec.Dependency is null || Names.IsValid(spec.Dependency), "/dependency", "Must be a name: a-z 0-9 . _ -, at most 128.");
        Patterns(spec.Reads, "/reads", faults);
        Patterns(spec.Writes, "/writes", faults);
        Transport(spec.Transport, Check);
        if (spec.OutputSchema is { } schema) faults.AddRange(KeySchema.Faults(schema, "/output_schema"));
        return faults.ToImmutable();
    }

    public static bool AreEqual(AgentSpec a, AgentSpec b) =>
        a with { Reads = [], Writes = [] } == b with { Reads = [], Writes = [] }
        && a.Reads.AsSpan().SequenceEqual(b.Reads.AsSpan())
        && a.Writes.AsSpan().SequenceEqual(b.Writes.AsSpan());

    private static void Patterns(ImmutableArray<KeyPattern> patterns, string pointer, ImmutableArray<ProblemError>.Builder faults)
    {
        if (patterns.IsDefault) faults.Add(new(pointer, "Must be an array."));
        if (patterns.IsDefaultOrEmpty) return;
        if (patterns.Length > PatternsMax) faults.Add(new(pointer, "May have 256 entries."));
        for (var index = 0; index < patterns.Length; index++)
        {
            if (!KeyPattern.IsValid(patterns[index].Value)) faults.Add(new($"{pointer}/{index}", "Must be a key, or a prefix that ends in *."));
        }
    }

    private static void Transport(Transport transport, Action<bool, string, string> check)
    {
        check(Enum.IsDefined(transport.Kind), "/transport/kind", "Must be pull, webhook or in_process.");
        check(transport.Secret is null or { Length: > 0 and <= SecretLengthMax }, "/transport/secret", "Must have 1 to 1,024 characters.");
        if (transport.Kind is not TransportKind.Webhook)
        {
            check(transport.Url is null, "/transport/url", "Only a webhook agent has a url.");
            return;
        }

        var url = transport.Url;
        check(
            url is { IsAbsoluteUri: true } && url.OriginalString.Length <= UrlLengthMax && url.Scheme is "http" or "https" && url.UserInfo.Length == 0,
            "/transport/url",
            "Must be an absolute http or https url without user name and password, at most 2,048 characters.");
    }
}
