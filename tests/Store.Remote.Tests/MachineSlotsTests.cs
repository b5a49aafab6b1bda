using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Store.Remote.Machines;
using Xunit;

namespace Firn.Store.Remote.Tests;

public sealed class MachineSlotsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-slots-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private MachineSlots Slots() => new(_directory);

    private static IReadOnlyList<Machine> Machines(string builders) => MachinesText.Parse(builders, "x86_64-linux", _ => null);

    /// <summary>The machines that get builds, one after the other, until all are taken.</summary>
    private List<string> Filled(string builders)
    {
        IReadOnlyList<Machine> machines = Machines(builders);
        List<string> order = [];
        List<IDisposable> places = [];
        // Each time as another process would.
        while (Slots().TryTake(machines, CancellationToken.None) is var (machine, place))
        {
            order.Add(machine.Url["ssh://".Length..]);
            places.Add(place);
        }

        places.ForEach(place => place.Dispose());
        return order;
    }

    [Fact]
    public void PlacesAreAsManyAsJobs() => Assert.Equal(["a", "a", "a"], Filled("a - - 3"));

    [Fact]
    public void AMachineOfNoJobsIsNeverTaken() => Assert.Equal(["b"], Filled("a - - 0 9; b - - 1 1"));

    [Fact]
    public void LoadIsSharedAndTheFirstOfEqualsGoesFirst() => Assert.Equal(["a", "b", "a", "b"], Filled("a - - 2; b - - 2"));

    [Fact]
    public void SpeedCounts() => Assert.Equal(["fast", "slow", "fast", "fast", "slow", "fast"], Filled("slow - - 2 1; fast - - 4 2"));

    [Fact]
    public void APlaceIsFreeAgainAfterItsUse()
    {
        IReadOnlyList<Machine> machines = Machines("a - - 1");
        (Machine _, IDisposable place) = Slots().TryTake(machines, CancellationToken.None)!.Value;
        Assert.Null(Slots().TryTake(machines, CancellationToken.None));
        place.Dispose();
        Assert.NotNull(Slots().TryTake(machines, CancellationToken.None));
    }

    [Fact]
    public void FilesAreNamedAsTheFieldNamesThem()
    {
        IReadOnlyList<Machine> machines = Machines("ssh-ng://me@host - - 1");
        using IDisposable place = Slots().TryTake(machines, CancellationToken.None)!.Value.Place;
        using IDisposable? upload = Slots().TakeUpload(machines[0], TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(["main-lock", "ssh-ng:__me@host-0", "ssh-ng:__me@host.upload-lock"], Directory.EnumerateFiles(_directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Null(Slots().TakeUpload(machines[0], TimeSpan.Zero, CancellationToken.None));
    }

    [Fact]
    public void ALongUrlHasLocksToo()
    {
        IReadOnlyList<Machine> machines = Machines("ssh://host?remote-store=/" + new string('x', 400));
        using IDisposable place = Slots().TryTake(machines, CancellationToken.None)!.Value.Place;
        Assert.Null(Slots().TryTake(machines, CancellationToken.None));
    }
}
