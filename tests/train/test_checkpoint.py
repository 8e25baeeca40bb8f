"""Checkpoints: whole or not at all, another model's refused with everything listed, readable by plain Orbax."""

from __future__ import annotations

import shutil

import numpy as np
import orbax.checkpoint as ocp
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.io.orbax import load_orbax, save_orbax
from jaxlearn.train import Trainer
from jaxlearn.train.checkpoint import CheckpointDirectory, pack, read_checkpoint, unpack, write_checkpoint

from .helpers import assert_same, loaders, make, weights


def assert_equal(first, second):
    assert type(first) is type(second)
    if isinstance(first, dict):
        assert list(first) == list(second)
        for key in first:
            assert_equal(first[key], second[key])
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second)
        for a, b in zip(first, second, strict=True):
            assert_equal(a, b)
    elif isinstance(first, (torch.Tensor, np.ndarray)):
        assert first.dtype == second.dtype
        assert first.shape == second.shape
        assert first.tolist() == second.tolist()
    else:
        assert first == second


NEST = {
    "model": {"conv.weight": torch.ones(2, 3), "count": torch.tensor(5), "half": torch.ones(2).bfloat16()},
    "optimizer": {
        "state": {0: {"step": torch.tensor(3.0), "flags": torch.tensor([True, False])}},
        "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "foreach": None, "params": [0, 1]}],
    },
    "empty": {"tensor": torch.empty(0, 3), "array": np.zeros((0,), np.int16), "dict": {}, "list": []},
    "rng": np.arange(5, dtype=np.uint64),
    "words": {"name": "Adam", "none": None, "yes": True, "tiny": 5e-324, "big": 2**70, "inf": float("-inf")},
}


def test_any_nest_comes_back(tmp_path):
    write_checkpoint(tmp_path / "c", NEST)
    assert_equal(read_checkpoint(tmp_path / "c"), NEST)


def test_pack_keeps_types_and_unpack_undoes_it():
    arrays = {}
    assert_equal(unpack(pack(NEST, arrays), arrays), NEST)
    assert sorted(arrays) == ["model", "optimizer", "rng"]


def test_what_cannot_be_saved_is_named_and_nothing_is_written(tmp_path):
    with pytest.raises(TypeError, match=r"scheduler\.rule is of type function"):
        write_checkpoint(tmp_path / "c", {"scheduler": {"rule": lambda: 0}})
    assert list(tmp_path.iterdir()) == []


def test_plain_orbax_reads_the_model(tmp_path):
    trainer = make()
    trainer.save(tmp_path / "c")
    with ocp.StandardCheckpointer() as checkpointer:
        plain = checkpointer.restore(tmp_path / "c" / "model")
    assert_same(plain, weights(trainer))
    other = make(seed=1)
    other.model.load_state_dict(load_orbax(tmp_path / "c" / "model"))
    assert_same(weights(other), weights(trainer))


class Crash(Exception):
    pass


def crash(*args, **kwargs):
    raise Crash


def test_a_failing_save_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    trainer = make()
    trainer.save(tmp_path / "c")
    saved = weights(trainer)
    trainer.fit(loaders()[0])
    with monkeypatch.context() as patch:
        patch.setattr(ocp.CompositeCheckpointHandler, "finalize", crash)
        with pytest.raises(Crash):
            trainer.save(tmp_path / "c")
    other = make(seed=1)
    other.restore(tmp_path / "c")
    assert_same(weights(other), saved)
    trainer.save(tmp_path / "c")
    other.restore(tmp_path / "c")
    assert_same(weights(other), weights(trainer))
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_half_written_checkpoint_is_passed_over(tmp_path):
    trainer = make(checkpoint_dir=tmp_path)
    trainer.fit(loaders()[0], epochs=2)
    # What a killed process leaves behind: a directory without Orbax's last file, and one under its temporary name.
    shutil.copytree(tmp_path / "6", tmp_path / "9")
    (tmp_path / "9" / "_CHECKPOINT_METADATA").unlink()
    shutil.copytree(tmp_path / "6", tmp_path / "12.orbax-checkpoint-tmp-0")
    assert trainer.latest_checkpoint() == tmp_path / "6"
    other = make(seed=1)
    other.restore(tmp_path)
    assert other.step == 6
    with pytest.raises(FileNotFoundError, match="9 is incomplete: its writing was interrupted"):
        other.restore(tmp_path / "9")


def test_no_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no complete checkpoint at .*nowhere"):
        make().restore(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no complete checkpoint"):
        make(checkpoint_dir=tmp_path).restore()
    with pytest.raises(ValueError, match="needs a path"):
        make().restore()
    with pytest.raises(ValueError, match="at least 1 checkpoint must be kept, got 0"):
        CheckpointDirectory(tmp_path, keep=0)


def snapshot(trainer):
    return {**weights(trainer), "rng": torch.get_rng_state().numpy(), "step": np.array(trainer.step)}


def other_model():
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(36, 9), nn.Linear(9, 3, bias=False), nn.Sigmoid(), nn.Linear(3, 3)
    )
    return Trainer(net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters()), progress=False)


