namespace Rosud.Channels;

/// <summary>A grain that has open work and may have lost its timers: the sweeper wakes it.</summary>
[Alias("rosud.wakeable")]
internal interface IWakeable : IGrainWithStringKey
{
    /// <summary>Looks after open work now. Harmless when nothing was lost.</summary>
    [Alias("wake")]
    Task Wake();
}
