"""Lists of tensors at once, against torch."""

from typing import Any

import pytest
import torch as reference

import jaxlearn

from .helper import same

NAMES = sorted(name for name in dir(reference) if name.startswith("_foreach_"))
UNARY = [n for n in NAMES if n.rstrip("_").removeprefix("_foreach_") in (
    "abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round "
    "rsqrt sigmoid sign sin sinh sqrt tan tanh trunc zero clone max norm powsum"
).split()]  # fmt: skip
BINARY = [n for n in NAMES if n.rstrip("_").removeprefix("_foreach_") in (
    "add sub mul div clamp_max clamp_min maximum minimum pow"
).split()]  # fmt: skip


def lists(torch: Any) -> tuple[list[Any], list[Any]]:
    return [torch.tensor([0.25, 0.75]), torch.tensor([[0.5]])], [
        torch.tensor([0.5, 0.125]),
        torch.tensor([[2.0]]),
    ]


def test_all_are_there() -> None:
    others = {"_foreach_copy_", "_foreach_mm", "_foreach_lerp", "_foreach_lerp_"}
    others |= {f"_foreach_addc{kind}{end}" for kind in ("mul", "div") for end in ("", "_")}
    assert set(NAMES) == set(UNARY) | set(BINARY) | others


@pytest.mark.parametrize("name", UNARY)
def test_of_one_list(name: str) -> None:
    def program(torch: Any) -> Any:
        xs, _ = lists(torch)
        return getattr(torch, name)(xs), xs

    same(program)
    same(lambda torch: getattr(torch, name)([]))


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("kind", ["list", "number", "numbers", "integer", "tensor", "short"])
def test_of_two(name: str, kind: str) -> None:
    if kind == "tensor" and name.rstrip("_").removeprefix("_foreach_") not in ("add", "mul", "div"):
        pytest.skip("torch has no such form")

    def program(torch: Any) -> Any:
        xs, ys = lists(torch)
        other = {
            "list": ys, "number": 0.5, "numbers": [0.5, 2.0], "integer": 2, "short": ys[:1],
            "tensor": torch.tensor(0.5),
        }[kind]  # fmt: skip
        return getattr(torch, name)(xs, other), xs

    same(program)


def test_the_rest() -> None:
    def program(torch: Any) -> Any:
        xs, ys = lists(torch)
        found = [
            torch._foreach_add(xs, ys, alpha=2), torch._foreach_sub(xs, ys, alpha=0.5),
            torch._foreach_lerp(xs, ys, 0.5), torch._foreach_lerp(xs, ys, [0.25, 0.5]), torch._foreach_pow(2.0, xs),
            torch._foreach_lerp(xs, ys, ys), torch._foreach_norm(xs, 1), torch._foreach_norm(xs, float("inf")),
            torch._foreach_addcmul(xs, ys, ys), torch._foreach_addcmul(xs, ys, ys, 0.5),
            torch._foreach_addcmul(xs, ys, ys, value=2), torch._foreach_addcdiv(xs, ys, ys, [0.5, 2.0]),
            torch._foreach_addcdiv(xs, ys, ys, torch.tensor([0.5, 2.0])), torch._foreach_norm(xs, 2, torch.float64),
            torch._foreach_mm([torch.eye(2)], [torch.ones(2, 2)]),
        ]  # fmt: skip
        torch._foreach_copy_(xs, ys)
        torch._foreach_addcdiv_(xs, ys, ys, value=3)
        torch._foreach_lerp_(xs, ys, 0.5)
        return found, xs

    same(program)


def test_gradients() -> None:
    def program(torch: Any) -> Any:
        xs, ys = lists(torch)
        xs = [x.requires_grad_() for x in xs]
        total = sum(y.sum() for y in torch._foreach_mul(torch._foreach_exp(xs), ys))
        total.backward()
        return [x.grad for x in xs]

    same(program)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, x: t._foreach_abs(3),
        lambda t, x: t._foreach_exp_(x[0]),
        lambda t, x: t._foreach_neg_([x[0], 3]),
        lambda t, x: t._foreach_abs(x, x[:1]),
        lambda t, x: t._foreach_sqrt_(x, [1.0]),
        lambda t, x: t._foreach_zero_([[x[0]]]),
        lambda t, x: t._foreach_norm(iter(x)),
    ],
)
def test_refused_arguments_change_nothing(call: Any) -> None:
    told = []
    for library in (reference, jaxlearn):
        x = [library.ones(2), library.ones(3)]
        with pytest.raises(TypeError) as raised:
            call(library, x)
        told.append((str(raised.value), [y.tolist() for y in x], [y._version for y in x]))
    assert told[0] == told[1]
