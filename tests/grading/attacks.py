"""What a submission may try, as source of a function conv1d; and what each kind of sandbox does about it.

`stopped`: it cannot do what it tries. `detected`: it can, and gets nothing for it. `refused`: this sandbox cannot hold
it, so a class is not graded in it without --allow-unsafe. docs/sandbox.md shows this table.
"""

import textwrap
from dataclasses import dataclass

from convlab.grading import Outcome

STOPPED, DETECTED, REFUSED = "stopped", "detected", "refused"
RIGHT = "return np.array([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])"
FORGE = """
def forge(header, body=b""):
    import json, os, struct
    header = json.dumps({**header, "arrays": [len(body)] if body else []}).encode()
    frame = struct.pack(">4sII", b"CLf1", len(header), len(body)) + header + body
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, frame)
        except OSError:
            pass
"""


@dataclass(frozen=True)
class Attack:
    """A submission. `walls` says what bubblewrap and unshare do about it, `limits` what limits alone do.

    outcomes : those that it may get
    """

    name: str
    source: str
    outcomes: tuple[Outcome, ...]
    walls: str = STOPPED
    limits: str = STOPPED
    numba: bool = False

    def text(self, **places):
        """The source, with the places it aims at."""
        source = textwrap.dedent(self.source)
        for name, value in places.items():
            source = source.replace(f"<<{name}>>", str(value))
        return "import numpy as np\n" + source


NOT_RIGHT = (Outcome.WRONG, Outcome.CRASHED, Outcome.OUT_OF_BOUNDS, Outcome.NOT_ATTEMPTED)
LATE = (Outcome.OUT_OF_BOUNDS,)
CRASHED = (Outcome.CRASHED,)

