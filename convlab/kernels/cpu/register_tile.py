"""A tile of SIMD registers as a Numba value.

A processor multiplies and adds whole vectors of numbers, but only as fast as their sums stay in registers. A `Tile` is R rows
of V vectors. A Numba loop that carries one keeps its R x V vectors in registers, so each step of the loop

    tile = outer_add(tile, a, rows, i, k, b, j)         # tile[r, :] += a[rows[i + r] + k] * b[j : j + V * lanes]

is R x V multiply-adds for V vector loads and R loads of a single number: the shape of every fast matrix product. Numba has no
such value, so it is made here, from LLVM arrays of vectors; each intrinsic below is the few instructions that its docstring
says.

Offsets are unsigned (`np.uintp`): then there is no test for a negative index. Nothing is bounds-checked.
"""

import os

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic, models, register_model

from convlab.errors import BackendError

# float32 numbers per vector; then, for tiles of 1, 2 or 3 vectors, the rows (as many sums as the registers hold beside the
# vectors of b and one of a: 32 registers for AVX-512 and NEON, 16 for AVX2) and the speed (a few sums cannot hide the latency
# of a multiply-add)
SHAPES = {
    "avx512": (16, {1: 8, 2: 8, 3: 8, 4: 6}, {1: 0.80, 2: 0.97, 3: 1.00, 4: 1.00}),
    "avx2": (8, {1: 8, 2: 6, 3: 4}, {1: 0.80, 2: 0.95, 3: 1.00}),
    "neon": (4, {1: 8, 2: 8, 3: 8}, {1: 0.80, 2: 0.98, 3: 1.00}),
}


def _instructions() -> str | None:
    """The vector instructions of this machine, or those that CONVLAB_SIMD asks for; None: plain loops."""
    wanted = os.environ.get("CONVLAB_SIMD", "")
    if wanted and wanted not in (*SHAPES, "none"):
        raise BackendError(f"CONVLAB_SIMD must be one of {', '.join(SHAPES)}, none; got {wanted!r}")
    if wanted == "none":
        return None
    if config.DISABLE_JIT:
        return "neon"  # the fewest lanes: tile_in_python.py stands in for the instructions
    if wanted:
        return wanted
    features = config.CPU_FEATURES or binding.get_host_cpu_features().flatten()
    if "+avx512f" in features:
        return "avx512"
    if "+avx2" in features and "+fma" in features:
        return "avx2"
    return "neon" if "+neon" in features else None


INSTRUCTIONS = _instructions()
LANES, ROWS, SPEED = SHAPES[INSTRUCTIONS or "avx2"]
I32 = ir.IntType(32)
BYTES = {types.float32: 4, types.float64: 8}
SCALAR = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


def lanes_of(itemsize: int) -> int:
    """Numbers of so many bytes in a vector."""
    return LANES * 4 // itemsize


class Tile(types.Type):
    """Numba's type of a tile: R x V vectors of float32 or float64."""

    def __init__(self, dtype, rows, vectors):
        self.dtype, self.rows, self.vectors = dtype, rows, vectors
        self.lanes = lanes_of(BYTES[dtype])
        self.vector = ir.VectorType(SCALAR[dtype], self.lanes)
        super().__init__(name=f"Tile({dtype}, {rows}, {vectors})")


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile):
        super().__init__(manager, tile, ir.ArrayType(tile.vector, tile.rows * tile.vectors))


def _empty(tile):
    return ir.Constant(ir.ArrayType(tile.vector, tile.rows * tile.vectors), ir.Undefined)


def _address(context, builder, array_type, array, index, plus=0):
    if plus:
        index = builder.add(index, ir.Constant(index.type, plus))
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


def _load_vector(builder, tile, address):
    return builder.load(builder.bitcast(address, tile.vector.as_pointer()), align=BYTES[tile.dtype])


def _store_vector(builder, tile, value, address):
    builder.store(value, builder.bitcast(address, value.type.as_pointer()), align=BYTES[tile.dtype])


def _splat(builder, tile, scalar):
    undefined = ir.Constant(tile.vector, ir.Undefined)
    one = builder.insert_element(undefined, scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(I32, tile.lanes), [0] * tile.lanes))


