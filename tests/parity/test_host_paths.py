"""What NumPy computes while the values are on the host: equal to torch, and to the compiled program."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized


def parts(x: Any) -> list[Any]:
    """What ``x``, of three dimensions, shows at several indices, with its place in memory."""
    found = []
    for index in (
        0, -1, (0, 1), (0, ...), (..., 1), (None, 1), (slice(None), 1, None), (..., None), (None, ..., 0), (1, 0, 1),
        (1, slice(0, 1), slice(None, None, 2)), (slice(2, 1),), (...,), slice(1, None), slice(-1, 99), slice(5, 1),
    ):  # fmt: skip
        part = x[index]
        found += [part, part.stride(), part.storage_offset(), part.is_contiguous()]
    return found


@pytest.mark.parametrize(
    "arrange",
    [lambda x: x, lambda x: x.permute(2, 0, 1), lambda x: x[:, 1:], lambda x: x.transpose(0, 2)[::2]],
    ids=["whole", "permuted", "part", "strided"],
)
def test_parts(arrange: Any) -> None:
    same(lambda torch: parts(arrange(torch.arange(36).reshape(3, 3, 4))))


@pytest.mark.parametrize(
    "index",
    [
        5,
        -4,
        (0, 5),
        (0, 0, 0),
        (0, 0, -9),
        slice(None, None, 0),
        slice(None, None, -1),
        (slice(0, 1, 0),),
        "a",
        1.5,
    ],
)
def test_wrong_parts(index: Any) -> None:
    same(lambda torch: torch.ones(3, 4)[index])
    same(lambda torch: torch.ones(3, 4).__setitem__(index, 1))


def test_rows() -> None:
    for places in ([0, 2], [-1, -3], [[0, 1], [1, 0]], [], [3], [-4]):
        for dtype in ("int64", "int32", "uint8", "int16"):
            same(
                lambda torch, p=places, d=dtype: torch.arange(12).reshape(3, 4)[
                    torch.tensor(p).to(getattr(torch, d))
                ]
            )


@pytest.mark.parametrize(
    "value",
    [1, 2.5, True, float("nan"), 300, [1.0, 2, 3, 4], [[5.0, 6, 7, 8]], [1.0, 2], [[1.0] * 4] * 2],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int8", "bool", "float16", "complex64"])
def test_writes(value: Any, dtype: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.zeros(3, 4).to(getattr(torch, dtype))
        row, source = x[1], torch.tensor(value) if isinstance(value, list) else value
        x[0] = source
        x[1, :] = source
        x[..., 2:, :] = source
        return x, row, x._version

    same(program)


def test_a_write_is_seen_by_what_was_recorded_before_as_it_was() -> None:
    def program(torch: Any) -> Any:
        x = torch.zeros(3)
        before = (x + 1).sort().values
        x[0] = 5
        return before, x, x.detach()

    same(program)


REDUCED = ("max", "min", "sum", "mean", "any", "all", "argmax", "argmin", "amax", "amin")


@pytest.mark.parametrize("name", REDUCED)
def test_reductions(name: str) -> None:
    data: list[tuple[Any, str]] = [
        ([[1.5, float("nan")], [3, 4]], "float32"), ([[1.0, 2.5], [3, -4]], "float64"), ([[3, 1], [2, 2]], "int64"),
        ([[1, 0]], "uint8"), ([[True, False]], "bool"), ([[1.0, 3.0]], "float16"), ([[1.0, 3.0]], "bfloat16"),
        (3.0, "float32"), ([[], []], "float32"), ([[1, -7], [3, 0]], "int8"),
    ]  # fmt: skip
    for values, dtype in data:
        # what torch says about bool and empty operands is not the host's business
        if name.startswith("arg") and dtype == "bool":
            continue

        def program(torch: Any, values: Any = values, dtype: str = dtype) -> Any:
            x = torch.tensor(values).to(getattr(torch, dtype))
            function = getattr(torch, name)
            results = [function(x)] if x.numel() else []
            if x.dim() and x.shape[1]:
                results += [function(x, 1), function(x, -1, True), function(x, dim=0)]
                if name in ("sum", "mean", "amax", "amin", "any", "all"):
                    results += [function(x, dim=(0, 1)), function(x, dim=())]
            return results

        same(program)


def test_many_elements_are_left_to_the_program() -> None:
    """A reduction of more elements than NumPy is quicker for gives the same."""
    x = jaxlearn.rand(200, 100)
    assert abs(x.sum().item() - float(x.numpy().sum(dtype="float64"))) < 0.05
    assert x.max().item() == x.numpy().max()


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int64", "int32", "uint8", "bool", "bfloat16", "float16"]
)
def test_conversions(dtype: str) -> None:
    for values in ([1.5, -2.5, 300.0, float("inf"), float("nan")], [3, -1, 300], [True, False]):
        same(lambda torch, v=values: torch.tensor(v).to(getattr(torch, dtype)))


def test_joining_and_padding() -> None:
    def program(torch: Any) -> Any:
        x, y = torch.arange(6.0).reshape(2, 3), torch.arange(6).reshape(2, 3)
        pad = torch.nn.functional.pad
        return [
            torch.cat((x, x), -1), torch.cat((x, y)), torch.stack((x, x), -1), torch.stack((y, y)),
            torch.stack([x[0, 0], x[1, 1]]), torch.cat((torch.ones(0), x)), pad(x, (1, 2)),
            pad(x, (1, 0, 0, 2), value=2.5), torch.stack((y, x), 1), x.view(3, -1), x[:, :2].reshape(-1), x.t().t(),
            pad(y, (-1, 1), value=7), x.flip(0), x.t().flip(-1, 0).stride(),
            x.unsqueeze(-1).stride(), x[:1].squeeze(0), list(x), x.unbind(1)[0].stride(), x.permute(-1, 0).stride(),
        ]  # fmt: skip

    same(program)


def test_no_warning_of_numpys() -> None:
    """Overflow and invalid values are numbers here as in torch."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = jaxlearn.tensor([float("inf"), 1e38, 0.0])
        assert (x - x).isnan().tolist() == [True, False, False]
        assert (x * 1e38).tolist()[1] == float("inf")
        assert (x / 0).isnan().tolist() == [False, False, True]
        assert x.sum().item() == float("inf")


