"""Optimisers against their formulas in NumPy, schedules against closed forms, and both against PyTorch where it is there."""

import math

import numpy as np
import pytest

from convlab import nn, optim
from convlab.errors import ArgumentError, ConvlabError, DtypeError, ShapeError, StateError

SHAPES = ((3, 4), (5,), (2, 1, 3))


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [nn.Parameter(rng.standard_normal(shape).astype(dtype)) for shape in SHAPES]


def gradients(step, dtype=np.float64):
    "as a network would give them: another one each step, of very different sizes"
    rng = np.random.default_rng(step + 1)
    return [(rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 2)).astype(dtype) for shape in SHAPES]


def train(optimizer, steps=6, first=0):
    for step in range(first, first + steps):
        optimizer.zero_grad()
        for parameter, gradient in zip(optimizer.parameters, gradients(step, optimizer.parameters[0].data.dtype)):
            parameter.accumulate(gradient)
        optimizer.step()
    return [parameter.data for parameter in optimizer.parameters]


def test_a_parameter_that_two_layers_share_makes_one_step():
    shared = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False)
    shared[1].weight = shared[0].weight
    shared[0].weight.grad = np.ones((2, 3), np.float32)
    before = shared[0].weight.data.copy()
    optim.SGD([*shared[0].parameters(), *shared[1].parameters()], lr=0.5).step()
    np.testing.assert_allclose(shared[0].weight.data, before - 0.5, rtol=1e-6)


def sgd_by_formula(lr, momentum=0.0, weight_decay=0.0, steps=6):
    values = [p.data.copy() for p in parameters()]
    velocities = [np.zeros_like(w) for w in values]
    for step in range(steps):
        for index, g in enumerate(gradients(step)):
            velocities[index] = momentum * velocities[index] + g + weight_decay * values[index]
            values[index] = values[index] - lr * velocities[index]
    return values


def adam_by_formula(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, steps=6):
    b1, b2 = betas
    values = [p.data.copy() for p in parameters()]
    means, squares = [np.zeros_like(w) for w in values], [np.zeros_like(w) for w in values]
    for t in range(1, steps + 1):
        for index, g in enumerate(gradients(t - 1)):
            g = g + weight_decay * values[index]
            means[index] = b1 * means[index] + (1 - b1) * g
            squares[index] = b2 * squares[index] + (1 - b2) * g**2
            step = (means[index] / (1 - b1**t)) / (np.sqrt(squares[index] / (1 - b2**t)) + eps)
            values[index] = values[index] - lr * step
    return values


SGD_OPTIONS = [
    {"lr": 0.1},
    {"lr": 0.01, "momentum": 0.9},
    {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1},
    {"lr": 0},
]
ADAM_OPTIONS = [
    {},
    {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.2},
    {"lr": 0.01, "betas": (0.0, 0.0)},
]
KINDS = [(optim.SGD, sgd_by_formula, o) for o in SGD_OPTIONS] + [(optim.Adam, adam_by_formula, o) for o in ADAM_OPTIONS]


# ------------------------------------------------------------------------------------------------ formulas
@pytest.mark.parametrize("kind, formula, options", KINDS)
def test_steps_are_the_formula(kind, formula, options):
    expected = formula(**options)
    for value, w in zip(train(kind(parameters(), **options)), expected):
        np.testing.assert_allclose(value, w, rtol=1e-12, atol=1e-14)
    for value, w in zip(train(kind(parameters(np.float32), **options)), expected):
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, w, rtol=1e-4, atol=1e-5)


def test_a_step_worked_out_by_hand():
    parameter = nn.Parameter(np.array([1.0]))
    optimizer = optim.SGD([parameter], lr=0.5, momentum=0.5)
    for expected in (-1.0, -4.0):  # velocity 4, then 0.5 * 4 + 4 = 6
        parameter.grad = np.array([4.0])
        optimizer.step()
        assert parameter.data[0] == expected
    parameter = nn.Parameter(np.array([1.0]))
    optimizer = optim.Adam([parameter], lr=0.25, eps=0.0)
    parameter.grad = np.array([-7.0])
    optimizer.step()
    assert parameter.data[0] == pytest.approx(1.25)  # the first step has the size lr, whatever the gradient


def test_lr_can_be_changed_at_any_time():
    optimizer = optim.SGD(parameters(), lr=0.1)
    before = [p.data.copy() for p in optimizer.parameters]
    optimizer.lr = 0
    for value, w in zip(train(optimizer, 1), before):
        np.testing.assert_array_equal(value, w)
    optimizer.lr = 1.0
    for value, w, g in zip(train(optimizer, 1), before, gradients(0)):
        np.testing.assert_allclose(value, w - g)