def _multiply_add(builder, value, place, x, y):
    "the tile's value with x * y added to one of its vectors"
    product = builder.fmul(x, y, flags=["contract"])
    total = builder.fadd(product, builder.extract_value(value, place), flags=["contract"])
    return builder.insert_value(value, total, place)


def _row_starts(builder, tile, start, step):
    for r in range(tile.rows):
        yield r, builder.add(start, builder.mul(step, ir.Constant(step.type, r)))


@intrinsic(prefer_literal=True)
def load(typing, b, j, step, rows, vectors):
    "tile[r, :] = b[j + r * step : + V * lanes]; step 0: every row the same"
    tile = Tile(b.dtype, rows.literal_value, vectors.literal_value)

    def code(context, builder, signature, args):
        out = _empty(tile)
        for r, start in _row_starts(builder, tile, args[1], args[2]):
            for v in range(tile.vectors):
                address = _address(context, builder, signature.args[0], args[0], start, v * tile.lanes)
                out = builder.insert_value(out, _load_vector(builder, tile, address), r * tile.vectors + v)
        return out

    return tile(b, types.uintp, types.uintp, rows, vectors), code


@intrinsic
def store(typing, tile, y, j, step):
    "y[j + r * step : + V * lanes] = tile[r, :]"

    def code(context, builder, signature, args):
        value, y, j, step = args
        for r, start in _row_starts(builder, tile, j, step):
            for v in range(tile.vectors):
                address = _address(context, builder, signature.args[1], y, start, v * tile.lanes)
                _store_vector(builder, tile, builder.extract_value(value, r * tile.vectors + v), address)
        return context.get_dummy_value()

    return types.void(tile, y, types.uintp, types.uintp), code


@intrinsic
def take(typing, counter):
    "counter[0] += 1, in one step that no other thread can come between; the value before"

    def code(context, builder, signature, args):
        pointer = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", pointer, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), code


@intrinsic
def outer_add(typing, tile, a, rows, i, k, b, j):
    "tile[r, :] += a[rows[i + r] + k] * b[j : j + V * lanes]"

    def code(context, builder, signature, args):
        value, a, rows, i, k, b, j = args
        a_type, rows_type, b_type = signature.args[1], signature.args[2], signature.args[5]
        vectors = [
            _load_vector(builder, tile, _address(context, builder, b_type, b, j, v * tile.lanes))
            for v in range(tile.vectors)
        ]
        for r in range(tile.rows):
            start = builder.load(_address(context, builder, rows_type, rows, i, r))
            address = builder.gep(_address(context, builder, a_type, a, start), [k])
            factor = _splat(builder, tile, builder.load(address))
            for v, vector in enumerate(vectors):
                value = _multiply_add(builder, value, r * tile.vectors + v, factor, vector)
        return value

    return tile(tile, a, rows, types.uintp, types.uintp, b, types.uintp), code


@intrinsic
def expect(typing, a, rows, i, k):
    "a[rows[i] + k] will be read soon: have it brought near, and do not wait for it"

    def code(context, builder, signature, args):
        a, rows, i, k = args
        start = builder.load(_address(context, builder, signature.args[1], rows, i))
        address = builder.gep(_address(context, builder, signature.args[0], a, start), [k])
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        read, nearest, data = (ir.Constant(I32, n) for n in (0, 3, 1))
        builder.call(function, [builder.bitcast(address, byte), read, nearest, data])
        return context.get_dummy_value()

    return types.void(a, rows, types.uintp, types.uintp), code


def _number_by_number(operation):
    def typed(typing, tile, other):
        def code(context, builder, signature, args):
            value = _empty(tile)
            for place in range(tile.rows * tile.vectors):
                result = getattr(builder, operation)(*(builder.extract_value(arg, place) for arg in args))
                value = builder.insert_value(value, result, place)
            return value

        return tile(tile, tile), code

    return typed


@intrinsic
def plus(typing, tile, other):
    "tile + other"
    return _number_by_number("fadd")(typing, tile, other)


@intrinsic
def minus(typing, tile, other):
    "tile - other"
    return _number_by_number("fsub")(typing, tile, other)


@intrinsic
def times(typing, tile, other):
    "tile * other"
    return _number_by_number("fmul")(typing, tile, other)


