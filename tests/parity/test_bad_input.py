"""Mistakes give PyTorch's exception and wording, at the line that made them, and leave everything as it was."""

from __future__ import annotations

import copy
import json
import linecache
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .bad_input_cases import CASES, GOLDEN, after, failure

TORCH_FAILURES: dict[str, list[str]] = json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_exception_and_message_are_those_of_torch(name: str) -> None:
    assert list(failure(jaxlearn, name)) == TORCH_FAILURES[name]


@pytest.mark.filterwarnings("ignore")
def test_golden_messages_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    assert {name: list(failure(torch, name)) for name in CASES} == TORCH_FAILURES


def test_every_case_fails() -> None:
    assert list(TORCH_FAILURES) == list(CASES)
    assert [name for name, (kind, _) in TORCH_FAILURES.items() if not kind] == []


def test_names_that_differ_by_the_library() -> None:
    with pytest.raises(AttributeError, match="module 'jaxlearn' has no attribute 'no_such_function'"):
        jaxlearn.no_such_function()  # type: ignore[attr-defined]
    with pytest.raises(
        RuntimeError, match=r"Expected one of .* device type at start of device string: quantum"
    ):
        jaxlearn.ones(2).to("quantum")
    with pytest.raises(TypeError, match="dimension"):
        jaxlearn.sum(jaxlearn.ones(2), dimension=0)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        jaxlearn.nn.Linear(2.0, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"padding_mode must be one of .*, but got padding_mode='mirror'"):
        jaxlearn.nn.Conv2d(3, 6, 5, padding_mode="mirror")


def test_a_weight_stepped_before_backward_is_noticed() -> None:
    """Torch names its own view of the weight, which is how its linear is made; the rest is the same."""
    torch = jaxlearn
    model = after(torch)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    first = model(torch.ones(5, 4)).sum()
    second = model(torch.ones(5, 4)).sum()
    first.backward()
    optimizer.step()
    with pytest.raises(
        RuntimeError,
        match=r"modified by an inplace operation: \[torch.FloatTensor .*version 2; expected version 1",
    ):
        second.backward()


# The line that must be the last of this file in the traceback carries the word "here" as a comment.


def wrong_layer(torch: Any) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    x = torch.ones(2, 4)
    y = model[0](x)
    y = model[1](y)
    y = model[2](y)  # here
    print(y)


def wrong_target(torch: Any) -> None:
    logits = torch.ones(4, 3, requires_grad=True) * 2
    target = torch.tensor([0, 1])
    loss = torch.nn.functional.cross_entropy(logits, target)  # here
    loss.backward()
    print(loss.item())


def class_out_of_range(torch: Any) -> None:
    logits = torch.ones(2, 3, requires_grad=True) * 2
    target = torch.tensor([0, 1]) + 2
    loss = torch.nn.functional.cross_entropy(logits, target)  # here
    loss.backward()
    print(loss.item())


def token_out_of_range(torch: Any) -> None:
    embedding = torch.nn.Embedding(4, 2)
    tokens = torch.arange(5)
    vectors = embedding(tokens)  # here
    print(vectors.sum())


def index_out_of_range(torch: Any) -> None:
    x = torch.arange(6.0).reshape(2, 3)
    rows = torch.tensor([0, 2])
    y = x[rows]  # here
    print(y)


def dtype_in_the_middle(torch: Any) -> None:
    x = torch.ones(2, 4)
    y = x.double()
    w = torch.ones(4, 3)
    z = y @ w  # here
    print(z)


