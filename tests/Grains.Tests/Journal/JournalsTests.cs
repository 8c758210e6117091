using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using Rosud.Context;

namespace Rosud.Journal;

public sealed class JournalsTests
{
    private readonly ServiceProvider _services;

    public JournalsTests() => _services = new ServiceCollection()
        .AddSerializer()
        .AddKeyedSingleton<IGrainStorage, SerializingStorage>(IJournals.StorageName)
        .AddRosudJournals()
        .BuildServiceProvider();

    [Fact]
    public void A_journal_and_a_value_live_in_the_grain_storage_of_the_silo() => OneThread.Run(async () =>
    {
        var grain = GrainId.Create("channel", "acme/main");
        var journal = Journals.Open(grain);
        await journal.Activate(default);
        await journal.Append([new(1, "note"u8.ToArray(), [new("a", default, "1"u8.ToArray())])], null!);
        var value = Journals.OpenValue<JsonValue>(grain);
        await value.Activate(default);
        await value.Write(JsonValue.Parse("{\"a\":1}"));

        var recovery = await Journals.Open(grain).Activate(default);
        Assert.Equal("1"u8.ToArray(), recovery.Live["a"].ToArray());
        var again = Journals.OpenValue<JsonValue>(grain);
        await again.Activate(default);
        Assert.Equal(value.Value, again.Value);
        Assert.Empty((await Journals.Open(GrainId.Create("channel", "acme/other")).Activate(default)).Live);
    });

    [Fact]
    public void Records_are_stored_as_they_are_and_name_no_type() => OneThread.Run(async () =>
    {
        await Journals.Open(GrainId.Create("channel", "acme/main")).Activate(default);

        var storage = (SerializingStorage)_services.GetRequiredKeyedService<IGrainStorage>(IJournals.StorageName);
        Assert.Equal(2, storage.Contents.Count);
        Assert.All(storage.Contents, content => Assert.Equal(1, RecordFrame.Read(content.ToMemory()).Epoch));
        Assert.All(storage.Contents, content => Assert.DoesNotContain("Rosud", Encoding.Latin1.GetString(content), StringComparison.OrdinalIgnoreCase));
    });

    [Fact]
    public void Other_state_survives_the_serializer_too()
    {
        var serializer = _services.GetRequiredService<IGrainStorageSerializer>();
        var state = new Dictionary<string, ContentHash> { ["a"] = JsonValue.Null.Hash };

        Assert.Equal(state, serializer.Deserialize<Dictionary<string, ContentHash>>(serializer.Serialize(state)));
    }

    private IJournals Journals => _services.GetRequiredService<IJournals>();

    /// <summary>A grain storage that keeps what the silo's serializer makes.</summary>
    private sealed class SerializingStorage(IGrainStorageSerializer serializer) : IGrainStorage
    {
        private readonly Dictionary<(string Name, GrainId Grain), (BinaryData Content, string ETag)> _states = [];

        public IReadOnlyCollection<BinaryData> Contents => [.. _states.Values.Select(state => state.Content)];

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = _states.TryGetValue((stateName, grainId), out var found);
            if (grainState.RecordExists) (grainState.State, grainState.ETag) = (serializer.Deserialize<T>(found.Content), found.ETag);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (_states.GetValueOrDefault((stateName, grainId)).ETag != grainState.ETag) throw new InconsistentStateException();
            grainState.ETag += "+";
            grainState.RecordExists = true;
            _states[(stateName, grainId)] = (serializer.Serialize(grainState.State), grainState.ETag);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