def test_the_second_call_of_a_kind_looks_for_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a loop does to small tensors is remembered by the operands' types and the other arguments."""
    from jaxlearn._tensor import dispatch

    def step(i: int) -> list[Any]:
        x = jaxlearn.arange(12.0).reshape(3, 4) + i
        rows = [
            *x,
            *x.unbind(1),
            *x.split(2),
            *x.chunk(2, dim=1),
            x.T,
            x.view(-1),
            x.flatten(),
            x.permute(1, 0),
        ]
        joined = jaxlearn.stack([x, x]), jaxlearn.cat((x, x), dim=1)
        return [
            *rows,
            *joined,
            x * 0.5,
            x.sum(dim=1, keepdim=True),
            x.unsqueeze(0),
            x > 3,
            x.to(jaxlearn.int64),
            -x,
        ]

    first, _ = step(0), step(1)
    calls = 0
    frozen = dispatch.dispatch

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        return frozen(*args, **kwargs)

    monkeypatch.setattr("jaxlearn.ops.op.Op.dispatch", staticmethod(counted))
    again = step(0)
    assert calls == 0
    for a, b in zip(first, again, strict=True):
        assert a.tolist() == b.tolist() and a.stride() == b.stride() and a.dtype == b.dtype


def test_remembered_calls_tell_arguments_apart() -> None:
    """Equal numbers of different types are different arguments; so are a list of tensors and the tensors themselves."""

    def program(torch: Any) -> Any:
        x = torch.arange(6).reshape(1, 2, 3)
        found = []
        for argument in (1, True, 0, False):
            found += [x.sum(0, argument), x.sum(dim=0, keepdim=argument), x == argument, x * argument]
        for number in (1, 1.0, True, -0.0, 0.0):
            found += [x + number, x.float() * number]
        y = x.float()
        return [
            *found,
            torch.cat([y, y]),
            torch.cat((y, y), 2),
            torch.add(other=y, input=x),
            torch.sub(y, other=x),
        ]

    same(program)
    same(lambda torch: [torch.ones(2, 1).unsqueeze(1), torch.ones(2, 1).unsqueeze(1.0)])
    same(lambda torch: [torch.ones(2, 1).squeeze(1), torch.ones(2, 1).view(1.0, 2)])


