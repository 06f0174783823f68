"""Which vector instructions the kernels are made for, and the switch that says otherwise."""

import numba
import pytest
from child_process import run_python

from convlab import compile_cache
from convlab.errors import BackendError
from convlab.kernels.cpu import register_tile

COMPILED = not numba.config.DISABLE_JIT


@pytest.mark.parametrize("wanted", [*register_tile.SHAPES, "none"])
def test_instructions_can_be_chosen(wanted, monkeypatch):
    monkeypatch.setenv("CONVLAB_SIMD", wanted)
    chosen = register_tile._instructions()
    if wanted == "none":
        assert chosen is None
    else:
        assert chosen == (wanted if COMPILED else "neon")


@pytest.mark.parametrize("wanted", ["AVX2", "sse", "avx512 ", "1"])
def test_unknown_instructions_are_an_error_of_one_line(wanted, monkeypatch):
    monkeypatch.setenv("CONVLAB_SIMD", wanted)
    with pytest.raises(BackendError) as caught:
        register_tile._instructions()
    assert str(caught.value) == f"CONVLAB_SIMD must be one of avx512, avx2, neon, none; got {wanted!r}"


def test_the_command_says_so_in_one_line():
    script = """
        import sys
        from convlab.cli import main
        sys.argv = ["convlab", "doctor"]
        try:
            main()
        except SystemExit as ended:
            print(ended.code)
    """
    done = run_python(script, timeout=300, CONVLAB_SIMD="mmx")
    assert done.stdout.split() == ["2"]
    assert done.stderr == "convlab: CONVLAB_SIMD must be one of avx512, avx2, neon, none; got 'mmx'\n"


def test_kernels_for_other_instructions_are_kept_apart(monkeypatch, tmp_path):
    """Their machine code differs although the functions, their types and the processor are the same."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("CONVLAB_JIT_CACHE", raising=False)
    folders = []
    for wanted in (None, *register_tile.SHAPES):
        if wanted is None:
            monkeypatch.delenv("CONVLAB_SIMD", raising=False)
        else:
            monkeypatch.setenv("CONVLAB_SIMD", wanted)
        folders.append(compile_cache.folder())
    assert len(set(folders)) == len(folders)


@pytest.mark.parametrize("itemsize", [4, 8])
def test_as_many_numbers_in_a_vector_as_the_registers_hold(itemsize):
    assert register_tile.lanes_of(itemsize) * itemsize == register_tile.LANES * 4
