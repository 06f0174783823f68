"""Instructions that numba.cuda has no name for: one small intrinsic each, with a twin in Python for the simulator.

    read(address, i, like), write(address, i, value)   number i of an array that is known by where it lies
    copy_async(dst, i, src, j, valid)    shared[i] = src[j] if valid else 0, in the background (cp.async)
    copy_async4(dst, i, src, j)          the same for four aligned float32, always valid
    commit(), wait(n)                    close a group of copies; wait until at most n groups are under way
    inside(v, size)                      0 <= v < size, in one comparison
    random_bits(key, i)                  24 bits that look as if they had been thrown: SplitMix64's number i
    to_tf32(x)                           x rounded to TF32 (10 bits of mantissa)
    mma_tf32(a0..a3, b0, b1, c0..c3)     tensor cores: a 16x8 times an 8x8 tile, added to a 16x8 tile, by one warp

All that is not plain kernel language stands in this file, so that another compiler needs another version of it alone.
"""

import ctypes
import threading

import numpy as np
from numba import int32, uint32

from convlab.kernels.cuda.launch import SIMULATED, device

ALIGN = None if SIMULATED else 16  # shared arrays are read as 128-bit words; the simulator knows no alignment


@device
def split(i, n):
    """i // n and i % n of numbers that are not negative, as int32: a signed or 64-bit division costs several times more."""
    q = uint32(i) // uint32(n)
    return int32(q), int32(uint32(i) - q * uint32(n))


def address(array) -> int:
    """Where the first number of an array on the GPU lies."""
    return array._ary.ctypes.data if SIMULATED else array.device_ctypes_pointer.value or 0


# of SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
GOLDEN = 0x9E3779B97F4A7C15
MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))

if SIMULATED:

    def _number_at(address, i, like):
        kind = ctypes.c_float if type(like) is np.float32 else ctypes.c_double
        return kind.from_address(int(address) + int(i) * ctypes.sizeof(kind))

    def read(address, i, like):
        return type(like)(_number_at(address, i, like).value)

    def write(address, i, value):
        _number_at(address, i, value).value = value

    # Copies happen as late as the hardware may make them, at the wait that asks for them: a wrong wait shows in the result.
    def _groups():
        me = threading.current_thread()  # a thread of Python for each thread of the block
        if not hasattr(me, "groups"):
            me.groups = [[]]
        return me.groups

    def copy_async(dst, i, src, j, valid):
        _groups()[-1].append((dst, i, src, j, 1 if valid else 0, 1))

    def copy_async4(dst, i, src, j):
        _groups()[-1].append((dst, i, src, j, 4, 4))

    def commit():
        _groups().append([])

    def wait(groups):
        waiting = _groups()
        while len(waiting) - 1 > groups:
            for dst, i, src, j, read, written in waiting.pop(0):
                for k in range(written):
                    dst[i + k] = src[j + k] if k < read else 0

    def inside(v, size):
        return 0 <= v < size

    def random_bits(key, i):
        z = (int(key) + (int(i) + 1) * GOLDEN) & (2**64 - 1)
        for shift, factor in MIX:
            z = ((z ^ (z >> shift)) * factor) & (2**64 - 1)
        return (z ^ (z >> 31)) >> 40

    def to_tf32(x):
        bits = int(np.float32(x).view(np.uint32))
        return np.uint32((bits + 0x1000) & 0xFFFFE000).view(np.float32)

    _warps = {}

    def mma_tf32(a0, a1, a2, a3, b0, b1, c0, c1, c2, c3):
        me = threading.current_thread()
        lane, warp = me.thread_id % 32, me.thread_id // 32
        _warps[warp, lane] = a0, a1, a2, a3, b0, b1
        me.syncthreads()
        row, col = lane // 4, lane % 4
        a = np.zeros((2, 8), np.float32)  # rows `row` and `row` + 8 of the first tile
        b = np.zeros((8, 2), np.float32)  # columns 2 * col and 2 * col + 1 of the second
        for t in range(4):
            a[0, t], a[1, t], a[0, t + 4], a[1, t + 4] = _warps[warp, row * 4 + t][:4]
            for j in range(2):
                b[t, j], b[t + 4, j] = _warps[warp, (2 * col + j) * 4 + t][4:]
        me.syncthreads()
        d = a @ b
        return c0 + d[0, 0], c1 + d[0, 1], c2 + d[1, 0], c3 + d[1, 1]

