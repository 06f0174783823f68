"""A limit on the processor time of code that may never end.

What it can stop: anything that Python's interpreter runs, an endless `while` above all. What it cannot stop: compiled code
(a loop in an `@njit` function, one call into NumPy or BLAS), because the interpreter gets no turn before that returns; nor
code that waits without computing (`input()`, `time.sleep`), for which the stop button is there; nor a loop that catches
every exception, BaseException included, again and again. For those there is "Restart Kernel", and in a class the worker's
process, which is killed from outside.
"""

import contextlib
import ctypes
import signal
import threading
from collections.abc import Iterator

AGAIN = 0.2  # seconds after which the alarm rings again, should the code have swallowed the first


class OutOfTime(BaseException):
    """Raised inside the code whose time is over. Not an Exception, so that `except Exception` does not swallow it."""


def time_limit(seconds: float) -> contextlib.AbstractContextManager[None]:
    """Raise OutOfTime in the block once it has used so many seconds.

    In the main thread of a POSIX system these are seconds of processor time, so that a busy machine costs nobody
    anything; elsewhere (Windows, other threads) seconds on the clock.
    """
    in_main = threading.current_thread() is threading.main_thread()
    return _by_signal(seconds) if in_main and hasattr(signal, "setitimer") else _by_thread(seconds)


@contextlib.contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    armed = True

    def ring(signum: int, frame: object) -> None:
        if armed:
            raise OutOfTime

    before = signal.signal(signal.SIGPROF, ring)
    timer = signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            armed = False
    finally:
        signal.setitimer(signal.ITIMER_PROF, *timer)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    thread, over, lock = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def ring() -> None:
        pause = seconds
        while not over.wait(pause):
            with lock:
                if not over.is_set():
                    throw(thread, ctypes.py_object(OutOfTime))
            pause = AGAIN

    watch = threading.Thread(target=ring, daemon=True)
    watch.start()
    try:
        yield
    finally:
        with lock:
            over.set()
        throw(thread, None)  # one that was thrown, and has not arrived yet
