"""Added-up batches, best weights, a loss that is NaN, averages over views and networks."""

import math
import warnings

import numpy as np
import pytest

from convlab import load, nn, optim, training
from convlab.data import Loader, mirrored
from convlab.errors import ArgumentError, StateError


def bars(count, seed=0):
    "images (N, 1, 6, 6) with an upright (0) or a level bar (1) in noise"
    rng, labels = np.random.default_rng(seed), np.arange(count) % 2
    x = rng.normal(0, 0.3, (count, 1, 6, 6))
    for image, label, place in zip(x, labels, rng.integers(1, 5, count)):
        image[(0, slice(None), place) if label == 0 else (0, place)] += 1.5
    return x, labels


def network(seed=0):
    nn.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2)).to(np.float64)


def trained(train, accumulate=1, epochs=2, val=None, **options):
    net = network()
    optimizer = optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-3)
    history = training.fit(
        net, train, val, optimizer=optimizer, epochs=epochs, accumulate=accumulate, progress=False, **options
    )
    return net, history


# ------------------------------------------------------------------------------------------------ added-up batches
@pytest.mark.parametrize(("count", "batch_size", "accumulate"), [(24, 4, 3), (22, 4, 3), (21, 5, 2), (9, 2, 50)])
def test_added_up_batches_take_the_steps_of_large_ones(count, batch_size, accumulate):
    images = bars(count)
    parts = [(images[0][i : i + batch_size], images[1][i : i + batch_size]) for i in range(0, count, batch_size)]
    large = batch_size * accumulate
    whole = [(images[0][i : i + large], images[1][i : i + large]) for i in range(0, count, large)]
    small_steps, _ = trained(parts, accumulate)
    large_steps, _ = trained(whole)
    for name, array in small_steps.state_dict().items():
        np.testing.assert_allclose(array, large_steps.state_dict()[name], rtol=1e-10, atol=1e-12)


def test_accumulate_is_checked():
    with pytest.raises(ArgumentError, match=r"^fit: accumulate must be at least 1, got 0$"):
        trained([bars(4)], accumulate=0)


# ------------------------------------------------------------------------------------------------ the best epoch
def opposite(count=12):
    x, labels = bars(count, seed=1)
    return [(x, 1 - labels)]


def test_the_best_weights_are_kept_and_taken_back(tmp_path):
    net, history = trained([bars(24)], epochs=5, val=opposite(), keep_best=True, out=tmp_path)
    best = int(history.val_loss.argmin())
    assert len(history) == 5 and not history.stopped_early and history.best_epoch == best + 1 < 5
    other, _ = trained([bars(24)], epochs=best + 1, val=opposite())
    on_disk = load(tmp_path / training.BEST)
    for name, array in other.state_dict().items():
        np.testing.assert_array_equal(net.state_dict()[name], array)
        np.testing.assert_array_equal(on_disk[name], array)


def test_resumed_it_still_knows_the_best(tmp_path):
    trained([bars(24)], epochs=3, val=opposite(), keep_best=True, out=tmp_path)
    net, history = trained([bars(24)], epochs=5, val=opposite(), keep_best=True, out=tmp_path, resume=True)
    whole, expected = trained([bars(24)], epochs=5, val=opposite(), keep_best=True)
    assert history.best_epoch == expected.best_epoch
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(net.state_dict()[name], array)


def test_without_keep_best_the_last_weights_stay(tmp_path):
    net, history = trained([bars(24)], epochs=4, val=opposite(), out=tmp_path)
    assert history.best_epoch == 0 and not (tmp_path / training.BEST).exists()
    checkpoint = load(tmp_path / training.CHECKPOINT)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(checkpoint[f"model.{name}"], array)


# ------------------------------------------------------------------------------------------------ no number any more
def diverging(lr=0.1, data=None, **options):
    net = network().to(np.float32)
    data = data or [(x.astype(np.float32), y) for x, y in ([bars(16)] * 30)]
    history = training.fit(
        net, data, optimizer=optim.SGD(net.parameters(), lr, momentum=0.9), epochs=3, progress=False, **options
    )
    return net, history


def test_too_long_steps_are_named_with_a_shorter_one():
    with pytest.warns(training.TrainingWarning) as caught, np.errstate(all="ignore"):
        _, history = diverging(lr=1e6)
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("fit: the loss is ") and "in epoch 1, batch " in text and "\n" not in text
    assert "try a learning rate of 1e+05 instead of 1e+06" in text
    assert warning.filename == __file__  # the line that called fit
    assert history.diverged and len(history) == 0


