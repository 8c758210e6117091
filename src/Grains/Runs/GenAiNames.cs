namespace Rosud.Runs;

/// <summary>The names of OpenTelemetry's conventions for generative AI that Rosud uses. All of them are here: the conventions still change.</summary>
internal static class GenAiNames
{
    /// <summary>Histogram of tokens, by <see cref="TokenType"/>.</summary>
    public const string TokenUsage = "gen_ai.client.token.usage";

    /// <summary><see cref="Input"/> or <see cref="Output"/>.</summary>
    public const string TokenType = "gen_ai.token.type";

    public const string Input = "input";

    public const string Output = "output";

    public const string Operation = "gen_ai.operation.name";

    public const string InvokeAgent = "invoke_agent";

    public const string AgentName = "gen_ai.agent.name";

    public const string Model = "gen_ai.response.model";

    public const string InputTokens = "gen_ai.usage.input_tokens";

    public const string OutputTokens = "gen_ai.usage.output_tokens";
}