def test_remembered_views_follow_the_modes() -> None:
    """A view remembered from one mode forbids in another what torch forbids there."""

    def program(torch: Any, mode: str, name: str) -> Any:
        x = torch.ones(2, 2)
        getattr(x, name)(0)
        with getattr(torch, mode)():
            y = getattr(x, name)(0)
            kinds = [r.is_inference() for r in (y if isinstance(y, (tuple, list)) else (y,))]
        x.requires_grad_()
        with getattr(torch, mode)():
            z = getattr(x, name)(0)
        part = z[0] if isinstance(z, (tuple, list)) else z
        part.mul_(2)
        return kinds, part, x

    for mode in ("no_grad", "inference_mode", "enable_grad"):
        for name in ("unsqueeze", "unbind", "flatten"):
            same(lambda torch, m=mode, n=name: program(torch, m, n))


def test_a_remembered_operation_on_a_view_takes_up_its_bases_history() -> None:
    def program(torch: Any) -> Any:
        x, w = torch.ones(3), torch.ones(3, requires_grad=True)
        row = x[:2]
        before = row * 2
        x.mul_(w)
        after = row * 2
        after.sum().backward()
        return before, before.requires_grad, after, after.requires_grad, w.grad

    same(program)


COPIES = (
    "x[torch.tensor([0, 2])]", "x[[0, -1]]", "x[:, torch.tensor([1, 3])]", "x[:, [1, 3], :]", "x[x > 5]",
    "x[torch.tensor([True, False, True])]", "x[torch.tensor(1)]", "x[torch.tensor([0, 1]), torch.tensor([[1], [2]])]",
    "x[[0, 9]]", "x[:, [9]]", "x[torch.tensor([True, False])]", "x[..., [0]]", "x[None, [0]]", "x[1, [0]]", "x[[]]",
    "x[[True, False, True]]", "x[torch.tensor([], dtype=torch.int64)]", "x[torch.tensor([0], dtype=torch.int16)]",
    "x[None]", "x[..., None]", "x[:, None]", "x[()]",
)  # fmt: skip


@pytest.mark.parametrize("index", COPIES)
def test_parts_at_tensors_and_lists(index: str) -> None:
    """Reading and writing at masks, index tensors and lists; after an error nothing has changed."""

    def program(torch: Any, arrange: Any) -> Any:
        whole = torch.arange(24.0).reshape(3, 4, 2)
        x = arrange(whole)
        names = {"torch": torch, "x": x}
        part = eval(index, names)
        part += 100
        results = [whole, part, whole._version]
        for value in (
            "2",
            "2.5",
            "torch.tensor(7.0)",
            "torch.tensor([3.0])",
            "x.clone()",
            "torch.tensor([1, 2])",
        ):
            try:
                exec(f"{index} = {value}", names)
            except Exception as error:
                results.append(type(error))
            results += [whole.clone(), whole._version]
        return results

    same(lambda torch: program(torch, lambda x: x))
    same(lambda torch: program(torch, lambda x: x.permute(0, 2, 1)))


