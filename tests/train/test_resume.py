"""A resumed training is bit for bit the uninterrupted one: weights, losses, order of samples, dropout, statistics."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.train import Callback, EarlyStopping, ModelCheckpoint, Trainer
from jaxlearn.utils.data import DataLoader, Dataset

from .helpers import Losses, assert_same, loaders, make, weights

EPOCHS = 3
FIGURES = ("epoch", "step", "loss", "lr", "val_loss", "val_accuracy")


def figures(history):
    return [[record[f] for f in FIGURES] for record in history]


@pytest.fixture(scope="module", params=["SGD", "Adam"])
def uninterrupted(request, tmp_path_factory):
    """Optimizer, losses, history and weights of a training, and the directory of a checkpoint of each step."""
    recorded, directory = Losses(), tmp_path_factory.mktemp("run")
    options = {"checkpoint_dir": directory, "checkpoint_every": 1, "keep_checkpoints": 9}
    trainer = make(request.param, callbacks=[recorded], **options)
    history = trainer.fit(*loaders(), epochs=EPOCHS)
    return request.param, recorded.values, figures(history), weights(trainer), directory


def test_saved_by_a_callback(uninterrupted, tmp_path):
    optimizer, losses, history, final, _ = uninterrupted
    # on_step saves late: the checkpoint is of a later step than the one whose loss is told.
    saver = SaveInCallback(4, tmp_path / "checkpoint")
    first = make(optimizer, callbacks=[saver])
    first.fit(*loaders(), epochs=EPOCHS)

    torch.manual_seed(99)
    recorded = Losses()
    second = make(optimizer, seed=7, callbacks=[recorded])
    second.restore(tmp_path / "checkpoint")
    assert second.step == saver.saved_at
    resumed = second.fit(*loaders(), epochs=EPOCHS)
    assert recorded.values == losses[saver.saved_at :]
    assert figures(resumed) == history
    assert_same(final, weights(second))


class SaveInCallback(Callback):
    def __init__(self, step, path):
        self.at, self.path, self.saved_at = step, path, None

    def on_step(self, trainer, step, loss):
        if step == self.at and self.saved_at is None:
            self.saved_at = trainer.step
            trainer.save(self.path)


@pytest.mark.parametrize("step", [1, 3, 5])
def test_from_any_step(uninterrupted, step):
    optimizer, losses, history, final, directory = uninterrupted
    recorded = Losses()
    resumed = make(optimizer, seed=7, callbacks=[recorded])
    resumed.restore(directory / str(step))
    assert figures(resumed.fit(*loaders(), epochs=EPOCHS)) == history
    assert recorded.values == losses[step:]
    assert_same(final, weights(resumed))


def test_restoring_into_a_trainer_that_has_trained(uninterrupted, tmp_path):
    # Its programs are bound to the optimizer's old state tensors and must not be used again.
    optimizer, losses, history, final, _ = uninterrupted
    trainer = make(optimizer)
    train, validation = loaders()
    trainer.fit(train, validation, epochs=2)
    trainer.save(tmp_path / "checkpoint")
    trainer.fit(train, validation, epochs=3)
    recorded = Losses()
    trainer.callbacks.append(recorded)
    trainer.restore(tmp_path / "checkpoint")
    assert figures(trainer.fit(train, validation, epochs=EPOCHS)) == history
    assert recorded.values == losses[6:]
    assert_same(final, weights(trainer))


PROGRAM = """
import sys
from tests.train.helpers import Losses, loaders, make, weights
import numpy as np
recorded = Losses()
trainer = make(sys.argv[1], seed=5, callbacks=[recorded])
trainer.restore(sys.argv[2])
trainer.fit(*loaders(), epochs=3)
np.savez(sys.argv[3], losses=np.array(recorded.values), **weights(trainer))
"""


def test_in_another_process(uninterrupted, tmp_path):
    optimizer, losses, _, final, directory = uninterrupted
    arguments = [sys.executable, "-c", PROGRAM, optimizer, str(directory / "4"), str(tmp_path / "out.npz")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "out.npz") as out:
        resumed = dict(out)
    assert resumed.pop("losses").tolist() == losses[4:]
    assert_same(final, resumed)


class Noisy(Dataset):
    """Augments by every stream there is."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        legacy = np.random.rand()  # noqa: NPY002 - the stream is the point
        noise = random.random() + legacy + torch.rand(()).item()
        return np.full(3, index + noise, np.float32), np.float32([noise])


