"""The shelves of memory: blocks are used again, and given back when the driver has no more."""

import pytest

from convlab.kernels.cuda.memory import Shelves


def shelves(limit=10**9):
    taken = []

    class Block:
        def __init__(self, size):
            self.size = size
            taken.append(size)

        def __del__(self):
            taken.remove(self.size)

    def allocate(size):
        if sum(taken) + size > limit:
            raise MemoryError
        return Block(size)

    return Shelves(allocate), taken


def test_a_block_is_used_again():
    own, taken = shelves()
    block, size = own.take(1000)
    assert size == 1024 and taken == [1024]
    own.give(block, size)
    assert own.idle() == 1024
    again, _ = own.take(800)
    assert again is block and own.idle() == 0 and taken == [1024]


@pytest.mark.parametrize(
    ("asked", "given"), [(1, 512), (512, 512), (513, 1024), (2**21, 2**21), (2**21 + 1, 2**22), (0, 512)]
)
def test_sizes_are_rounded_up(asked, given):
    assert shelves()[0].take(asked)[1] == given


def test_blocks_that_lie_idle_make_room():
    own, taken = shelves(limit=4096)
    block, size = own.take(3000)
    own.give(block, size)
    del block
    larger, _ = own.take(4000)
    assert taken == [4096] and larger.size == 4096
    with pytest.raises(MemoryError):
        own.take(512)
