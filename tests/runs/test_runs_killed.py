"""A run that is killed, whenever that is, and goes on, ends with the weights of one that was let alone."""

from child_process import posix, run_python

KILLS = 10

# One process imports everything and starts no thread; each training is a child of it, which is born quickly
NURSERY = """
    import json, os, random, signal, sys, time
    from pathlib import Path
    import matplotlib.figure, safetensors.numpy
    import convlab.plots
    from convlab import runs

    config, top, kills = json.loads(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

    def start(folder):
        child = os.fork()
        if child == 0:
            runs.carry_out(config, folder, resume=folder.exists(), say=lambda text: None, progress=False)
            os._exit(0)
        return child

    began = time.monotonic()
    assert os.waitpid(start(top / "whole"), 0)[1] == 0
    whole = time.monotonic() - began
    chance, done, folder = random.Random(2012), 0, 0
    while done < kills:
        child = start(top / f"killed-{folder}")
        time.sleep(chance.uniform(0, whole / 2))
        os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0)[1] == signal.SIGKILL:
            done += 1
        else:
            folder += 1  # it had come to its end; the next one begins anew
    for number in range(folder + 1):
        assert os.waitpid(start(top / f"killed-{number}"), 0)[1] == 0
    print(done, folder + 1)
"""


@posix
def test_killed_at_ten_random_moments_it_ends_with_the_same_weights(tmp_path):
    import json

    from made_runs import colour_set, small_config

    from convlab import load, runs, training

    config = small_config(colour_set(tmp_path / "colours.npz"))
    done, folders = map(int, run_python(NURSERY, json.dumps(config), tmp_path, KILLS, timeout=600).stdout.split())
    assert done == KILLS
    expected = {name: load(tmp_path / "whole" / name) for name in (runs.WEIGHTS, training.BEST, training.CHECKPOINT)}
    result = runs.read(tmp_path / "whole").result
    for number in range(folders):
        folder = tmp_path / f"killed-{number}"
        for file, arrays in expected.items():
            found = load(folder / file)
            assert found.keys() == arrays.keys()
            assert all(found[name].tobytes() == array.tobytes() for name, array in arrays.items()), file
        again = runs.read(folder).result
        assert {**again, "seconds": 0} == {**result, "seconds": 0}
        # nothing half-written is left
        assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in (tmp_path / "whole").iterdir())
