namespace Rosud.Runs;

/// <summary>Who can be killed.</summary>
internal enum Actor
{
    Run,
    Supervisor,
    Channel,
}