@intrinsic
def larger(typing, most, value):
    "the larger of two tiles, number by number"

    def code(context, builder, signature, args):
        out = args[0]
        for place in range(most.rows * most.vectors):
            old, new = (builder.extract_value(arg, place) for arg in args)
            out = builder.insert_value(out, builder.select(builder.fcmp_ordered(">", new, old), new, old), place)
        return out

    return most(most, most), code


@intrinsic
def place_of_larger(typing, at, most, names, k, value):
    "names[k] where a number of `value` is larger than that of `most`, else what stands in `at`"

    def code(context, builder, signature, args):
        out, most, names, k, value = args
        name = _splat(builder, at, builder.load(_address(context, builder, signature.args[2], names, k)))
        for place in range(at.rows * at.vectors):
            old, new, kept = (builder.extract_value(arg, place) for arg in (most, value, out))
            out = builder.insert_value(out, builder.select(builder.fcmp_ordered(">", new, old), name, kept), place)
        return out

    return at(at, at, names, types.uintp, at), code


@intrinsic
def zipped(typing, tile, other):
    "numbers of two tiles of one vector alternately: a tile of two vectors"
    double = Tile(tile.dtype, 1, 2)

    def code(context, builder, signature, args):
        value, x, y = _empty(double), *(builder.extract_value(arg, 0) for arg in args)
        for half in (0, 1):
            value = builder.insert_value(value, _interleave(builder, x, y, 1, half), half)
        return value

    return double(tile, tile), code


def _interleave(builder, x, y, group, half):
    "groups of x and y alternately: the lower or the upper half of the result"
    lanes, index = x.type.count, []
    for g in range(lanes // 2 // group):
        start = half * lanes // 2 + g * group
        index += [start + e for e in range(group)] + [lanes + start + e for e in range(group)]
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, lanes), index))


def _transpose(builder, vectors):
    "vectors, one per row, to vectors that hold the rows of one or more columns side by side: log2(rows) stages of shuffles"
    group = 1
    while group < len(vectors):
        mixed = []
        for start in range(0, len(vectors), 2 * group):
            for m in range(start, start + group):
                mixed += [_interleave(builder, vectors[m], vectors[m + group], group, half) for half in (0, 1)]
        vectors, group = mixed, group * 2
    return vectors


@intrinsic
def store_transposed(typing, tile, y, j, step):
    "y[j + c * step + r] = tile[r, c]"
    size = 1
    while size < min(tile.rows, tile.lanes):
        size *= 2

    def column(builder, context, signature, y, start, vector, first, count):
        "rows of one column, stored in pieces of a power of two: 6 rows are 4 and 2"
        done = 0
        while done < count:
            n = 1 << ((count - done).bit_length() - 1)
            index = ir.Constant(ir.VectorType(I32, n), [first + done + e for e in range(n)])
            piece = builder.shuffle_vector(vector, ir.Constant(tile.vector, ir.Undefined), index)
            _store_vector(builder, tile, piece, _address(context, builder, signature.args[1], y, start, done))
            done += n

    def code(context, builder, signature, args):
        value, y, j, step = args
        undefined = ir.Constant(tile.vector, ir.Undefined)
        for first in range(0, tile.rows, size):
            count = min(size, tile.rows - first)
            for v in range(tile.vectors):
                rows = [
                    builder.extract_value(value, r * tile.vectors + v) if r < tile.rows else undefined
                    for r in range(first, first + size)
                ]
                turned, per_vector = _transpose(builder, rows), tile.lanes // size
                for c in range(tile.lanes):
                    start = builder.add(j, ir.Constant(j.type, first))
                    start = builder.add(start, builder.mul(step, ir.Constant(step.type, v * tile.lanes + c)))
                    column(builder, context, signature, y, start, turned[c // per_vector], c % per_vector * size, count)
        return context.get_dummy_value()

    return types.void(tile, y, types.uintp, types.uintp), code


def _between(builder, tile, low, high):
    "the mask of the lanes low <= lane < high"
    kind = ir.VectorType(I32, tile.lanes)
    numbers, zeros = ir.Constant(kind, list(range(tile.lanes))), ir.Constant(kind, [0] * tile.lanes)
    ends = []
    for end in (low, high):
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), builder.trunc(end, I32), ir.Constant(I32, 0))
        ends.append(builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros))
    return builder.and_(builder.icmp_signed(">=", numbers, ends[0]), builder.icmp_signed("<", numbers, ends[1]))