def test_steps_change_the_models_own_arrays():
    layer = nn.Linear(3, 2)
    weight = layer.weight.data
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    layer.weight.grad = np.ones((2, 3), np.float32)
    optimizer.step()
    assert np.shares_memory(layer.weight.data, weight)


def test_parameters_that_are_read_only_or_strided():
    wide = np.arange(8.0)
    for array in (wide[::2], np.arange(4.0)):
        array.flags.writeable = False
        parameter = nn.Parameter(array)
        before = array.copy()
        parameter.grad = np.ones(4)
        optim.SGD([parameter], lr=1.0).step()
        np.testing.assert_array_equal(parameter.data, before - 1)
        np.testing.assert_array_equal(array, before)  # what may not be written to is not


def test_empty_parameters_and_no_gradients():
    parameter = nn.Parameter(np.zeros((0, 3), np.float32))
    for kind in (optim.SGD, optim.Adam):
        kind([parameter], lr=1.0).step()
        still = nn.Parameter(np.ones(3))
        kind([still], lr=1.0).step()
        np.testing.assert_array_equal(still.data, 1)


def test_the_same_steps_on_any_number_of_threads():
    from convlab import set_threads
    from convlab.jit import get_threads

    before, results = get_threads(), set()
    try:
        for threads in {1, before}:
            set_threads(threads)
            parameter = nn.Parameter(np.random.default_rng(0).standard_normal(50_000).astype(np.float32))
            optimizer = optim.Adam([parameter], lr=0.1, weight_decay=0.1)
            for step in range(3):
                parameter.grad = np.random.default_rng(step).standard_normal(50_000).astype(np.float32)
                optimizer.step()
            results.add(parameter.data.tobytes())
    finally:
        set_threads(before)
    assert len(results) == 1


# ------------------------------------------------------------------------------------------------ state
@pytest.mark.parametrize("kind, formula, options", KINDS)
def test_a_restored_optimiser_goes_on_bit_for_bit(kind, formula, options):
    unbroken = kind(parameters(), **options)
    train(unbroken, 6)
    first = kind(parameters(), **options)
    train(first, 3)
    state = first.state_dict()
    second = kind([nn.Parameter(p.data.copy()) for p in first.parameters], **options | {"lr": 123})
    second.load_state_dict(state)
    train(first, 3, first=3)  # the state is a copy: this does not change it
    for a, b in zip(train(second, 3, first=3), unbroken.parameters):
        np.testing.assert_array_equal(a, b.data)
    assert second.lr == unbroken.lr and second.steps == unbroken.steps == 6


def test_names_of_the_state():
    assert set(optim.SGD(parameters(), 0.1).state_dict()) == {"velocity.0", "velocity.1", "velocity.2", "lr", "steps"}
    assert {name.split(".")[0] for name in optim.Adam(parameters()).state_dict()} == {"mean", "square", "lr", "steps"}


def wrong_states():
    good = optim.SGD(parameters(), 0.1).state_dict()
    another = r"^SGD.load_state_dict: this is the state of another optimiser or network$"
    yield None, StateError, another
    yield {}, StateError, another
    yield optim.Adam(parameters(), 0.1).state_dict(), StateError, another
    yield optim.SGD(parameters()[:2], 0.1).state_dict(), StateError, another
    yield (
        good | {"velocity.1": np.ones(4)},
        StateError,
        (r"^SGD.load_state_dict: velocity.1 has shape \(4,\), expected \(5,\); it is the state of another network$"),
    )
    for value in ([0.0] * 5, np.ones(5, complex), np.ones(5, int), None):
        yield (
            good | {"velocity.1": value},
            DtypeError,
            r"^SGD.load_state_dict: velocity.1 must be a float array, got \w+$",
        )
    for value in ("x", None, math.nan, -1):
        yield good | {"lr": value}, ArgumentError, r"^SGD.load_state_dict: lr must be "
    for value in (1.5, "x", -1):
        yield good | {"steps": value}, ArgumentError, r"^SGD.load_state_dict: steps must be "


@pytest.mark.parametrize("state, error, message", list(wrong_states()))
def test_a_wrong_state_changes_nothing(state, error, message):
    optimizer = optim.SGD(parameters(), 0.1, momentum=0.9)
    train(optimizer, 2)
    before = optimizer.state_dict()
    if state:  # so that a part that fits would show
        state = {name: value + 1 if isinstance(value, np.ndarray) else value for name, value in state.items()}
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)


