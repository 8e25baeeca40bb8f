"""The Trainer against the plain loop: the same losses, few programs, and the host never in the way."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.train import Callback, EarlyStopping, Trainer, accuracy
from jaxlearn.train.lagged import STEPS, Lagged
from jaxlearn.utils.data import DataLoader

from .helpers import BATCH, SAMPLES, Losses, assert_same, dataset, loaders, make, model, weights

pytestmark = pytest.mark.unoptimized

FIGURES = ("epoch", "step", "loss", "lr", "val_loss", "val_accuracy")


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_losses_and_weights_are_the_plain_loops(optimizer):
    recorded = Losses()
    trainer = make(optimizer, callbacks=[recorded], max_grad_norm=0.5)
    trainer.fit(loaders()[0], epochs=2)

    plain = make(optimizer)
    net, criterion, rule = plain.model, plain.loss, plain.optimizer
    losses = []
    for _ in range(2):
        for x, y in loaders()[0]:
            rule.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            rule.step()
            losses.append(loss.item())
    assert recorded.values == pytest.approx(losses, rel=1e-5)
    for name, value in weights(plain).items():
        np.testing.assert_allclose(weights(trainer)[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_three_epochs_compile_one_program_per_batch_shape():
    trainer = make()
    torch.clear_cache()  # another test's trainer has the same programs
    torch.reset_stats()
    trainer.fit(*loaders(), epochs=3)
    stats = torch.stats()
    # Whole and last batch, once each for training and for evaluation.
    assert stats["compiles"] == 4, stats["reasons"]
    assert stats["op_compiles"] == 0
    assert stats["replays"] == 3 * 3 * 2
    trainer.fit(*loaders(), epochs=1)
    trainer.evaluate(loaders()[1])
    assert torch.stats()["compiles"] == 4, torch.stats()["reasons"]


def test_a_scheduled_rate_compiles_nothing_new():
    trainer = make(max_grad_norm=1.0)
    rate = Decay(trainer.optimizer)
    trainer = Trainer(
        trainer.model,
        trainer.loss,
        trainer.optimizer,
        scheduler=rate,
        scheduler_interval="step",
        max_grad_norm=1.0,
        progress=False,
    )
    torch.reset_stats()
    history = trainer.fit(loaders()[0], epochs=2)
    assert torch.stats()["compiles"] == 2, torch.stats()["reasons"]
    assert rate.steps == 6
    assert history[-1]["lr"] == pytest.approx(0.01 * 0.5**6)


class Decay:
    """Halves the learning rate."""

    def __init__(self, optimizer):
        self.optimizer, self.steps = optimizer, 0

    def step(self):
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] *= 0.5

    def state_dict(self):
        return {"steps": self.steps}

    def load_state_dict(self, state):
        self.steps = state["steps"]


def test_an_epoch_scheduler_steps_once_an_epoch():
    trainer = make()
    rate = Decay(trainer.optimizer)
    trainer = Trainer(trainer.model, trainer.loss, trainer.optimizer, scheduler=rate, progress=False)
    history = trainer.fit(loaders()[0], epochs=3)
    assert [record["lr"] for record in history] == [0.01, 0.005, 0.0025]


def test_history_is_exact():
    recorded = Losses()
    trainer = make(callbacks=[recorded])
    history = trainer.fit(*loaders(), epochs=2)
    assert [record["epoch"] for record in history] == [1, 2]
    assert [record["step"] for record in history] == [3, 6]
    sizes = [BATCH, BATCH, SAMPLES - 2 * BATCH]
    for epoch, record in enumerate(history):
        losses = recorded.values[3 * epoch : 3 * epoch + 3]
        assert record["loss"] == pytest.approx(np.dot(losses, sizes) / SAMPLES, rel=1e-12)
        assert set(FIGURES) <= record.keys()
        assert record["seconds"] > 0
        assert record["samples_per_second"] > 0
    assert trainer.history == history


def test_evaluate_counts_as_one_does_by_hand():
    trainer = make()
    _, loader = loaders()
    results = trainer.evaluate(loader)
    net = trainer.model.eval()
    images, labels = dataset().tensors
    with torch.no_grad():
        outputs = net(images)
        loss = nn.CrossEntropyLoss()(outputs, labels).item()
    correct = int((outputs.argmax(1) == labels).sum().item())
    assert results["accuracy"] == correct / SAMPLES
    assert results["loss"] == pytest.approx(loss, rel=1e-6)


def test_evaluation_leaves_model_and_modes_alone():
    trainer = make()
    trainer.model.train()
    trainer.model[2].eval()
    before = weights(trainer)
    trainer.evaluate(loaders()[1])
    trainer.predict(loaders()[1])
    assert_same(before, weights(trainer))
    assert [m.training for m in trainer.model] == [True, True, False, True, True, True]
    assert torch.is_grad_enabled()


def test_fit_puts_the_modes_back():
    trainer = make()
    trainer.model.eval()
    trainer.fit(*loaders())
    assert not any(m.training for m in trainer.model.modules())
    assert all(p.grad is None for p in trainer.model.parameters())


def test_predict_takes_tensors_arrays_and_loaders():
    trainer = make()
    images, _ = dataset().tensors
    whole = trainer.predict(images)
    assert whole.shape == (SAMPLES, 3)
    assert not whole.requires_grad
    np.testing.assert_array_equal(trainer.predict(images.numpy()).numpy(), whole.numpy())
    np.testing.assert_allclose(trainer.predict(loaders()[1]).numpy(), whole.numpy(), rtol=1e-5, atol=1e-6)
    inputs = DataLoader(images, batch_size=BATCH)
    np.testing.assert_allclose(trainer.predict(inputs).numpy(), whole.numpy(), rtol=1e-5, atol=1e-6)


def test_gradients_left_by_the_user_do_not_count():
    def fit(dirty):
        trainer = make("SGD")
        if dirty:
            images, labels = dataset().tensors
            trainer.model.eval()
            trainer.loss(trainer.model(images), labels).backward()
        torch.manual_seed(1)
        trainer.fit(loaders()[0])
        return weights(trainer)

    assert_same(fit(False), fit(True))


def test_a_subclass_defines_its_own_steps():
    class AutoEncoder(Trainer):
        def training_step(self, batch):
            return ((self.model(batch) - batch) ** 2).mean()

        def validation_step(self, batch):
            return {"error": (self.model(batch) - batch).abs()}

    torch.manual_seed(0)
    net = nn.Linear(4, 4)
    data = [np.ones((5, 4), np.float32), np.zeros((3, 4), np.float32)]
    trainer = AutoEncoder(net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1), progress=False)
    history = trainer.fit(data, data, epochs=3)
    assert history[-1]["loss"] < history[0]["loss"]
    # The mean over samples of the mean over their elements.
    errors = [np.abs(net(torch.from_numpy(x)).detach().numpy() - x) for x in data]
    assert history[-1]["val_error"] == pytest.approx(sum(e.sum() for e in errors) / 32, rel=1e-6)


def test_without_a_validation_step_the_training_step_is_measured():
    class Own(Trainer):
        def training_step(self, batch):
            return self.model(batch).square().mean()

    net = nn.Linear(2, 1)
    assert set(Own(net).evaluate([np.ones((3, 2), np.float32)])) == {"loss"}


def test_regression_has_no_accuracy_and_own_metrics_have_their_names():
    def bias(outputs, targets):
        return outputs - targets

    net = nn.Linear(2, 1)
    loader = [(np.ones((3, 2), np.float32), np.ones((3, 1), np.float32))]
    assert set(Trainer(net, nn.MSELoss()).evaluate(loader)) == {"loss"}
    for metrics in ([bias], {"bias": bias}):
        assert set(Trainer(net, nn.MSELoss(), metrics=metrics).evaluate(loader)) == {"loss", "bias"}
    with pytest.raises(ValueError, match="unknown metric 'precision'"):
        Trainer(net, nn.MSELoss(), metrics=["precision"])


def test_accuracy_takes_indices_and_scores():
    outputs = torch.tensor([[2.0, 1.0], [0.0, 3.0]])
    assert accuracy(outputs, torch.tensor([0, 0])).tolist() == [True, False]
    assert accuracy(outputs, torch.tensor([[0.9, 0.1], [0.2, 0.8]])).tolist() == [True, True]


def test_a_loaders_reused_buffer_is_copied():
    class Reusing:
        def __iter__(self):
            x, y = np.empty((4, 2), np.float32), np.empty((4, 1), np.float32)
            for i in range(12):
                x[:], y[:] = i, -i
                yield x, y

    def fit(loader):
        torch.manual_seed(0)
        net = nn.Linear(2, 1)
        recorded = Losses()
        trainer = Trainer(
            net,
            nn.MSELoss(),
            torch.optim.SGD(net.parameters(), lr=0.001),
            callbacks=[recorded],
            progress=False,
        )
        trainer.fit(loader)
        return recorded.values

    assert fit(Reusing()) == fit([(x.copy(), y.copy()) for x, y in Reusing()])


def test_results_are_read_late_and_in_order():
    read = []
    lagged = Lagged(lambda value, i: read.append((float(value), i)))
    for i in range(STEPS + 3):
        lagged.add(torch.tensor(float(i)), i)
    assert read == [(0.0, 0), (1.0, 1), (2.0, 2)]
    lagged.drain()
    assert read == [(float(i), i) for i in range(STEPS + 3)]


class Calls(Callback):
    def __init__(self):
        self.calls = []

    def on_fit_start(self, trainer):
        self.calls.append("fit start")

    def on_epoch_start(self, trainer):
        self.calls.append(f"epoch start {trainer.epoch}")

    def on_step(self, trainer, step, loss):
        self.calls.append(f"step {step}")

    def on_epoch_end(self, trainer, record):
        self.calls.append(f"epoch end {trainer.epoch}")

    def on_fit_end(self, trainer):
        self.calls.append("fit end")


def test_callbacks_are_called_in_order():
    calls = Calls()
    make(callbacks=[calls, EarlyStopping("loss", patience=9)]).fit(loaders()[0], epochs=2)
    assert calls.calls == [
        "fit start",
        *("epoch start 0", "step 1", "step 2", "step 3", "epoch end 1"),
        *("epoch start 1", "step 4", "step 5", "step 6", "epoch end 2"),
        "fit end",
    ]


def test_early_stopping():
    stop = EarlyStopping("val_loss", patience=2)
    trainer = make(callbacks=[stop])
    for group in trainer.optimizer.param_groups:
        group["lr"] = 0.0  # running statistics still move
    stop.best = -1.0
    assert len(trainer.fit(*loaders(), epochs=9)) == 2
    with pytest.raises(KeyError, match="no figure 'val_los' to monitor: this epoch has epoch, step, loss"):
        make(callbacks=[EarlyStopping("val_los")]).fit(*loaders())
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'most'"):
        EarlyStopping(mode="most")
    with pytest.raises(ValueError, match="patience must be at least 1 epoch, got 0"):
        EarlyStopping(patience=0)


def test_a_failing_loader_leaves_whole_steps():
    def failing():
        yield from list(loaders()[0])[:2]
        raise OSError("disk")

    trainer = make()
    with pytest.raises(OSError, match="disk"):
        trainer.fit(failing())
    assert trainer.step == 2
    assert all(np.isfinite(value).all() for value in weights(trainer).values())


def test_wrong_use_is_named():
    net = model()
    loss = nn.CrossEntropyLoss()
    with pytest.raises(ValueError, match="made without an optimizer"):
        Trainer(net, loss).fit([])
    with pytest.raises(ValueError, match="the training loader gave no batches"):
        make().fit([])
    with pytest.raises(ValueError, match="gave no batches to evaluate on"):
        make().evaluate([])
    with pytest.raises(ValueError, match="gave no batches to predict on"):
        make().predict([])
    with pytest.raises(ValueError, match="max_grad_norm must be positive, got 0"):
        make(max_grad_norm=0)
    with pytest.raises(ValueError, match="scheduler_interval must be 'epoch' or 'step'"):
        make(scheduler_interval="batch")
    with pytest.raises(ValueError, match="needs a checkpoint_dir"):
        make(checkpoint_every=5)
    with pytest.raises(TypeError, match="a batch must hold tensors or arrays, got str"):
        make().fit(["text"])


def test_a_shape_error_speaks_at_the_users_line_and_changes_nothing():
    trainer = make()
    before = weights(trainer)
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(4x9 and 36x8\)"):
        trainer.fit([(np.ones((4, 1, 3, 3), np.float32), np.zeros(4, np.int64))])
    assert_same(before, weights(trainer))