def _masked(builder, tile, name, result, arguments):
    mask = ir.VectorType(ir.IntType(1), tile.lanes)
    kinds = {
        "load": [tile.vector.as_pointer(), I32, mask, tile.vector],
        "store": [tile.vector, tile.vector.as_pointer(), I32, mask],
    }
    bits = 8 * BYTES[tile.dtype]
    kind = ir.FunctionType(result, kinds[name])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.{name}.v{tile.lanes}f{bits}.p0")
    return builder.call(function, arguments)


@intrinsic
def store_part_transposed(typing, tile, y, j, step, rows, columns):
    "y[j + c * step + r] = tile[r, c] for some rows and columns of a square tile; nothing else is touched"

    def code(context, builder, signature, args):
        value, y, j, step, rows, columns = args
        some, align = _between(builder, tile, ir.Constant(rows.type, 0), rows), ir.Constant(I32, BYTES[tile.dtype])
        none = ir.Constant(some.type, None)
        turned = _transpose(builder, [builder.extract_value(value, r) for r in range(tile.rows)])
        for c, column in enumerate(turned):
            start = builder.add(j, builder.mul(step, ir.Constant(step.type, c)))
            address = builder.bitcast(_address(context, builder, signature.args[1], y, start), tile.vector.as_pointer())
            mask = builder.select(builder.icmp_signed(">", columns, ir.Constant(columns.type, c)), some, none)
            _masked(builder, tile, "store", ir.VoidType(), [column, address, align, mask])
        return context.get_dummy_value()

    return types.void(tile, y, types.uintp, types.uintp, types.intp, types.intp), code


@intrinsic
def load_part(typing, b, j, low, high):
    "a tile of one vector: b[j + lane] for the lanes low <= lane < high, else zero; nothing else is touched"
    tile = Tile(b.dtype, 1, 1)

    def code(context, builder, signature, args):
        b, j, low, high = args
        address = builder.bitcast(_address(context, builder, signature.args[0], b, j), tile.vector.as_pointer())
        align, zero = ir.Constant(I32, BYTES[tile.dtype]), ir.Constant(tile.vector, None)
        mask = _between(builder, tile, low, high)
        vector = _masked(builder, tile, "load", tile.vector, [address, align, mask, zero])
        return builder.insert_value(_empty(tile), vector, 0)

    return tile(b, types.intp, types.intp, types.intp), code


@intrinsic
def store_part(typing, tile, y, j, high):
    "y[j : j + high] = tile, which is one row; nothing else is touched"

    def code(context, builder, signature, args):
        value, y, j, high = args
        align = ir.Constant(I32, BYTES[tile.dtype])
        for v in range(tile.vectors):
            address = _address(context, builder, signature.args[1], y, j, v * tile.lanes)
            address = builder.bitcast(address, tile.vector.as_pointer())
            left = builder.sub(high, ir.Constant(high.type, v * tile.lanes))
            mask = _between(builder, tile, ir.Constant(high.type, 0), left)
            _masked(builder, tile, "store", ir.VoidType(), [builder.extract_value(value, v), address, align, mask])
        return context.get_dummy_value()

    return types.void(tile, y, types.intp, types.intp), code


@intrinsic
def outer_add_at(typing, tile, a, rows, k, b, starts, s, l):
    "tile[r, v] += a[rows[r] + k] * b[starts[s + v] + l : + lanes]"

    def code(context, builder, signature, args):
        value, a, rows, k, b, starts, s, l = args
        a_type, rows_type, b_type, starts_type = (signature.args[n] for n in (1, 2, 4, 5))
        vectors = []
        for v in range(tile.vectors):
            start = builder.load(_address(context, builder, starts_type, starts, s, v))
            address = builder.gep(_address(context, builder, b_type, b, start), [l])
            vectors.append(_load_vector(builder, tile, address))
        for r in range(tile.rows):
            start = builder.load(_address(context, builder, rows_type, rows, ir.Constant(k.type, r)))
            factor = _splat(builder, tile, builder.load(builder.gep(_address(context, builder, a_type, a, start), [k])))
            for v, vector in enumerate(vectors):
                value = _multiply_add(builder, value, r * tile.vectors + v, factor, vector)
        return value

    return tile(tile, a, rows, types.uintp, b, starts, types.uintp, types.uintp), code