# ------------------------------------------------------------------------------------------------ bad arguments
@pytest.mark.parametrize(
    "make, message",
    [
        (lambda p: optim.SGD([], 0.1), "SGD: parameters is empty; give model.parameters()"),
        (lambda p: optim.SGD(None, 0.1), "SGD: parameters must be nn.Parameter, got NoneType; give model.parameters()"),
        (lambda p: optim.SGD(nn.Sequential(nn.Linear(1, 1)), 0.1),
         "SGD: parameters must be nn.Parameter, got Linear; give model.parameters()"),
        (lambda p: optim.Adam([np.ones(3)]), "Adam: parameters must be nn.Parameter, got ndarray; give model.parameters()"),
        (lambda p: optim.SGD(p, -0.1), "SGD: lr must be at least 0, got -0.1"),
        (lambda p: optim.SGD(p, math.nan), "SGD: lr must be a number, got nan"),
        (lambda p: optim.SGD(p, "fast"), "SGD: lr must be a number, got 'fast'"),
        (lambda p: optim.SGD(p, None), "SGD: lr must be a number, got None"),
        (lambda p: optim.SGD(p, 0.1, momentum=-1), "SGD: momentum must be at least 0, got -1"),
        (lambda p: optim.SGD(p, 0.1, weight_decay=-1), "SGD: weight_decay must be at least 0, got -1"),
        (lambda p: optim.Adam(p, betas=0.9), "Adam: betas must be a pair of numbers, got 0.9"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), "Adam: betas must be from 0 to 1, got 1.0"),
        (lambda p: optim.Adam(p, eps=-1), "Adam: eps must be at least 0, got -1"),
    ],
)  # fmt: skip
def test_bad_arguments(make, message):
    with pytest.raises(ArgumentError) as caught:
        make(parameters())
    assert str(caught.value) == message


def test_a_gradient_that_does_not_fit():
    parameter = nn.Parameter(np.ones((2, 3)))
    optimizer = optim.SGD([parameter], 0.1)
    for grad, error in (
        (np.ones((3, 2)), ShapeError),
        (np.ones((2, 3), np.float32), DtypeError),
        ([[1.0] * 3] * 2, DtypeError),
    ):
        parameter.grad = grad
        with pytest.raises(error, match=r"^SGD.step: .*grad "):
            optimizer.step()
    np.testing.assert_array_equal(parameter.data, 1)


def test_the_network_was_converted_after_the_optimiser_was_made():
    layer = nn.Linear(2, 2)
    optimizer = optim.SGD(layer.parameters(), 0.1)
    layer.to(np.float64)
    with pytest.raises(DtypeError, match=r"^SGD.step: data is float64 but velocity is float32"):
        optimizer.step()


# ------------------------------------------------------------------------------------------------ schedules
def rates(schedule, epochs, metrics=None):
    found = []
    for epoch in range(epochs):
        found.append(schedule.optimizer.lr)
        schedule.step(None if metrics is None else metrics[epoch])
    return found


def sgd(lr=0.8):
    return optim.SGD(parameters(), lr)


def test_step_lr():
    assert rates(optim.StepLR(sgd(), 3, gamma=0.5), 8) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2]


def test_cosine():
    expected = [0.1 + 0.7 * (1 + math.cos(math.pi * epoch / 4)) / 2 for epoch in range(5)]
    assert rates(optim.CosineAnnealingLR(sgd(), 4, eta_min=0.1), 7) == pytest.approx([*expected, 0.1, 0.1])


def test_plateau():
    losses = [1.0, 0.9, 0.9, 0.95, 0.9, 0.5, 0.6, math.nan, 0.7, 0.7, 0.7, 0.7]
    # two bad epochs are borne, the third halves the rate
    expected = [0.8] * 5 + [0.4] * 4 + [0.2] * 3
    assert rates(optim.ReduceLROnPlateau(sgd(), factor=0.5, patience=2), 12, losses) == expected
    schedule = optim.ReduceLROnPlateau(sgd(), mode="max", factor=0.5, patience=0, min_lr=0.3)
    assert rates(schedule, 5, [0.5, 0.6, 0.6, 0.6, 0.7]) == [0.8, 0.8, 0.8, 0.4, 0.3]


def test_plateau_asks_for_an_improvement_that_counts():
    schedule = optim.ReduceLROnPlateau(sgd(), factor=0.5, patience=0, threshold=0.1)
    assert rates(schedule, 4, [1.0, 0.95, 0.89, 0.80]) == [0.8, 0.8, 0.4, 0.4]


