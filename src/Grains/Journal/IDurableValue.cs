namespace Rosud.Journal;

/// <summary>One durable value of a small grain (agent, network, supervisor, verdict, archived run): one record with epoch and value, under rules R1 and R4 of PROTOCOL-journal.</summary>
/// <remarks>Not thread-safe: all calls come from one grain's scheduler, one <see cref="Write"/> at a time.</remarks>
internal interface IDurableValue<T>
    where T : class
{
    /// <summary>The durable value: assigned after <see cref="Activate"/> and after each <see cref="Write"/>. Null when none was ever written.</summary>
    T? Value { get; }

    /// <summary>The epoch this activation took; 0 while nothing was ever written.</summary>
    long Epoch { get; }

    /// <summary>Reads the value and raises the record's epoch, so that an older activation can no longer write. Call once, before anything else. Writes nothing when there is no value yet.</summary>
    /// <exception cref="JournalFencedException">A newer activation took over meanwhile.</exception>
    Task Activate(CancellationToken cancellationToken);

    /// <summary>Makes <paramref name="value"/> durable. An unknown outcome is resolved inside.</summary>
    /// <exception cref="JournalFencedException">This activation is fenced for good: deactivate. Whether the write landed is unknown.</exception>
    Task Write(T value);
}

/// <summary>Opens what a grain keeps in the storage named <see cref="StorageName"/>. A singleton of the silo.</summary>
internal interface IJournals
{
    /// <summary>The grain storage that everything durable is in: <c>Orleans:GrainStorage:rosud</c>.</summary>
    const string StorageName = "rosud";

    /// <summary>The journal of a grain; not activated yet.</summary>
    IJournal Open(GrainId grain);

    /// <summary>The one durable value of a grain; not activated yet. <typeparamref name="T"/> has a serializer and an alias.</summary>
    IDurableValue<T> OpenValue<T>(GrainId grain)
        where T : class;
}