def second_backward(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    print(w.grad)
    loss.backward()  # here


def saved_value_gone(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    y = w.sigmoid()
    y.mul_(2)
    loss = y.sum()
    loss.backward()  # here


def leaf_changed(torch: Any) -> None:
    w = torch.ones(3, requires_grad=True)
    w.sub_(0.1)  # here
    print(w)


def unequal_batch(torch: Any) -> None:
    outputs, labels = torch.ones(3, 2).argmax(1), torch.ones(4)
    correct = (outputs == labels).sum()  # here
    print(correct.item())


LINES: tuple[Callable[[Any], None], ...] = (
    wrong_layer,
    wrong_target,
    class_out_of_range,
    token_out_of_range,
    index_out_of_range,
    dtype_in_the_middle,
    second_backward,
    saved_value_gone,
    leaf_changed,
    unequal_batch,
)


def failing_line(program: Callable[[Any], None], torch: Any) -> str:
    with pytest.raises((RuntimeError, ValueError, IndexError)) as caught:
        program(torch)
    frames = traceback.extract_tb(caught.value.__traceback__)
    last = [frame for frame in frames if frame.filename == __file__][-1]
    return linecache.getline(__file__, last.lineno or 0)


@pytest.mark.parametrize("program", LINES, ids=lambda program: program.__name__)
def test_the_error_is_at_the_line_that_made_it(program: Callable[[Any], None]) -> None:
    assert "# here" in failing_line(program, jaxlearn)


@pytest.mark.parametrize("program", LINES, ids=lambda program: program.__name__)
def test_torch_raises_at_that_line_too(program: Callable[[Any], None]) -> None:
    assert "# here" in failing_line(program, pytest.importorskip("torch"))


def run_trained(torch: Any) -> tuple[Any, Any, Any, Any]:
    """A model in the middle of training: weights, running statistics, gradients and optimizer state are there."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x, y = torch.randn(8, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model, optimizer, x, y


def snapshot(model: Any, optimizer: Any) -> dict[str, Any]:
    result = {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}
    result |= {f"{name}.grad": p.grad.numpy().copy() for name, p in model.named_parameters()}
    for i, state in optimizer.state_dict()["state"].items():
        result |= {f"{i}.{key}": value.numpy().copy() for key, value in state.items()}
    result["groups"] = copy.deepcopy(optimizer.state_dict()["param_groups"])
    result["training"] = [m.training for m in model.modules()]
    result["keys"] = [name for name, _ in model.named_modules()] + [name for name, _ in model.named_buffers()]
    return result


def assert_unchanged(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert list(before) == list(now)
    for key, value in before.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(now[key], value, err_msg=key)
        else:
            assert now[key] == value, key


def bad_state(model: Any, torch: Any) -> dict[str, Any]:
    """Everything wrong at once, and values that would be seen if they were copied."""
    state = {key: torch.full_like(value, 7) for key, value in model.state_dict().items()}
    state["3.weight"] = torch.ones(3, 7)
    state["1.extra"] = state.pop("1.running_mean")
    return state


def optimizer_state_of_another(optimizer: Any, torch: Any) -> None:
    other = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=9.0)
    optimizer.load_state_dict(other.state_dict())


# model, optimizer, x, y, library
ATTEMPTS: dict[str, Callable[[Any, Any, Any, Any, Any], Any]] = {
    "input features": lambda m, o, x, y, t: m(t.ones(8, 5)),
    "input dtype": lambda m, o, x, y, t: m(x.long()),
    "input double": lambda m, o, x, y, t: m(x.double()),
    "fails behind BatchNorm": lambda m, o, x, y, t: t.nn.Sequential(m[0], m[2], t.nn.Linear(7, 2))(x),
    "batch size": lambda m, o, x, y, t: t.nn.functional.cross_entropy(m.eval()(x), y[:4]),
    "item of many": lambda m, o, x, y, t: m.eval()(x).item(),
    "backward of many": lambda m, o, x, y, t: m.eval()(x).backward(),
    "parameter in place": lambda m, o, x, y, t: m[0].weight.add_(1),
    "parameter item": lambda m, o, x, y, t: m[0].weight.__setitem__(0, 1.0),
    "parameter replaced": lambda m, o, x, y, t: setattr(m[0], "weight", t.ones(6, 4)),
    "gradient replaced": lambda m, o, x, y, t: setattr(m[0].weight, "grad", t.ones(4, 6)),
    "copy_ shape": lambda m, o, x, y, t: m[0].weight.data.copy_(t.ones(5, 5)),
    "add_ shape": lambda m, o, x, y, t: m[0].weight.data.add_(t.ones(5, 5)),
    "optimizer state": lambda m, o, x, y, t: optimizer_state_of_another(o, t),
    "optimizer group": lambda m, o, x, y, t: o.add_param_group({"params": [m[0].weight]}),
    "optimizer group of numbers": lambda m, o, x, y, t: o.add_param_group({"params": [1.0]}),
    "child": lambda m, o, x, y, t: m.add_module("extra", 1),
    "buffer": lambda m, o, x, y, t: m[1].register_buffer("running_mean.x", t.ones(1)),
    "apply": lambda m, o, x, y, t: m.to(t.int64),
    "clip": lambda m, o, x, y, t: t.nn.utils.clip_grad_norm_(m.parameters(), "a"),
    "step of a text": lambda m, o, x, y, t: o.step(closure="a"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_failed_call_changes_nothing(name: str) -> None:
    def after_attempt(torch: Any) -> tuple[dict[str, Any], dict[str, Any], str, list[float]]:
        model, optimizer, x, y = run_trained(torch)
        before = snapshot(model, optimizer)
        with pytest.raises((RuntimeError, ValueError, TypeError, KeyError)) as caught:
            ATTEMPTS[name](model, optimizer, x, y, torch)
        model.train()
        now = snapshot(model, optimizer)
        losses = []
        for _ in range(3):  # and training goes on as if nothing had happened
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return before, now, type(caught.value).__name__, losses

    before, now, kind, losses = after_attempt(jaxlearn)
    assert_unchanged(before, now)
    torch = pytest.importorskip("torch")
    _, _, torch_kind, torch_losses = after_attempt(torch)
    assert kind == torch_kind
    if name not in ("fails behind BatchNorm",):
        np.testing.assert_allclose(losses, torch_losses, rtol=1e-5)


def test_a_wrong_state_dict_changes_nothing_at_all() -> None:
    """Torch copies the keys that fit before it raises; here the model stays as it was."""
    torch = jaxlearn
    model, optimizer, _, _ = run_trained(torch)
    before = snapshot(model, optimizer)
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(bad_state(model, torch))
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "1.running_mean". \n'
        '\tUnexpected key(s) in state_dict: "1.extra". \n'
        "\tsize mismatch for 3.weight: copying a param with shape torch.Size([3, 7]) from checkpoint, "
        "the shape in current model is torch.Size([3, 6])."
    )
    assert_unchanged(before, snapshot(model, optimizer))


def test_a_wrong_optimizer_state_changes_nothing() -> None:
    torch = jaxlearn
    model, optimizer, _, _ = run_trained(torch)
    before = snapshot(model, optimizer)
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optimizer_state_of_another(optimizer, torch)
    assert_unchanged(before, snapshot(model, optimizer))


HOST_READS: dict[str, Callable[[Any], Any]] = {
    "item": lambda y: y.sum().item(),
    "float": lambda y: float(y.sum()),
    "if": lambda y: y if y.sum() > 0 else -y,
    "numpy": lambda y: y.detach().numpy(),
    "print": lambda y: print(y),
    "tolist": lambda y: y.tolist(),
    "boolean index": lambda y: len(y[y > 0]),
    "loop": lambda y: [v for v in y.detach().sum(1) if v > 0],
}


@pytest.mark.parametrize("read", HOST_READS)
def test_a_host_read_inside_compile_is_an_error_at_its_line_and_changes_nothing(read: str) -> None:
    torch = jaxlearn
    model, optimizer, x, y = run_trained(torch)
    before = snapshot(model, optimizer)
    generator = torch.get_rng_state().numpy().copy()

    @torch.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        outputs = model(x)
        loss = torch.nn.functional.cross_entropy(outputs, y)
        loss.backward()
        optimizer.step()
        torch.rand(2)
        HOST_READS[read](outputs)  # here
        return loss.detach()

    for _ in range(2):
        with pytest.raises(RuntimeError) as caught:
            step(x, y)
        message = str(caught.value)
        assert "compile" in message
        assert "step" in message or "host" in message, message
        frames = [f for f in traceback.extract_tb(caught.value.__traceback__) if f.filename == __file__]
        assert any("# here" in linecache.getline(__file__, f.lineno or 0) for f in frames)
        assert_unchanged(before, snapshot(model, optimizer))
        np.testing.assert_array_equal(torch.get_rng_state().numpy(), generator)


def test_an_error_inside_compile_is_the_same_as_outside() -> None:
    torch = jaxlearn
    model, optimizer, x, y = run_trained(torch)
    before = snapshot(model, optimizer)

    @torch.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)  # here
        loss.backward()
        optimizer.step()
        return loss.detach()

    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(8x5 and 4x6\)"):
        step(torch.ones(8, 5), y)
    with pytest.raises(
        ValueError, match=r"Expected input batch_size \(8\) to match target batch_size \(4\)."
    ):
        step(x, y[:4])
    now = model.state_dict()
    for name, _ in model.named_parameters():  # gradients and running statistics are as far as the step came
        np.testing.assert_array_equal(now[name].numpy(), before[name])
    assert step(x, y).shape == ()


@pytest.mark.parametrize("compiled", [False, True])
def test_a_class_out_of_range_inside_a_step_leaves_the_model_as_it_was(compiled: bool) -> None:
    torch = jaxlearn
    model, optimizer, x, y = run_trained(torch)
    model.eval()
    before = snapshot(model, optimizer)

    def step(x: Any, y: Any) -> Any:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = torch.compile(step) if compiled else step
    with pytest.raises(IndexError, match=r"Target 3 is out of bounds\."):
        run(x, y + 1).item()
    assert_unchanged(before, snapshot(model, optimizer))


LABELS: dict[str, Callable[[Any], Any]] = {
    "as they come": lambda y: y,
    "view": lambda y: y.view(-1),
    "long": lambda y: y.float().long(),
    "shifted": lambda y: y - 1 + 1,
    "squeezed": lambda y: y.unsqueeze(1).squeeze(1),
    "to": lambda y: y.to("cpu"),
    "clone": lambda y: y.clone(),
    "argmax": lambda y: (y.unsqueeze(1) == y.new_tensor([0, 1, 2, 3])).float().argmax(1),
}


@pytest.mark.parametrize("labels", LABELS)
def test_a_class_out_of_range_is_found_however_the_labels_were_made(labels: str) -> None:
    torch = jaxlearn
    logits = torch.randn(8, 3, requires_grad=True) * 2
    wrong = torch.tensor([0, 1, 2, 3, 1, 2, 0, 1])
    with pytest.raises(IndexError, match=r"Target 3 is out of bounds\."):
        torch.nn.functional.cross_entropy(logits, LABELS[labels](wrong)).item()


COMPUTED = {
    "indexed": lambda y: y[y.argsort()],
    "sorted": lambda y: y.sort().values,
}


@pytest.mark.parametrize("labels", COMPUTED)
def test_known_difference_a_class_out_of_range_that_is_computed_in_the_step_gives_nan(labels: str) -> None:
    """Looking at it would cut the step's program in two; the loss is NaN, never a wrong number."""
    torch = jaxlearn
    logits = torch.randn(8, 3, requires_grad=True) * 2
    wrong = torch.tensor([0, 1, 2, 3, 1, 2, 0, 1])
    assert torch.nn.functional.cross_entropy(logits, COMPUTED[labels](wrong)).isnan().item()


def test_a_singular_matrix_has_no_inverse() -> None:
    with pytest.raises(jaxlearn.linalg.LinAlgError, match="The diagonal element 1 is zero"):
        jaxlearn.inverse(jaxlearn.zeros(2, 2))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_failing_dataset_does_not_break_the_loader(workers: int) -> None:
    torch = jaxlearn

    class Sometimes(torch.utils.data.Dataset):
        broken = True

        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> Any:
            if self.broken and index == 3:
                raise ValueError("sample 3 is damaged")  # here
            return torch.ones(2) * index, index

    data = Sometimes()
    loader = torch.utils.data.DataLoader(data, batch_size=2, num_workers=workers)
    with pytest.raises(ValueError, match="sample 3 is damaged"):
        list(loader)
    data.broken = False
    assert [y.tolist() for _, y in loader] == [[0, 1], [2, 3], [4, 5]]


def test_a_whole_module_is_not_loaded_unless_asked_for(tmp_path: Path) -> None:
    torch = jaxlearn
    torch.save(after(torch), tmp_path / "model.pth")
    with pytest.raises(Exception, match=r"[Ww]eights.only") as caught:
        torch.load(tmp_path / "model.pth")
    assert type(caught.value).__name__ == "UnpicklingError"
    assert "`weights_only` set to `False`" in str(caught.value)
    assert repr(torch.load(tmp_path / "model.pth", weights_only=False)) == repr(after(torch))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    torch = jaxlearn
    path = tmp_path / "model.pth"
    torch.save(after(torch).state_dict(), path)
    whole = path.read_bytes()
    for damaged in (b"", b"not a checkpoint", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(Exception) as caught:
            torch.load(path)
        assert str(caught.value)


def test_a_target_of_another_shape_warns_as_torch_does() -> None:
    with pytest.warns(UserWarning, match=r"Using a target size \(torch.Size\(\[4, 1\]\)\) that is different"):
        jaxlearn.nn.MSELoss()(jaxlearn.ones(4), jaxlearn.ones(4, 1))