MADE = {
    "step": lambda o: optim.StepLR(o, 2, 0.5),
    "cosine": lambda o: optim.CosineAnnealingLR(o, 7),
    "plateau": lambda o: optim.ReduceLROnPlateau(o, patience=1),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_restored_schedule_goes_on(make):
    metrics = [1.0, 1.0, 1.0, 0.5, 0.6, 0.6, 0.6, 0.6]
    unbroken = rates(make(sgd()), 8, metrics)
    first = make(sgd())
    begun = rates(first, 4, metrics)
    second = make(sgd(lr=5.0))
    second.load_state_dict(first.state_dict())
    second.optimizer.lr = first.optimizer.lr  # the optimiser's own state holds the rate
    assert begun + rates(second, 4, metrics[4:]) == unbroken


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_wrong_schedule_state(make):
    schedule = make(sgd())
    good = schedule.state_dict()
    for state in (None, {}, good | {"more": 1}):
        with pytest.raises(StateError, match=r"^\w+.load_state_dict: this is the state of another schedule$"):
            schedule.load_state_dict(state)
    for name in good:
        with pytest.raises(ConvlabError, match=rf"^\w+.load_state_dict: {name} must be "):
            schedule.load_state_dict(dict.fromkeys(good, 3) | {name: "x"})
    assert schedule.state_dict() == good


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda o: optim.StepLR(None, 2), "StepLR: optimizer must be one of convlab.optim, got NoneType"),
        (lambda o: optim.StepLR(o, 0), "StepLR: step_size must be at least 1, got 0"),
        (lambda o: optim.StepLR(o, 2.0), "StepLR: step_size must be an int, got 2.0"),
        (lambda o: optim.StepLR(o, 2, gamma=-1), "StepLR: gamma must be at least 0, got -1"),
        (lambda o: optim.CosineAnnealingLR(o, 0), "CosineAnnealingLR: T_max must be at least 1, got 0"),
        (lambda o: optim.CosineAnnealingLR(o, 5, eta_min=-1), "CosineAnnealingLR: eta_min must be at least 0, got -1"),
        (lambda o: optim.ReduceLROnPlateau(o, mode="mean"), 'ReduceLROnPlateau: mode must be "min" or "max", got \'mean\''),
        (lambda o: optim.ReduceLROnPlateau(o, factor=1), "ReduceLROnPlateau: factor must be from 0 to 1, got 1"),
        (lambda o: optim.ReduceLROnPlateau(o, patience=-1), "ReduceLROnPlateau: patience must be at least 0, got -1"),
        (lambda o: optim.ReduceLROnPlateau(o).step(),
         "ReduceLROnPlateau.step: needs the metric it watches, got None; use step(loss)"),
    ],
)  # fmt: skip
def test_bad_schedules(make, message):
    with pytest.raises(ArgumentError) as caught:
        make(sgd())
    assert str(caught.value) == message


# ------------------------------------------------------------------------------------------------ PyTorch
def pytorch():
    return pytest.importorskip("torch", reason="PyTorch is not installed; it is no dependency of convlab")


@pytest.mark.parametrize("kind, formula, options", KINDS)
def test_steps_are_pytorchs(kind, formula, options):
    torch = pytorch()
    theirs = [torch.nn.Parameter(torch.from_numpy(p.data.copy())) for p in parameters()]
    optimizer = getattr(torch.optim, kind.__name__)(theirs, **options)
    for step in range(6):
        for parameter, gradient in zip(theirs, gradients(step)):
            parameter.grad = torch.from_numpy(gradient)
        optimizer.step()
    for value, parameter in zip(train(kind(parameters(), **options)), theirs):
        np.testing.assert_allclose(value, parameter.detach(), rtol=1e-11, atol=1e-13)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_rates_are_pytorchs():
    torch = pytorch()
    metrics = [1.0, 0.9, 0.95, 0.9, 0.9, 0.2, 0.3, 0.3, 0.3, 0.3]
    for name, options in (
        ("StepLR", {"step_size": 3, "gamma": 0.3}),
        ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.01}),
        ("ReduceLROnPlateau", {"factor": 0.3, "patience": 1}),
        ("ReduceLROnPlateau", {"mode": "max", "factor": 0.5, "patience": 2, "threshold": 0.05, "min_lr": 0.3}),
    ):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.8)
        theirs, found = getattr(torch.optim.lr_scheduler, name)(optimizer, **options), []
        for metric in metrics:
            found.append(optimizer.param_groups[0]["lr"])
            theirs.step(metric) if name == "ReduceLROnPlateau" else theirs.step()
        assert rates(getattr(optim, name)(sgd(), **options), 10, metrics) == pytest.approx(found, rel=1e-12), name
