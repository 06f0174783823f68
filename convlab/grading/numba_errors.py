"""What Numba says when it cannot compile a function, in short: the one telling line, and the learner's own.

Numba's messages are long and nested, the innermost first. The telling line is that of the innermost reason; the place is
the first that is not in a library.
"""

import linecache
import os
import re
import traceback
from collections.abc import Callable

SIGNATURE = re.compile(r"No implementation of function .*?>>> (?P<call>[^\n]+)", re.DOTALL)
REASONS = (  # of a call for which there is no implementation, most telling first
    r"cannot index array\([^)]*\) with \d+ indices",
    r"Unsupported array index type [\w.]+",
    r"got an unexpected keyword argument '\w+'",
    r"too many positional arguments",
    r"missing a required argument: '\w+'",
    r"np\.\w+\(\): inputs must have compatible dimensions",
)
PLACES = re.compile(
    r'(?:File "(?P<file>[^"\n]+)", line (?P<line>\d+))|(?:\b(?:at|from) (?P<at>\S.*?) \((?P<number>\d+)\))'
)
DULL = re.compile(r"^(?:Failed in \w+ mode pipeline.*|- Resolution failure for .*|\s*)$")


COMPILER = os.path.join(os.sep, "numba", "core", "")


def from_numba(error: BaseException) -> bool:
    """True for the errors of Numba's compiler, and for those of others that stopped it."""
    if any(kind.__module__.startswith("numba.") for kind in type(error).__mro__):
        return True
    return any(COMPILER in frame.filename for frame in traceback.extract_tb(error.__traceback__))


KINDS = (
    (r"Literal\[int\]\((-?\d+)\)", r"the whole number \1"),
    (r"array\(\w+, (\d+)d, \w+\)", r"an array (axes: \1)"),
    (r"\bu?int\d+\b", "a whole number"),
    (r"\bfloat\d+\b", "a float"),
    (r"\bnone\b", "None"),
    (r"\bUniTuple\(.*\)", "a tuple"),
)


def in_words(kind: str) -> str:
    """The name of a type of Numba's, as a learner would say it.

    >>> in_words("array(float64, 2d, C)"), in_words("int64")
    ('an array (axes: 2)', 'a whole number')
    """
    for pattern, words in KINDS:
        if re.fullmatch(pattern, kind):
            return re.sub(pattern, words, kind)
    return kind


def telling(text: str) -> str:
    """The one line of a message of Numba that says what is wrong.

    >>> telling("Failed in nopython mode pipeline (step: nopython frontend)\\nUntyped global name 'helper': ...")
    "Untyped global name 'helper': ..."
    """
    lines = [line.strip() for line in text.splitlines() if not DULL.match(line)]
    first = re.sub(r"[. ]*Raised from .*", ".", lines[0]) if lines else ""
    if first.startswith("No implementation of function") and (match := SIGNATURE.search(text)):
        found = (re.search(reason, text) for reason in REASONS)
        reason = next((f": {match[0]}" for match in found if match), "")
        return f"no version of {match['call'].strip()}{reason}"
    return first


def place(text: str, in_library: Callable[[str], bool]) -> tuple[str, int] | None:
    """File and line of the learner's code that a message speaks of; None if it names none."""
    for match in PLACES.finditer(text):
        file, line = match["file"] or match["at"], int(match["line"] or match["number"])
        if not file.startswith("<"):
            file = os.path.abspath(file)  # Numba tells some places from the working folder
        if linecache.getline(file, line) and not in_library(file):
            return file, line
    return None


def function_at(file: str, line: int) -> str:
    """Name of the function whose body holds a line: that of the nearest `def` above it."""
    for number in range(line, 0, -1):
        if match := re.match(r"\s*def (\w+)", linecache.getline(file, number)):
            return match[1]
    return ""