else:
    from llvmlite import ir
    from numba.cuda import types
    from numba.cuda.core.errors import RequireLiteralValue
    from numba.cuda.extending import intrinsic

    F32, I32 = ir.FloatType(), ir.IntType(32)

    def instruction(function):
        """An intrinsic with a lasting identity: a random one would change a kernel's cache key with every process."""
        it = intrinsic(function)
        it._set_uuid(f"{__name__}.{function.__name__}")
        return it

    def _pointer_to(context, builder, kind, address, index):
        numbers = builder.inttoptr(address, context.get_data_type(kind).as_pointer())
        return builder.gep(numbers, [index])

    @instruction
    def read(typing, address, i, like):
        def codegen(context, builder, sig, args):
            return builder.load(_pointer_to(context, builder, like, args[0], args[1]))

        return like(types.int64, types.int64, like), codegen

    @instruction
    def write(typing, address, i, value):
        def codegen(context, builder, sig, args):
            builder.store(args[2], _pointer_to(context, builder, value, args[0], args[1]))

        return types.void(types.int64, types.int64, value), codegen

    def _element(context, builder, array, value, index):
        return builder.gep(context.make_array(array)(context, builder, value).data, [index])

    def _shared(builder, pointer):
        """The 32-bit address inside shared memory that cp.async wants."""
        return builder.ptrtoint(builder.addrspacecast(pointer, ir.PointerType(F32, 3)), I32)

    def _asm(builder, text, constraints, args, result=None):
        result = result or ir.VoidType()
        kind = ir.FunctionType(result, [a.type for a in args])
        memory = isinstance(result, ir.VoidType)
        if memory:
            constraints = ",".join(filter(None, [constraints, "~{memory}"]))
        return builder.call(ir.InlineAsm(kind, text, constraints, side_effect=memory), args)

    @instruction
    def copy_async(typing, dst, i, src, j, valid):
        def codegen(context, builder, sig, args):
            to = _shared(builder, _element(context, builder, dst, args[0], args[1]))
            size = builder.select(args[4], ir.Constant(I32, 4), ir.Constant(I32, 0))
            source = _element(context, builder, src, args[2], args[3])
            _asm(builder, "cp.async.ca.shared.global [$0], [$1], 4, $2;", "r,l,r", [to, source, size])

        return types.void(dst, types.uintp, src, types.uintp, types.boolean), codegen

    @instruction
    def copy_async4(typing, dst, i, src, j):
        def codegen(context, builder, sig, args):
            to = _shared(builder, _element(context, builder, dst, args[0], args[1]))
            source = _element(context, builder, src, args[2], args[3])
            _asm(builder, "cp.async.cg.shared.global [$0], [$1], 16;", "r,l", [to, source])

        return types.void(dst, types.uintp, src, types.uintp), codegen

    @instruction
    def inside(typing, v, size):
        def codegen(context, builder, sig, args):
            return builder.icmp_unsigned("<", args[0], args[1])  # a negative number is a huge unsigned one

        return types.boolean(types.int32, types.int32), codegen

    @instruction
    def random_bits(typing, key, i):
        def codegen(context, builder, sig, args):
            number = lambda value: ir.Constant(ir.IntType(64), value)
            z = builder.add(args[0], builder.mul(builder.add(args[1], number(1)), number(GOLDEN)))
            for shift, factor in MIX:
                z = builder.mul(builder.xor(z, builder.lshr(z, number(shift))), number(factor))
            return builder.lshr(builder.xor(z, builder.lshr(z, number(31))), number(40))

        return types.int64(types.int64, types.int64), codegen

    @instruction
    def commit(typing):
        def codegen(context, builder, sig, args):
            _asm(builder, "cp.async.commit_group;", "", [])

        return types.void(), codegen

    @instruction
    def wait(typing, groups):
        if not isinstance(groups, types.IntegerLiteral):
            raise RequireLiteralValue(groups)
        count = groups.literal_value

        def codegen(context, builder, sig, args):
            _asm(builder, f"cp.async.wait_group {count};", "", [])

        return types.void(groups), codegen

    @instruction
    def to_tf32(typing, x):
        def codegen(context, builder, sig, args):
            return builder.bitcast(_asm(builder, "cvt.rna.tf32.f32 $0, $1;", "=r,f", args, I32), F32)

        return types.float32(types.float32), codegen

    @instruction
    def mma_tf32(typing, a0, a1, a2, a3, b0, b1, c0, c1, c2, c3):
        four = types.UniTuple(types.float32, 4)
        text = (
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
            "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
        )

        def codegen(context, builder, sig, args):
            bits = [builder.bitcast(v, I32) for v in args[:6]]
            result = ir.LiteralStructType([F32] * 4)
            got = _asm(builder, text, "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f", bits + list(args[6:]), result)
            return context.make_tuple(builder, four, [builder.extract_value(got, k) for k in range(4)])

        return four(*[types.float32] * 10), codegen