def test_numbers_drawn_one_after_the_other() -> None:
    """Numbers made ahead are those that torch draws, whatever is drawn between them."""

    def program(torch: Any) -> Any:
        torch.manual_seed(11)
        results = []
        for n in (3, 3, 3, 12, 12, 16, 16, 20, 20, 20, 32, 5, 40, 300, 300, 16, 2, 2):
            results += [torch.randn(n), torch.zeros(n).normal_(1.0, 0.5), torch.zeros(n).uniform_(-1, 2)]
        for n in (12, 20, 32, 40, 7):
            results += [torch.randn(n) for _ in range(30)] + [torch.rand(1), torch.randperm(n)]
            results += [torch.randn(n, dtype=torch.float64) for _ in range(9)]
        state = torch.get_rng_state()
        results += [torch.randn(20) for _ in range(3)]
        torch.set_rng_state(state)
        return [
            *results,
            state,
            torch.randn(20),
            torch.zeros(3).normal_(),
            torch.randn(4, dtype=torch.float16),
        ]

    same(program, rtol=0, atol=0)
    with pytest.raises(RuntimeError, match="uniform_ expects"):
        jaxlearn.zeros(3).uniform_(2, 1)


def test_triangles_and_rolls_again() -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(24.0).reshape(2, 3, 4)
        results = []
        for _ in range(2):
            results += [
                x.tril(),
                x.triu(1),
                x.tril(-1),
                x.roll(1, 0),
                x.roll(-5, 2),
                x.roll(30, 1),
                x.roll((1, 2), (0, 1)),
            ]
            results += [
                x[0].roll(3),
                x.gather(2, torch.tensor([[[0], [1]], [[3], [2]]])),
                x[:, :0].roll(1, 1),
            ]
            results += [x.index_select(1, torch.tensor([2, 0])), torch.equal(x, x), torch.equal(x, x + 1)]
            results += [
                torch.equal(x, x[0]),
                (x[0, 0] > 1).nonzero(),
                torch.zeros_like(x.permute(2, 0, 1)).stride(),
            ]
        nan = torch.tensor([float("nan")])
        return [
            *results,
            torch.equal(nan, nan),
            torch.ones_like(x[0]),
            torch.zeros_like(x[:, :1].expand(2, 3, 4)).stride(),
        ]

    same(program)


CHOICES = (
    "x.abs()", "x.floor()", "x.ceil()", "x.trunc()", "x.round()", "x.sqrt()", "torch.maximum(x, y)",
    "torch.minimum(x, y)", "torch.where(m, x, y)", "torch.where(m, x, 0)", "torch.where(m, 1, x)",
    "torch.where(m, x[0], y)", "torch.where(m, 1.5, -2.0)", "x.masked_fill(m, -1)", "x.masked_fill(m[0], 3)",
    "x[0].masked_fill(m, 3)", "x.clamp(0, 1)", "x.clamp(min=1)", "x.clamp(max=-1)", "x.clamp(2, -2)",
    "x.clamp(0.5, 2.5)", "x // 2", "x // -3", "x % 3", "x % -3", "x % 300", "x.square()", "x**2", "x**3", "1 - x",
    "2.5 - x", "x.clone().add_(y)", "x.clone().sub_(1)", "x.clone().mul_(x)", "x.clone().masked_fill_(m, 5)",
    "x.clone().clamp_(0, 2)", "x.clone().pow_(2)", "torch.nn.functional.one_hot(x.abs().long() % 5, 5)",
)  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "int8", "float16", "bool"])
def test_choices_and_rounding(dtype: str) -> None:
    """Computed on the host where the bits are those of the program, else by the program."""

    def program(torch: Any) -> Any:
        x = torch.tensor([[1.5, -0.0, -3.7], [120.0, 2.5, 0.0]]).to(getattr(torch, dtype))
        y = torch.tensor([[-1.0, 0.0, 4.0], [7.0, 2.5, -9.0]]).to(getattr(torch, dtype))
        m = torch.tensor([[True, False, True], [False, True, True]])
        results = []
        for text in CHOICES:
            if dtype == "float16" and "//" in text:
                continue  # by the program, whose last bit of the quotient is another
            for _ in range(2):
                try:
                    results.append(eval(text, {"torch": torch, "x": x, "y": y, "m": m}))
                except (RuntimeError, NotImplementedError) as error:
                    results.append(str(type(error)))
        return results

    same(program)


