"""The Trainer at the terminal: Ctrl-C and the progress shown."""

from __future__ import annotations

import signal

import numpy as np

from jaxlearn.train.progress import Progress

from .helpers import assert_same, loaders, make, weights

FIGURES = ("epoch", "step", "loss", "lr", "val_loss", "val_accuracy")


class InterruptAt:
    """A loader during whose nth batch Ctrl-C is pressed."""

    def __init__(self, loader, batch):
        self.loader, self.batch = loader, batch

    def __iter__(self):
        for i, batch in enumerate(self.loader):
            if i == self.batch:
                signal.raise_signal(signal.SIGINT)
            yield batch

    def __len__(self):
        return len(self.loader)


def test_ctrl_c_ends_after_a_whole_step_and_fit_goes_on():
    handler = signal.getsignal(signal.SIGINT)
    uninterrupted = make()
    expected = uninterrupted.fit(*loaders(), epochs=2)

    trainer = make()
    train, validation = loaders()
    assert trainer.fit(InterruptAt(train, 1), validation, epochs=2) == []
    assert (trainer.epoch, trainer.step) == (0, 2)
    assert signal.getsignal(signal.SIGINT) is handler
    assert all(np.isfinite(value).all() for value in weights(trainer).values())
    history = trainer.fit(train, validation, epochs=2)
    assert_same(weights(uninterrupted), weights(trainer))
    for record, other in zip(history, expected, strict=True):
        assert [record[f] for f in FIGURES] == [other[f] for f in FIGURES]


def test_ctrl_c_in_the_evaluation_repeats_it():
    uninterrupted = make()
    expected = uninterrupted.fit(*loaders(), epochs=2)
    trainer = make()
    train, validation = loaders()
    assert trainer.fit(train, InterruptAt(validation, 0), epochs=2) == []
    assert trainer.step == 3
    history = trainer.fit(train, validation, epochs=2)
    assert_same(weights(uninterrupted), weights(trainer))
    assert [[r[f] for f in FIGURES] for r in history] == [[r[f] for f in FIGURES] for r in expected]


def test_lines_where_there_is_no_terminal(capsys):
    make(progress=True).fit(*loaders(), epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2: loss ")
    assert "val_accuracy" in lines[1]
    assert "images/s" in lines[1]


def test_a_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = Progress("epoch 1/3", 4)
    progress.unit = "images"
    progress._due = 0.0
    progress.advance(0.25, 64)
    progress.close("done")
    shown = capsys.readouterr()
    assert "epoch 1/3" in shown.err
    assert "loss 0.2500" in shown.err
    assert "images/s" in shown.err
    assert shown.out == "epoch 1/3: done\n"