def test_another_models_checkpoint_is_refused_with_everything_listed(tmp_path):
    make().save(tmp_path / "c")
    trainer = other_model()
    before = snapshot(trainer)
    with pytest.raises(RuntimeError) as error:
        trainer.restore(tmp_path / "c")
    text = str(error.value)
    assert 'Missing key(s) in state_dict: "4.weight", "4.bias".' in text
    statistics = '"2.bias", "2.running_mean", "2.running_var", "2.num_batches_tracked"'
    assert f'Unexpected key(s) in state_dict: {statistics}, "5.weight", "5.bias".' in text
    sizes = "torch.Size([8, 36]) in the checkpoint, torch.Size([9, 36]) in the model."
    assert f"size mismatch for 1.weight: {sizes}" in text
    assert "size mismatch for 1.bias" in text
    assert "size mismatch for 2.weight" in text
    assert "optimizer: groups of [6] parameters in the checkpoint, of [5] here." in text
    assert_same(snapshot(trainer), before)


def test_another_optimizers_checkpoint_is_refused(tmp_path):
    make("SGD").save(tmp_path / "c")
    trainer = make("Adam", seed=1)
    before = snapshot(trainer)
    with pytest.raises(RuntimeError, match="optimizer: SGD in the checkpoint, Adam here"):
        trainer.restore(tmp_path / "c")
    assert_same(snapshot(trainer), before)


def test_another_precision_is_refused(tmp_path):
    make().save(tmp_path / "c")
    trainer = make()
    trainer.model.double()
    with pytest.raises(RuntimeError, match=r"for 1.weight: torch.float32 in the checkpoint, torch.float64"):
        trainer.restore(tmp_path / "c")


def test_a_foreign_checkpoint_is_refused(tmp_path):
    write_checkpoint(tmp_path / "c", {"weights": {"a": torch.ones(1)}})
    with pytest.raises(RuntimeError, match=r"was not written by Trainer\.save"):
        make().restore(tmp_path / "c")


def test_a_failure_half_way_changes_nothing(tmp_path):
    class Failing:
        steps = 0

        def step(self):
            self.steps += 1

        def state_dict(self):
            return {"steps": self.steps}

        def load_state_dict(self, state):
            if state["steps"]:
                raise ValueError("not mine")

    first = make(scheduler=Failing())
    first.fit(loaders()[0])
    first.save(tmp_path / "c")
    trainer = make(seed=1, scheduler=Failing())
    before = snapshot(trainer)
    with pytest.raises(ValueError, match="not mine"):
        trainer.restore(tmp_path / "c")
    assert_same(snapshot(trainer), before)
    assert trainer.optimizer.state_dict()["state"] == {}


def test_restoring_while_fitting_is_refused(tmp_path):
    trainer = make()
    trainer.save(tmp_path / "c")

    def batches():
        trainer.restore(tmp_path / "c")
        yield None

    with pytest.raises(RuntimeError, match="while fit"):
        trainer.fit(batches())


TREE = {"a": torch.arange(3), "b": [torch.ones(2, 2), {"c": 1.5, "d": None}], "e": True, "f": np.float32([1])}


class TestOrbaxFiles:
    def test_round_trip(self, tmp_path):
        save_orbax(TREE, tmp_path / "new" / "c")
        back = load_orbax(tmp_path / "new" / "c")
        assert_equal(back, {**TREE, "f": torch.ones(1)})

    def test_plain_orbax_both_ways(self, tmp_path):
        save_orbax(TREE, tmp_path / "c")
        with ocp.StandardCheckpointer() as checkpointer:
            plain = checkpointer.restore(tmp_path / "c")
            np.testing.assert_array_equal(plain["a"], [0, 1, 2])
            assert plain["a"].dtype == np.int64
            assert plain["b"][1] == {"c": 1.5, "d": None}
            checkpointer.save(tmp_path / "d", {"x": np.ones(2, np.float16)})
        assert_equal(load_orbax(tmp_path / "d"), {"x": torch.ones(2, dtype=torch.float16)})

    def test_a_parameter_is_saved_with_what_was_written_to_it(self, tmp_path):
        p = nn.Parameter(torch.ones(2))
        p.data.add_(1)
        save_orbax({"p": p, "view": p.detach()[:1]}, tmp_path / "c")
        assert_equal(load_orbax(tmp_path / "c"), {"p": torch.full((2,), 2.0), "view": torch.full((1,), 2.0)})

    def test_an_existing_one_is_replaced_when_complete(self, tmp_path):
        save_orbax({"x": 1}, tmp_path / "c")
        with pytest.raises(TypeError, match=r"obj\['y'\]\[0\] is of type str"):
            save_orbax({"y": ["text"]}, tmp_path / "c")
        assert load_orbax(tmp_path / "c") == {"x": 1}
        save_orbax({"x": 2}, tmp_path / "c")
        assert load_orbax(tmp_path / "c") == {"x": 2}
        assert [p.name for p in tmp_path.iterdir()] == ["c"]

    def test_bad_input_is_named(self, tmp_path):
        with pytest.raises(ValueError, match=r"obj\['x'\] has no elements \(shape \(0, 2\)\)"):
            save_orbax({"x": torch.empty(0, 2)}, tmp_path / "c")
        with pytest.raises(ValueError, match="there is nothing to save"):
            save_orbax({}, tmp_path / "c")
        with pytest.raises(FileNotFoundError):
            load_orbax(tmp_path / "c")