ATTACKS = [
    Attack("endless loop in Python", "def conv1d(x, w):\n    while True:\n        pass", LATE),
    Attack(
        "endless loop in compiled code",
        """
        from numba import njit

        @njit
        def spin(n):
            while n > 0:
                n += 1
                if n > 1000:
                    n = 1
            return n

        def conv1d(x, w):
            return spin(len(x)) * x
        """,
        LATE,
        numba=True,
    ),
    Attack(
        "loop that ignores signals",
        """
        import signal

        def conv1d(x, w):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    pass
        """,
        LATE,
    ),
    Attack("sleeps for ever", "import time\ndef conv1d(x, w):\n    time.sleep(1e6)", LATE),
    Attack(
        "memory bomb",
        """
        def conv1d(x, w):
            hoard = []
            while True:
                hoard.append(np.ones(10_000_000))
        """,
        LATE,
    ),
    Attack(
        "fork bomb",
        """
        import os, time

        def conv1d(x, w):
            while True:
                try:
                    os.fork()
                except OSError:
                    time.sleep(0.1)
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack("sys.exit(0) at import", "import sys\nSIZE = sys.exit(0)\ndef conv1d(x, w):\n    return x * SIZE", CRASHED),
    Attack("os._exit(0) at import", "import os\nSIZE = os._exit(0)\ndef conv1d(x, w):\n    return x * SIZE", CRASHED),
    Attack("sys.exit(0) in the function", "import sys\ndef conv1d(x, w):\n    sys.exit(0)", CRASHED),
    Attack("os._exit(0) in the function", "import os\ndef conv1d(x, w):\n    os._exit(0)", CRASHED),
    Attack(
        "kills its parent",
        "import os\ndef conv1d(x, w):\n    os.kill(os.getppid(), 9)\n    os.kill(-1, 9)",
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "deletes and changes files",
        """
        import os, pathlib, shutil

        def conv1d(x, w):
            for place in ("<<victim>>", os.getcwd(), "<<book>>"):
                for path in pathlib.Path(place).rglob("*"):
                    for change in (lambda: path.write_text("mine"), path.unlink, lambda: path.chmod(0)):
                        try:
                            change()
                        except OSError:
                            pass
                shutil.rmtree(place, ignore_errors=True)
            return x
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "reads the answers from the disk",
        """
        import os, sys, pathlib

        def conv1d(x, w):
            found = []
            for place in ("<<source>>", *sys.path, "<<book>>"):
                for name in ("convlab/reference/conv.py", "convlab/grading/exercises/lesson_03.py", "journal.jsonl"):
                    if os.path.exists(os.path.join(place, name)):
                        found.append(name)
            if found:
                """
        + RIGHT
        + """
            return None
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "reads In and the frames of its callers",
        """
        import sys

        def conv1d(x, w):
            seen = [globals().get("In"), globals().get("Out")]
            frame = sys._getframe()
            while frame is not None:
                seen += [frame.f_locals.get(name) for name in ("reference", "want", "answer_key", "points")]
                seen += [frame.f_globals.get(name) for name in ("reference", "EXERCISES", "find")]
                frame = frame.f_back
            if any(value is not None for value in seen):
                """
        + RIGHT
        + """
            return None
        """,
        NOT_RIGHT,
    ),
    Attack(
        "looks for the answer in memory",
        """
        import gc

        def conv1d(x, w):
            for thing in gc.get_objects():
                if getattr(thing, "__name__", "") in ("_conv1d", "conv1d_reference") or type(thing).__name__ == "Mutant":
                    """
        + RIGHT
        + """
            return None
        """,
        NOT_RIGHT,
    ),
    Attack(
        "writes the grade book",
        """
        def conv1d(x, w):
            for name in ("journal.jsonl", "grades.csv", "grades.json"):
                try:
                    with open("<<book>>/" + name, "a") as file:
                        file.write('{"kind": "entry", "student": "mallory"}')
                except OSError:
                    pass
            return x
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "leaves a start-up file and settings behind",
        """
        import os, pathlib

        def conv1d(x, w):
            for home in ("<<home>>", os.path.expanduser("~"), "/tmp", "/dev/shm"):
                for name in (".ipython/profile_default/startup/00.py", ".config/matplotlib/matplotlibrc", "left-behind"):
                    path = pathlib.Path(home) / name
                    try:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_text("print('mine')")
                    except OSError:
                        pass
            return x
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "an object that equals everything",
        """
        class Same:
            shape, dtype, ndim, size = (6,), np.dtype(float), 1, 6
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __sub__(self, other): return 0
            __rsub__ = __sub__
            def __getattr__(self, name): return self
            def __call__(self, *args, **kwargs): return self

        def conv1d(x, w):
            return Same()
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "replaces numpy.allclose",
        """
        def conv1d(x, w):
            for name in ("allclose", "isclose", "array_equal", "abs"):
                setattr(np, name, lambda *args, **kwargs: True)
            np.testing.assert_allclose = lambda *args, **kwargs: None
            return x
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "patches the checker",
        """
        import sys

        def conv1d(x, w):
            for name, module in list(sys.modules.items()):
                if name.startswith("convlab"):
                    for inner in list(vars(module)):
                        if inner in ("as_numbers", "judge", "diagnose", "close", "difference", "mismatch"):
                            setattr(module, inner, lambda *args, **kwargs: True)
            return x
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "drops asserts with an AST transformer",
        """
        import ast

        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node):
                return None

        shell = get_ipython()
        shell and shell.ast_transformers.append(Drop())
        real = compile
        def conv1d(x, w):
            Drop(), shell
            return x
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "forged results, then os._exit(0)",
        FORGE
        + textwrap.dedent("""
        import io, os

        def conv1d(x, w):
            buffer = io.BytesIO()
            np.save(buffer, np.zeros(6))
            for _ in range(6):
                forge({"kind": "answer", "outcome": "right", "points": 100}, buffer.getvalue())
            forge({"kind": "ended", "status": 0, "signal": 0, "seconds": 0.0, "outcome": "right"})
            os._exit(0)
        """),
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "forged frames without an end",
        FORGE
        + textwrap.dedent("""
        def conv1d(x, w):
            while True:
                forge({"kind": "verdict", "points": 100})
        """),
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "a frame that claims to be huge",
        """
        import os, struct

        def conv1d(x, w):
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, struct.pack(">4sII", b"CLf1", 4_000_000_000, 4_000_000_000))
                except OSError:
                    pass
            return x
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "a link or a pipe in place of the output",
        """
        import os

        def conv1d(x, w):
            for name in ("result.npy", "output.npy", "answers.npz"):
                os.symlink("/etc/passwd", name)
                os.mkfifo("pipe-" + name)
            pipe = os.open("pipe-result.npy", os.O_RDWR)
            for descriptor in range(3, 64):
                if descriptor != pipe:
                    try:
                        os.fstat(descriptor)
                        os.dup2(pipe, descriptor)
                    except OSError:
                        pass
            return x
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "a pickled payload in an object array",
        """
        class Payload:
            def __reduce__(self):
                import os
                return os.system, ("touch <<victim>>/pwned",)

        def conv1d(x, w):
            return np.array([Payload()] * 6, dtype=object)
        """,
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "a pickle written past the worker",
        FORGE
        + textwrap.dedent("""
        import io

        class Payload:
            def __reduce__(self):
                import os
                return os.system, ("touch <<victim>>/pwned",)

        def conv1d(x, w):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.array([Payload()] * 6, dtype=object), allow_pickle=True)
            forge({"kind": "answer"}, buffer.getvalue())
            return x
        """),
        NOT_RIGHT,
        walls=DETECTED,
        limits=DETECTED,
    ),
    Attack(
        "a child that outlives the run",
        """
        import os, time

        def conv1d(x, w):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True:
                        time.sleep(0.1)
                        try:
                            open("<<victim>>/heartbeat", "w").close()
                        except OSError:
                            pass
                os._exit(0)
            return x
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "a network call",
        """
        import socket

        def conv1d(x, w):
            connection = socket.create_connection(("127.0.0.1", <<port>>), timeout=5)
            connection.sendall(b"hello")
            """
        + RIGHT
        + """
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "calls convlab's own function",
        """
        import convlab.functional as F

        def conv1d(x, w):
            return F.conv1d(x[None, None], w[None, None])[0, 0]
        """,
        CRASHED,
    ),
    Attack(
        "calls convlab's reference",
        """
        def conv1d(x, w):
            from convlab import reference
            from convlab.grading.exercises import find
            return find("conv1d").reference(x, w)
        """,
        CRASHED,
    ),
    Attack(
        "looks for packages with answers on the disk",
        """
        import sys

        def conv1d(x, w):
            sys.path += ["<<source>>", "<<packages>>"]
            from scipy.signal import correlate
            return correlate(x, w, mode="valid")
        """,
        CRASHED,
        limits=REFUSED,
    ),
    Attack(
        "fills the disk",
        """
        def conv1d(x, w):
            for k in range(1000):
                with open(f"junk{k}", "wb") as file:
                    file.write(bytes(10_000_000))
            return x
        """,
        NOT_RIGHT,
        limits=REFUSED,
    ),
    Attack(
        "<script> in everything it says",
        """
        def conv1d(x, w):
            print("<script>alert(1)</script>")
            raise ValueError("<script>alert(2)</script> `<img src=x onerror=alert(3)>`")
        """,
        CRASHED,
        walls=DETECTED,
        limits=DETECTED,
    ),
]


def honest(*lines, before="", answer=RIGHT):
    """Source of a right conv1d that does these lines first."""
    body = "".join(f"    {line}\n" for line in (*lines, answer))
    return f"import os, sys, warnings\nimport numpy as np\n{before}\n\ndef conv1d(x, w):\n{body}"


# Students whose habits must cost nothing
HONEST = {
    "warns": honest("warnings.warn('slow')", "np.log(np.array([0.0]))"),
    "writes to standard error": honest("print('NumbaPerformanceWarning', file=sys.stderr)"),
    "shows a progress bar": honest("for _ in tqdm(range(3)): pass", before="from tqdm.auto import tqdm"),
    "prints 30 MB": honest("for _ in range(300): print('x' * 20_000)"),
    "prints 30 MB past Python": honest("for _ in range(300): os.write(1, b'x' * 20_000), os.write(2, b'y')"),
    "draws while it computes": honest(
        "plt.plot(x)", "plt.show()", "display(x)",
        before="import matplotlib.pyplot as plt\nfrom IPython.display import display",
    ),
    "returns float32": honest(answer=RIGHT.replace("w) + 1)])", "w) + 1)], dtype=np.float32)")),
    "returns a list": honest(answer=RIGHT.replace("np.array", "list")),
    "changes its input": honest("y = x.copy()", "x[:] = 0", "x = y"),
}  # fmt: skip


def table():
    """The attacks as rows of a Markdown table."""
    lines = ["| attack | bubblewrap | unshare + Landlock | limits alone |", "| --- | --- | --- | --- |"]
    lines += [f"| {a.name.replace('<', '&lt;')} | {a.walls} | {a.walls} | {a.limits} |" for a in ATTACKS]
    return "\n".join(lines)
