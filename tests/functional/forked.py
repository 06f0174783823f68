"""Run as a script: call every operation here and then in a forked child, and print what came out as JSON."""

import hashlib
import json
import os
import sys
import warnings

import numpy as np
from surface import CASES, arrays_in, call

from convlab.jit import get_threads


def digest(name, n, dtype=np.float32):
    """Of all the bytes of a result for n images."""
    parts = [np.ascontiguousarray(array).tobytes() for array in arrays_in(call(name, n, dtype))]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def in_child(writer):
    results = {name: [array.tolist() for array in arrays_in(call(name))] for name in CASES}
    with os.fdopen(writer, "w") as pipe:
        json.dump({"threads": get_threads(), "results": results}, pipe)


def main(n):
    digests = {name: digest(name, n) for name in CASES}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        status = 1
        try:
            in_child(writer)
            status = 0
        finally:
            os._exit(status)  # nothing of the parent's is closed twice
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    print(json.dumps({"digests": digests, "status": status, "child": json.loads(said or "{}")}))


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12: fork in a process with threads
    main(int(sys.argv[1]))