def test_numbers_that_the_host_leaves_to_the_program() -> None:
    x = jaxlearn.arange(5)
    for divisor, expected in ((2, [0, 1, 0, 1, 0]), (-2, [0, -1, 0, -1, 0]), (200, [0, 1, 2, 3, 4])):
        assert (x % divisor).tolist() == expected
    assert (x**2).tolist() == [0, 1, 4, 9, 16] and (x.float() ** 3).tolist() == [0, 1, 8, 27, 64]


def test_in_place_results_are_taken_over() -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(6.0).reshape(2, 3).clone()
        row, shared = x[0], x.detach()
        x += 1
        x.mul_(x)
        x.add_(x[0])
        x.sub_(x.sum())
        x.add_(torch.ones(2, 3, dtype=torch.int64))
        count = torch.arange(3)
        count += 1
        with torch.no_grad():
            w = torch.ones(2, 3, requires_grad=True)
            w.add_(x)
        y = torch.zeros(2, 3)
        y.add_(w)
        return x, row, shared, x._version, count, w, w._version, y, y.requires_grad, y.is_leaf

    same(program)
    same(lambda torch: torch.zeros(3).add_(torch.ones(2, 3)))
    same(lambda torch: torch.zeros(3, dtype=torch.int64).add_(1.5))


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode", "enable_grad"])
def test_numpy_of_what_requires_grad(mode: str) -> None:
    """torch refuses it only while gradients are enabled."""

    def program(torch: Any) -> Any:
        w = torch.nn.Parameter(torch.ones(2))
        with getattr(torch, mode)():
            return w.numpy().tolist(), np.asarray(w).tolist()

    same(program, message=True)


@pytest.mark.parametrize("kind", [copy.copy, copy.deepcopy])
def test_copies_of_new_tensors(kind: Callable[[Any], Any]) -> None:
    same(lambda torch: kind(torch.zeros(2, 3)))
    same(lambda torch: kind(torch.zeros(2, 3) + 1))
    same(lambda torch: kind(torch.arange(3)[1:]))


def written(torch: Any) -> list[Any]:
    """What is read of a storage before and after writes to it, which must not change what was read before."""
    x, kept = torch.zeros(6, 4), []
    row, tail, flat = x[1], x[2:], x.view(-1)
    x[0] = 1
    kept += [x.clone(), x.exp(), x + 1, x.detach(), copy.deepcopy(x), x[0] * 2, x.numpy().tolist()]
    x[0] = torch.full((4,), 2.0)
    kept += [row.sin(), tail.sum(), flat[:5].tolist()]
    row.fill_(3)
    x[1] += 1
    x[2:4, 1] -= 5
    kept += [row.tolist(), tail.tolist(), x[1] @ torch.ones(4)]
    row += 1
    tail[0] = row
    x[:, 0] = 7
    array = x.numpy().copy()
    x[5, 3] = -1
    shared = torch.stack([x[0], x[5]])
    x[5] = 0
    return [*kept, row, tail, flat, shared, x, array.tolist(), x._version, row._version]


def test_writes_leave_what_was_read() -> None:
    same(written)


def test_writes_to_large_tensors() -> None:
    def program(torch: Any) -> list[Any]:
        found = []
        for make in (torch.zeros, torch.ones):
            x = make(70000, 8)
            y = x + 1
            for i in range(0, 50, 7):
                x[i] = torch.full((8,), float(i))
                x[i, 1] = -2
            found += [x[:51], y[:51].sum(), x.sum(), x._version]
        x = torch.full((700000,), -0.0)
        x[3] = 4
        flags = torch.zeros(2000000, dtype=torch.bool)
        flags[5] = True
        return [*found, x[:5], flags.sum(), flags[4:7]]

    same(program)