@intrinsic
def product_add(typing, tile, a, rows, k, b, cols, c, l, low, high):
    "tile[r, v] += a[rows[r] + k + lane] * b[cols[c + v] + l + lane], for the lanes low <= lane < high; no other is touched"

    def code(context, builder, signature, args):
        value, a, rows, k, b, cols, c, l, low, high = args
        a_type, rows_type, b_type, cols_type = (signature.args[n] for n in (1, 2, 4, 5))
        mask = _between(builder, tile, low, high)
        align, zero = ir.Constant(I32, BYTES[tile.dtype]), ir.Constant(tile.vector, None)

        def vector(array_type, array, start, plus):
            address = builder.gep(_address(context, builder, array_type, array, start), [plus])
            address = builder.bitcast(address, tile.vector.as_pointer())
            return _masked(builder, tile, "load", tile.vector, [address, align, mask, zero])

        start_of = lambda kind, table, place, plus: builder.load(_address(context, builder, kind, table, place, plus))
        nought = ir.Constant(k.type, 0)
        lines = [vector(a_type, a, start_of(rows_type, rows, nought, r), k) for r in range(tile.rows)]
        for v in range(tile.vectors):
            other = vector(b_type, b, start_of(cols_type, cols, c, v), l)
            for r, line in enumerate(lines):
                value = _multiply_add(builder, value, r * tile.vectors + v, line, other)
        return value

    offset, lane = types.uintp, types.intp
    return tile(tile, a, rows, offset, b, cols, offset, offset, lane, lane), code


@intrinsic
def store_runs(typing, tile, y, places, s, step, high):
    "y[places[s + v] + r * step : + high] = tile[r, v]"

    def code(context, builder, signature, args):
        value, y, places, s, step, high = args
        mask = _between(builder, tile, ir.Constant(high.type, 0), high)
        align = ir.Constant(I32, BYTES[tile.dtype])
        for v in range(tile.vectors):
            place = builder.load(_address(context, builder, signature.args[2], places, s, v))
            for r, start in _row_starts(builder, tile, place, step):
                address = builder.bitcast(
                    _address(context, builder, signature.args[1], y, start), tile.vector.as_pointer()
                )
                vector = builder.extract_value(value, r * tile.vectors + v)
                _masked(builder, tile, "store", ir.VoidType(), [vector, address, align, mask])
        return context.get_dummy_value()

    return types.void(tile, y, places, types.uintp, types.uintp, types.intp), code


@intrinsic
def store_whole_runs(typing, tile, y, places, s, step):
    "`store_runs` for runs as long as a vector"

    def code(context, builder, signature, args):
        value, y, places, s, step = args
        for v in range(tile.vectors):
            place = builder.load(_address(context, builder, signature.args[2], places, s, v))
            for r, start in _row_starts(builder, tile, place, step):
                vector = builder.extract_value(value, r * tile.vectors + v)
                _store_vector(builder, tile, vector, _address(context, builder, signature.args[1], y, start))
        return context.get_dummy_value()

    return types.void(tile, y, places, types.uintp, types.uintp), code


if config.DISABLE_JIT:
    from convlab.kernels.cpu import tile_in_python as _python

    def _with_lanes(function, array_argument):
        return lambda *args: function(*args, lanes_of(args[array_argument].itemsize))

    store_whole_runs = lambda tile, y, places, s, step: store_runs(tile, y, places, s, step, lanes_of(y.itemsize))
    load, load_part = _with_lanes(_python.load, 0), _with_lanes(_python.load_part, 0)
    outer_add_at, product_add = _with_lanes(_python.outer_add_at, 4), _with_lanes(_python.product_add, 4)
    store_runs = _with_lanes(_python.store_runs, 1)
    outer_add, expect, plus, minus, times, larger, place_of_larger = (
        _python.outer_add, _python.expect, _python.plus, _python.minus, _python.times, _python.larger,
        _python.place_of_larger,
    )  # fmt: skip
    zipped, store, store_part, store_transposed, store_part_transposed, take = (
        _python.zipped, _python.store, _python.store_part, _python.store_transposed, _python.store_part_transposed,
        _python.take,
    )  # fmt: skip