def test_an_image_that_is_no_number_is_named():
    x, labels = bars(16)
    x[5, 0, 2, 3] = np.nan
    with pytest.warns(
        training.TrainingWarning, match=r"epoch 1, batch 2; likely cause: image 5 of the batch holds NaN"
    ):
        diverging(
            data=[tuple(a.astype(t) for a, t in zip(bars(16), (np.float32, int))), (x.astype(np.float32), labels)]
        )


def test_weights_that_were_none_before_the_first_step_are_named():
    net = network()
    net[0].weight.data[0, 0, 0, 0] = np.inf
    with pytest.warns(training.TrainingWarning, match="the weights held NaN or infinity before the first step"):
        with np.errstate(all="ignore"):
            training.fit(net, [bars(8)], optimizer=optim.SGD(net.parameters(), 0.1), epochs=1, progress=False)


class Turning:
    "batches that are sound in the first two epochs, and whose last image of the third is infinite"

    def batches(self, epoch):
        x, labels = bars(16)
        if epoch == 2:
            x[15] = np.inf
        yield x[:8], labels[:8]
        yield x[8:], labels[8:]

    def __iter__(self):
        return self.batches(0)


def test_the_last_whole_epoch_is_kept(tmp_path):
    with pytest.warns(training.TrainingWarning, match=r"epoch 3, batch 2; .*The weights after 2 whole epochs are in "):
        with np.errstate(all="ignore"):
            net, history = trained(Turning(), epochs=5, out=tmp_path)
    assert history.diverged and len(history) == 2
    sound, _ = trained(Turning(), epochs=2)
    for name, array in sound.state_dict().items():
        np.testing.assert_array_equal(net.state_dict()[name], array)


def test_a_sound_training_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, history = trained([bars(24)])
    assert not history.diverged and np.isfinite(history.loss).all()


# ------------------------------------------------------------------------------------------------ several say together
def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_probabilities_are_means_over_networks_and_views():
    nets, (x, labels) = [network(seed) for seed in range(3)], bars(10)
    found, same = training.predict_probabilities(nets, [(x[:6], labels[:6]), (x[6:], labels[6:])], mirrored)
    expected = np.mean([softmax(net(view)) for net in nets for view in (x, x[..., ::-1].copy())], axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(same, labels)
    np.testing.assert_allclose(found.sum(1), 1)
    one, _ = training.predict_probabilities(nets[0], Loader((x, labels), shuffle=False, dtype=np.float64))
    np.testing.assert_allclose(one, softmax(nets[0](x)), rtol=1e-9)


def test_probabilities_are_taken_without_dropout_and_the_mode_comes_back():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(36, 2)).to(np.float64)
    first, second = (training.predict_probabilities([net], [bars(8)])[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert net.training
    with pytest.raises(ArgumentError, match="models must be a network or a list of networks"):
        training.predict_probabilities([], [bars(8)])


# ------------------------------------------------------------------------------------------------ first weights, history
def test_he_init_keeps_the_size_of_a_signal():
    nn.manual_seed(0)
    layers = [layer for _ in range(12) for layer in (nn.Conv2d(32, 32, 3, padding=1), nn.ReLU())]
    net, x = nn.Sequential(*layers).to(np.float64), np.random.default_rng(0).normal(size=(2, 32, 12, 12))
    size = lambda: np.square(net(x)).mean()
    before = size()
    assert nn.he_init(net) is net and not any(net[k].bias.data.any() for k in range(0, 24, 2))
    assert before < 0.01 and 0.05 < size() < 5


def test_history_reads_back_what_it_wrote(tmp_path):
    _, history = trained([bars(24)], epochs=3)
    history.to_csv(tmp_path / "history.csv")
    again = training.History.from_csv(tmp_path / "history.csv")
    for name in ("epoch", "loss", "accuracy", "val_loss", "lr", "seconds"):
        np.testing.assert_array_equal(getattr(again, name), getattr(history, name))
    assert math.isnan(again.val_loss[0])
    for text in (
        "epoch,loss\n1,2\n",
        "a,b\n1,2\n",
        "epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds\n1,x,1,1,1,1,1\n",
    ):
        (tmp_path / "history.csv").write_text(text)
        with pytest.raises(OSError, match=r"history\.csv: it is damaged or not the history of a training"):
            training.History.from_csv(tmp_path / "history.csv")


def test_weights_of_another_network_are_refused_and_nothing_changes():
    net, before = network(), network().state_dict()
    with pytest.raises(StateError, match="this is the state of another network"):
        net.load_state_dict(nn.Sequential(nn.Conv2d(1, 5, 3), nn.Flatten(), nn.Linear(64, 2)).state_dict())
    for name, array in before.items():
        np.testing.assert_array_equal(net.state_dict()[name], array)
