"""What an error usually means in code that fills arrays in loops, and how to mend it.

A table from what Python, NumPy and Numba say to what a learner can do. The patterns are matched against the first words
of the message, the first that fits is used; a kind of error that none fits has a general sentence.
"""

import re
from collections.abc import Sequence

from convlab.grading.numba_errors import in_words
from convlab.grading.verdict import Failure

OUT_OF_TIME = "OutOfTime"
FLOAT = "`/` always gives a float, even for whole numbers; `//` gives a whole number."
EMPTY = (
    "An array without a single number comes up there. A slice is empty when it ends where it starts, as `[p:-p]` does with "
    "p = 0, or when it lies wholly outside of the array. Print the slice's `.shape`."
)
UNSUPPORTED = (
    "That is a part of Python which Numba does not compile. Keep to numbers, arrays and loops there, or do it outside of the "
    "compiled function."
)
NUMBA = (
    "Numba compiles a small part of Python: numbers, tuples, arrays and loops over them. Take `@njit` away first, get the "
    "plain function right, then compile it again."
)

# Messages of Python and NumPy.
SAID: Sequence[tuple[str, str]] = (
    # shapes
    (r"could not broadcast input array from shape \(.*?\) into shape \((?:\d+,)*0[,)]", EMPTY),
    (r"broadcast together with shapes .*[(,]0[,)]", EMPTY),
    (
        r"operands could not be broadcast together with shapes (\(.*?\)) ?(\(.*?\))",
        "Shapes {0} and {1} do not fit. From the last axis backwards two lengths must be equal, or one of them 1. Print "
        "`.shape` of both sides; a window that hangs over the edge is cut short.",
    ),
    (
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        "What stands right of the `=` has shape {0}, the place left of it {1}. Which of the two is not what you meant?",
    ),
    (
        r"cannot assign slice of shape (\(.*?\)) from input of shape (\(.*?\))",
        "What stands right of the `=` has shape {1}, the place left of it {0}. Which of the two is not what you meant?",
    ),
    (r"axis -?\d+ is out of bounds for array of dimension (\d+)", "The array has only {0} axes, counted from 0."),
    (
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned|matmul: Input operand 1 has a mismatch",
        "Two shapes do not fit in a matrix product: the last axis of the left one must be as long as the first of the right "
        "one (the last but one, if it has several). Where number meets number, use `*` and `.sum()`.",
    ),
    (
        r"zero-size array to reduction operation|attempt to get arg\w+ of an empty sequence|(?:max|min)\(\).*empty|"
        r"max\(\) iterable argument is empty",
        EMPTY,
    ),
    (
        r"cannot reshape array of size (\d+) into shape (\(.*?\))",
        "{0} numbers do not fill the shape {1}. Multiply its lengths; what should they be?",
    ),
    (r"all the input array dimensions except|all input arrays must have the same shape", "The arrays to be joined differ "
     "along the other axes. Print the `.shape` of each."),
    (r"setting an array element with a sequence|inhomogeneous shape", "A list or an array stands where one number is "
     "meant: an index or a `.sum()` is missing on the right, or the rows differ in length."),
    (r"only (?:length-1|0-dimensional|size-1) arrays can be converted", "An array stands where one number is meant: an "
     "index or a `.sum()` is missing."),
    (r"truth value of an array", "`if`, `and` and `max` ask an array for one yes or no. Compare number by number, or use "
     "`.any()`, `.all()`, `np.maximum`, `np.where`."),
    (r"not enough values to unpack \(expected (\d+), got (\d+)\)", "There are {0} names on the left of the `=`, but only "
     "{1} values on the right. Is it the `.shape` of the array that you think it is?"),
    (r"too many values to unpack \(expected (\d+)", "There are more values on the right of the `=` than names on "
     "the left ({0}). Is it the `.shape` of the array that you think it is?"),
    # indices
    (
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        "Axis {1} has {2} places, counted from 0, and the line asks for number {0}. Does each loop run over the axis it "
        "indexes? Are height and width in the right order? Is the `+ 1` of the output size where it belongs?",
    ),
    (r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed", "Axes of the array: {0}. "
     "Indices on the line: {1}. Print its `.shape`."),
    (r"(?:list|tuple|string) index out of range", "A list or tuple is shorter than you think. Print its `len`."),
    (r"only integers, slices|indices must be integers|slice indices must be integers|arrays used as indices must be",
     "An index is not a whole number. " + FLOAT),
    # kinds of values
    (r"cannot be interpreted as an integer|must be an integer|expected a sequence of integers", "A whole number is meant "
     "there, and something else comes. " + FLOAT),
    (r"'NoneType' object|'NoneType' and|and 'NoneType'", "A value is None: what a function without `return` gives back, "
     "and what `.sort()`, `.append()` and other changes in place give back."),
    (r"object is not subscriptable|invalid index to scalar",
     "Square brackets stand behind something that has no parts: a number, or a function "
     "that wants round ones."),
    (r"object does not support item assignment", "A tuple or a number cannot be changed in one place. Make an array of it."),
    (r"object is not callable", "Round brackets stand behind something that is no function. Square ones for an index? Is "
     "the name also that of a variable?"),
    (r"missing \d+ required (?:positional|keyword)", "A function is called with fewer arguments than it wants."),
    (r"unexpected keyword argument '(\w+)'", "The function that is called has no argument `{0}`."),
    (r"takes .* positional arguments? but", "A function is called with more arguments than it takes."),
    (r"Cannot cast ufunc|same_kind", "The array holds whole numbers, and a number with digits after the point is to be "
     "added to it. Make it with `dtype=float`."),
    (r"assignment destination is read-only|read-only", "The array must not be written to. Work on a copy: `.copy()`."),
    (r"can't unbox heterogeneous list|reflected list", "A compiled function cannot take such a list. Hand over an array."),
    # names
    (r"name '(np|plt|math)' is not defined", "The import is missing: run the first cell of the notebook."),
    (r"name '(\w+)' is not defined", "`{0}` has no value here: it is misspelt, or the cell that defines it has not run."),
    (r"cannot access local variable '(\w+)'|local variable '(\w+)' referenced", "`{0}` is used before it gets a value in "
     "this function: is the line that fills it inside of a loop or an `if` that did not run?"),
    (r"module '(\w+)' has no attribute '(\w+)'", "There is no `{1}` in {0}. A slip of the pen?"),
    (r"'(?:numpy\.)?ndarray' object has no attribute '(\w+)'", "An array has no `.{0}`. A slip of the pen?"),
)  # fmt: skip