def test_augmentation_and_a_loaders_own_generator_are_resumed(tmp_path):
    def trainer(**options):
        net = nn.Linear(3, 1)
        rule = torch.optim.SGD(net.parameters(), lr=1e-3)
        return Trainer(net, nn.MSELoss(), rule, progress=False, **options)

    def loader(seed):
        return DataLoader(Noisy(), batch_size=4, shuffle=True, generator=torch.Generator().manual_seed(seed))

    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    first = Losses()
    trainer(callbacks=[first], checkpoint_dir=tmp_path, checkpoint_every=1, keep_checkpoints=9).fit(
        loader(3), epochs=2
    )
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002
    torch.manual_seed(4)
    second = Losses()
    resumed = trainer(callbacks=[second])
    resumed.restore(tmp_path / "2")
    resumed.fit(loader(4), epochs=2)
    assert second.values == first.values[2:]


def test_a_finished_run_does_not_start_again(tmp_path):
    trainer = make(checkpoint_dir=tmp_path)
    trainer.fit(*loaders(), epochs=2)
    again = make(checkpoint_dir=tmp_path, seed=8)
    again.restore()
    assert len(again.fit(*loaders(), epochs=2)) == 2
    assert again.step == 6
    assert len(again.fit(*loaders(), epochs=1)) == 3  # another run


def test_callbacks_continue(tmp_path):
    trainer = make(callbacks=[EarlyStopping("val_loss", patience=5)])
    trainer.fit(*loaders(), epochs=2)
    trainer.save(tmp_path / "c")
    other = make(callbacks=[Losses(), EarlyStopping("val_loss", patience=5)])
    other.restore(tmp_path / "c")
    assert vars(other.callbacks[1]) == vars(trainer.callbacks[0])


def test_the_latest_checkpoints_are_kept(tmp_path):
    trainer = make(checkpoint_dir=tmp_path / "run", keep_checkpoints=2)
    assert trainer.latest_checkpoint() is None
    trainer.fit(loaders()[0], epochs=4)
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["12", "9"]
    assert trainer.latest_checkpoint() == tmp_path / "run" / "12"


def test_another_runs_checkpoints_are_not_mixed_in(tmp_path):
    make(checkpoint_dir=tmp_path).fit(loaders()[0], epochs=2)
    with pytest.raises(FileExistsError, match="holds a checkpoint of step 6, but this training is at step 0"):
        make(checkpoint_dir=tmp_path).fit(loaders()[0])


def test_model_checkpoint_keeps_the_best(tmp_path):
    best = ModelCheckpoint(tmp_path / "best", "val_accuracy", mode="max")
    assert best.best_path() is None
    trainer = make(callbacks=[best])
    trainer.fit(*loaders(), epochs=4)
    top = max(record["val_accuracy"] for record in trainer.history)
    other = make(seed=3)
    other.restore(best.best_path())
    assert other.history[-1]["val_accuracy"] == top
    assert other.evaluate(loaders()[1])["accuracy"] == top
    assert len(list((tmp_path / "best").iterdir())) == 1
    with pytest.raises(KeyError, match="no figure 'val_f1'"):
        make(callbacks=[ModelCheckpoint(tmp_path / "x", "val_f1")]).fit(*loaders())


def test_a_scheduler_is_restored(tmp_path):
    class Rate:
        def __init__(self):
            self.steps, self.milestones = 0, (1, 2)

        def step(self):
            self.steps += 1

        def state_dict(self):
            return dict(vars(self))

        def load_state_dict(self, state):
            vars(self).update(state)

    first = make(scheduler=Rate())
    first.fit(loaders()[0], epochs=2)
    first.save(tmp_path / "c")
    second = make(scheduler=Rate())
    second.restore(tmp_path / "c")
    assert vars(second.scheduler) == {"steps": 2, "milestones": (1, 2)}
    make().save(tmp_path / "without")
    with pytest.raises(RuntimeError, match="scheduler: None in the checkpoint, Rate here"):
        second.restore(tmp_path / "without")
