namespace Rosud.Agents;

/// <summary>An attempt ended because its handler asked a person; the handler runs again when the answer is there. Let it pass.</summary>
public sealed class AttemptAskedException(string question) : OperationCanceledException("The attempt ended with a question to a person. The handler runs again when it is answered.")
{
    /// <summary>The question's id in its run.</summary>
    public string Question { get; } = question;
}
