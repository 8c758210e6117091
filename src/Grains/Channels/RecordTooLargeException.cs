namespace Rosud.Channels;

/// <summary>A command would change more at once than one record can hold, the values before included. Nothing was done, and repeating it changes nothing.</summary>
internal sealed class RecordTooLargeException() : Exception("This changes more at once than one record can hold (about 4 MiB with the values before): do it in parts.");