# Messages of Numba, as `numba_errors.telling` shortens them.
NUMBA_SAID: Sequence[tuple[str, str]] = (
    (r"Untyped global name '(\w+)'.*<class 'function'>", "`{0}` is a plain Python function, and compiled code can only "
     "call compiled functions. Put `@njit` above `{0}` as well."),
    (r"Untyped global name '(\w+)'", "`{0}` is defined outside, as a kind of value that compiled code does not know. Hand "
     "it over as an argument: a number or an array."),
    (r"unsupported NumPy function 'numpy\.([\w.]+)'", "Numba does not know `np.{0}`, or not in this form. Write it out in "
     "loops, which are fast here, or call it outside, before the compiled function."),
    (r"Cannot unify (.+) and (.+) for '(\w+)", "`{2}` is {0} in one place and {1} in another. In compiled code a name keeps "
     "one kind of value: begin with the kind that it ends as (`0.0` for a sum, `np.zeros(...)` for an array), or use two "
     "names."),
    (r"Can't unify return type", "Every `return` must give back the same kind of value, an array in all cases or a number "
     "in all cases."),
    (r"cannot index array\(\w+, (\d+)d.* with (\d+) indices", "Axes of the array: {0}. Indices on the line: {1}."),
    (r"Unsupported array index type float", "An index is a float. " + FLOAT),
    (r"no version of \w+\([^\n]*float64 x \d+\)|no version of (?:zeros|ones|empty|full)\((?:shape=)?[^\n]*float",
     "A size is a float. " + FLOAT),
    (r"no version of (zeros|ones|empty|full)\(list", "In compiled code `np.{0}` wants its shape as a tuple, in round "
     "brackets."),
    (r"unexpected keyword argument '(\w+)'", "Numba's version of this function has no `{0}=`. Write a loop for it."),
    (r"too many positional arguments", "Numba's version of this function takes fewer arguments. Write a loop for it."),
    (r"no version of setitem\(array\(\w+, (\d+)d", "What stands right of the `=` does not fit the place left of it: an "
     "array where one number belongs, or a text. Print the shapes, without `@njit`."),
    (r"compatible dimensions|no version of dot", "`np.dot` is for arrays of one or two axes in compiled code, both float. "
     "Write the sum as a loop."),
    (r"reshape\(\) supports contiguous", "A slice with gaps cannot be reshaped. Put `.copy()` before `.reshape`."),
    (r"wrong tuple length.*expected (\d+), got (\d+)", "There are {0} names on the left, and {1} values on the right."),
    (r"Cannot infer the type of variable '(\w+)", "`{0}` begins as an empty list, and Numba cannot tell what will be in it. "
     "Use an array of the right size, `np.zeros(n)`."),
    (r"Unknown attribute '(\w+)'", "Compiled code knows no `.{0}` for this kind of value: a slip of the pen, or a part of "
     "NumPy that Numba lacks."),
    (r"name '(\w+)' is not defined", "`{0}` has no value here: it is misspelt, or the cell that defines it has not run."),
    (r"non-precise type pyobject|Cannot determine Numba type", "One of the arguments is of a kind that compiled code cannot "
     "take. Hand over numbers, tuples and arrays."),
)  # fmt: skip

