using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Rosud.Tenants;

/// <summary>Stands in for the cluster: each grain interface answers by the functions a test gives it.</summary>
internal sealed class Actors
{
    private readonly ConcurrentDictionary<(Type Grain, string Method), Func<string, object?[], object>> _answers = new();

    public Actors()
    {
        Grains = DispatchProxy.Create<IGrainFactory, Factory>();
        ((Factory)(object)Grains).Actors = this;
    }

    public IGrainFactory Grains { get; }

    /// <summary>Every call so far: interface, key, method, arguments.</summary>
    public ConcurrentQueue<(Type Grain, string Key, string Method, object?[] Arguments)> Calls { get; } = [];

    public Actors On<TGrain>(string method, Func<string, object?[], object> answer)
    {
        _answers[(typeof(TGrain), method)] = answer;
        return this;
    }

    public T? Argument<T>(string method) => Calls.Last(call => call.Method == method).Arguments.OfType<T>().FirstOrDefault();

    private object Answer(Type grain, string key, MethodInfo method, object?[] arguments)
    {
        Calls.Enqueue((grain, key, method.Name, arguments));
        return _answers.TryGetValue((grain, method.Name), out var answer)
            ? answer(key, arguments)
            : throw new InvalidOperationException($"The test did not expect {grain.Name}.{method.Name}.");
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    internal class Factory : DispatchProxy
    {
        internal Actors Actors { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IGrainFactory.CreateObjectReference)) return args![0];
            if (targetMethod.Name == nameof(IGrainFactory.DeleteObjectReference)) return null;
            var interfaceType = targetMethod.GetGenericArguments()[0];
            var grain = (DispatchProxy)typeof(DispatchProxy).GetMethod(nameof(Create), 2, [])!.MakeGenericMethod(interfaceType, typeof(Grain)).Invoke(null, null)!;
            ((Grain)(object)grain).Is(Actors, interfaceType, (string)args![0]!);
            return grain;
        }
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    internal class Grain : DispatchProxy
    {
        private Actors _actors = null!;
        private Type _type = null!;
        private string _key = "";

        internal void Is(Actors actors, Type type, string key) => (_actors, _type, _key) = (actors, type, key);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _actors.Answer(_type, _key, targetMethod!, args ?? []);
    }
}
