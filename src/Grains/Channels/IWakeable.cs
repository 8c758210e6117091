namespace Rosud.Channels;

/// <summary>A grain that may have work to take up again after the silo that did it is gone.</summary>
/// <remarks>While it has, it owns a reminder named <see cref="Reminder"/>: that is how the sweeper finds it.</remarks>
[Alias("rosud.wakeable")]
internal interface IWakeable : IGrainWithStringKey
{
    /// <summary>The name of the reminder, in the reminder table.</summary>
    const string Reminder = "open-runs";

    /// <summary>Takes up what is unfinished. Waking a grain that is awake changes nothing.</summary>
    [Alias("wake")]
    Task Wake();
}