# A kind of error whose message none of the patterns fits.
KINDS = {
    "IndexError": "An index runs past an edge. Print the shapes: does each loop run over the axis it indexes, and are "
    "height and width in the right order?",
    "ValueError": "A value does not suit the line. Print what stands on it, and its `.shape`.",
    "TypeError": "A value has another type than the line expects. Print `type(...)` of what stands on it.",
    "NameError": "A name is used before it has a value, or is misspelt.",
    "UnboundLocalError": "A name is used before it has a value in this function.",
    "AttributeError": "The value has no such attribute. Print `type(...)` of what stands before the dot.",
    "KeyError": "The dictionary has no such key. Print its keys.",
    "ZeroDivisionError": "Something is divided by 0.",
    "OverflowError": "A number has become too large.",
    "FloatingPointError": "A division by 0, or a number that is too large.",
    "RecursionError": "The function calls itself without an end.",
    "SystemExit": "The function ends Python; `return` ends only the function.",
    "MemoryError": "An array is far too large. Print the shape you ask for.",
    "ModuleNotFoundError": "That package is not installed, or misspelt. The exercise needs none but those at the top.",
    OUT_OF_TIME: "A loop without an end? In a `while`, look at what should make its condition false; print it, a few times.",
}


def cause(failure: Failure) -> str:
    """What the error usually means, and the mend; "" if there is nothing to say.

    >>> cause(Failure("IndexError", "index 5 is out of bounds for axis 2 with size 5")).split(".")[0]
    'Axis 2 has 5 places, counted from 0, and the line asks for number 5'
    """
    for pattern, words in (*NUMBA_SAID, *SAID) if failure.compiling else SAID:
        if match := re.search(pattern, failure.message):
            return words.format(*(in_words(group) for group in match.groups() if group is not None))
    if failure.compiling:
        return UNSUPPORTED if failure.kind.startswith("Unsupported") else NUMBA
    return KINDS.get(failure.kind, "")
