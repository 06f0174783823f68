"""The limit on time: what it stops, what it leaves alone. No test looks at a clock."""

import contextlib
import signal
import threading

import pytest

from convlab.grading.limit import OutOfTime, time_limit


def spin():
    while True:
        pass


def in_a_thread(function):
    """What a function gives back or raises, when another thread runs it."""
    outcome = []

    def run():
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome[0]


def limited(function, seconds):
    with time_limit(seconds):
        return function()


def test_an_endless_loop_is_stopped_and_the_signal_is_as_before():
    before = signal.getsignal(signal.SIGPROF)
    with pytest.raises(OutOfTime):
        limited(spin, 0.05)
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_an_endless_loop_in_another_thread_is_stopped():
    assert in_a_thread(lambda: limited(spin, 0.05)) is OutOfTime


@pytest.mark.parametrize("place", [lambda function: function(), in_a_thread], ids=["main", "another thread"])
def test_what_ends_in_time_is_left_alone(place):
    assert place(lambda: limited(lambda: sum(range(1000)), 60.0)) == 499500
    assert place(lambda: sum(range(1000))) == 499500


@pytest.mark.parametrize("place", [lambda function: function(), in_a_thread], ids=["main", "another thread"])
def test_other_exceptions_pass(place):
    def fail():
        raise KeyError("x")

    caught = []

    def run():
        try:
            limited(fail, 60.0)
        except KeyError as error:
            caught.append(error)

    place(run)
    assert len(caught) == 1


def test_a_loop_that_catches_exceptions_is_stopped():
    def stubborn():
        while True:
            with contextlib.suppress(Exception):
                int("x")

    with pytest.raises(OutOfTime):
        limited(stubborn, 0.05)


def test_a_loop_that_swallows_the_first_alarm_is_stopped_by_the_second():
    rung = []

    def swallow():
        try:
            spin()
        except BaseException as error:
            rung.append(type(error))
        spin()

    with pytest.raises(OutOfTime):
        limited(swallow, 0.05)
    assert rung == [OutOfTime]
