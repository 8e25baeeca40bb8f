"""Elementwise operations: values, dtypes, gradients, conventions at special points, errors, operators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import jaxlearn
from jaxlearn.ops import pointwise, pointwise_power, pointwise_rounding, pointwise_select

pytestmark = pytest.mark.unoptimized

NAN, INF = float("nan"), float("inf")
F = np.float32


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def leaves(library: Any, names: Any, array: Any) -> dict[str, Any]:
    """A leaf of its own for each name, so that all gradients come from one program."""
    made = {name: library.tensor(array) for name in names}
    for leaf in made.values():
        leaf.requires_grad_()
    return made


def with_gradients(library: Any, functions: dict[str, Any], array: Any) -> Any:
    """Every function's value and gradient at the array."""
    inputs = leaves(library, functions, array)
    results = {name: function(library, inputs[name]) for name, function in functions.items()}
    total = 0
    for result in results.values():
        weights = library.arange(1, result.numel() + 1).reshape(result.shape).to(result.dtype)
        total = total + (result * weights / result.numel()).sum()
    total.backward()
    # + 0: torch's gradient of sgn is a tensor without memory, which NumPy cannot read
    return results, {name: leaf.grad + 0 for name, leaf in inputs.items()}


def named(*names: str) -> dict[str, Any]:
    return {name: lambda library, x, name=name: getattr(library, name)(x) for name in names}


REAL = (
    "exp expm1 exp2 sin cos tan sinh cosh tanh asinh atan erf erfc sigmoid floor ceil round trunc frac deg2rad rad2deg "
    "sinc abs neg square sign sgn nan_to_num"
).split()
POSITIVE = "log log2 log10 log1p sqrt rsqrt lgamma digamma reciprocal".split()
UNIT = "asin acos atanh erfinv logit".split()


@pytest.mark.parametrize(
    ("names", "points"),
    [
        (REAL, [-2.5, -1.2, -0.3, 0.0, 0.4, 1.5, 3.3]),
        (POSITIVE, [0.05, 0.3, 1.0, 2.5, 7.0]),
        (UNIT, [0.1, 0.3, 0.5, 0.8]),
    ],
)
def test_unary(same: Any, names: list[str], points: list[float]) -> None:
    # digamma, erfinv and lgamma: XLA's approximations agree with torch's to a few units in the last place.
    same(lambda lib: with_gradients(lib, named(*names), np.array(points, F)), grad_fn=True, rtol=1e-5)


def test_unary_special_values(same: Any) -> None:
    points = np.array([0.0, -0.0, INF, -INF, NAN], F)
    names = [n for n in REAL + POSITIVE + ["erfinv", "acosh"] if n not in ("sinc",)]
    same(lambda lib: {n: getattr(lib, n)(lib.tensor(points)) for n in names})


def test_zeros_have_torchs_sign(same: Any) -> None:
    names = ("sign", "sgn", "nn.functional.softshrink", "nn.functional.logsigmoid")

    def program(torch: Any) -> Any:
        x = torch.tensor([-2.0, -0.25, -0.0, 0.0, 0.25, 2.0, 200.0, NAN])
        functions = [functools.reduce(getattr, name.split("."), torch) for name in names]
        results = [f(x) for f in functions]
        results += [torch.div(x, number, rounding_mode="floor") for number in (-3.0, 3.0)]
        return (
            [torch.signbit(result) for result in results],
            functions[2](x),
            functions[3](x[6:7]),
            results[4],
        )

    same(program, text=True)
    compiled = jaxlearn.compile(program)(jaxlearn)
    for eager, replayed in zip(program(jaxlearn)[0], compiled[0], strict=True):
        assert eager.tolist() == replayed.tolist()


def test_integers_become_floats(same: Any) -> None:
    names = ["exp", "sqrt", "sin", "sigmoid", "erf", "reciprocal", "deg2rad"]
    for dtype in ("int32", "bool", "uint8"):
        same(lambda lib, d=dtype: {n: getattr(lib, n)(lib.tensor([0, 1]).to(getattr(lib, d))) for n in names})
    same(
        lambda lib: {
            n: getattr(lib, n)(lib.tensor([-2, 3]))
            for n in ("floor", "abs", "sign", "square", "neg", "trunc")
        }
    )


def test_half_is_rounded_once(same: Any) -> None:
    names = ["exp", "log1p", "tanh", "sigmoid", "sqrt", "rsqrt", "erf", "reciprocal", "square"]
    for dtype in ("float16", "bfloat16"):
        same(
            lambda lib, d=dtype: {
                n: getattr(lib, n)(lib.tensor([0.1, 0.7, 2.3]).to(getattr(lib, d))) for n in names
            }
        )


BINARY = {
    "add": lambda lib, x: lib.add(x, lib.tensor([1.0, -2.0, 0.5])),
    "add_alpha": lambda lib, x: lib.add(x, lib.tensor([1.0, -2.0, 0.5]), alpha=0.3),
    "sub_alpha": lambda lib, x: lib.sub(x, 2.0, alpha=3),
    "rsub": lambda lib, x: lib.rsub(x, 2.0),
    "rsub_tensor": lambda lib, x: lib.rsub(x, x * 2),
    "mul": lambda lib, x: lib.mul(x, x),
    "div": lambda lib, x: lib.div(x, 3),
    "div_tensor": lambda lib, x: lib.div(3, x),
    "div_floor": lambda lib, x: lib.div(x, 0.7, rounding_mode="floor"),
    "div_trunc": lambda lib, x: lib.div(x, lib.tensor([0.3, -0.4, 0.7]), rounding_mode="trunc"),
    "remainder": lambda lib, x: lib.remainder(x, 0.7),
    "remainder_tensor": lambda lib, x: lib.remainder(lib.tensor([5.0, -5.0, 5.0]), x),
    "fmod": lambda lib, x: lib.fmod(x, -0.7),
    "fmod_tensor": lambda lib, x: lib.fmod(lib.tensor([5.0, -5.0, 5.0]), x),
    "pow": lambda lib, x: lib.pow(x.abs(), 2.3),
    "pow2": lambda lib, x: x**2,
    "pow3": lambda lib, x: x**3,
    "pow0": lambda lib, x: x**0,
    "pow_half": lambda lib, x: x.abs() ** 0.5,
    "pow_base": lambda lib, x: 2.5**x,
    "pow_tensor": lambda lib, x: lib.pow(x.abs(), x),
    "float_power": lambda lib, x: lib.float_power(x, 3).float(),
    "addcmul": lambda lib, x: lib.addcmul(x, x, lib.tensor([1.0, 2.0, 3.0]), value=0.5),
    "addcdiv": lambda lib, x: lib.addcdiv(lib.tensor([1.0, 2.0, 3.0]), x, x * x, value=0.5),
    "lerp": lambda lib, x: lib.lerp(x, lib.tensor([9.0, 8.0, 7.0]), 0.3),
    "lerp_tensor": lambda lib, x: lib.lerp(lib.tensor([9.0, 8.0, 7.0]), x, lib.tensor([0.1, 0.5, 0.9])),
    "maximum": lambda lib, x: lib.maximum(x, lib.tensor([0.5, 0.5, 0.5])),
    "fmin": lambda lib, x: lib.fmin(x, lib.tensor([0.5, NAN, 0.5])),
    "atan2": lambda lib, x: lib.atan2(x, lib.tensor([0.5, -0.5, 2.0])),
    "hypot": lambda lib, x: lib.hypot(x, lib.tensor([0.5, -0.5, 2.0])),
    "logaddexp": lambda lib, x: lib.logaddexp(x, lib.tensor([0.5, -0.5, 2.0])),
    "logaddexp2": lambda lib, x: lib.logaddexp2(x, lib.tensor([0.5, -0.5, 2.0])),
    "xlogy": lambda lib, x: lib.xlogy(lib.tensor([0.0, 1.0, 2.0]), x.abs()),
    "copysign": lambda lib, x: lib.copysign(x, -1.0),
    "clamp": lambda lib, x: lib.clamp(x, -0.5, 1.0),
    "clamp_tensor": lambda lib, x: lib.clamp(x, min=lib.tensor([0.0, 0.0, 2.0])),
    "clamp_min": lambda lib, x: lib.clamp_min(x, 0.0),
    "clamp_max": lambda lib, x: lib.clamp_max(x, 0.0),
    "where": lambda lib, x: lib.where(x > 0, x, 7.0),
    "masked_fill": lambda lib, x: x.masked_fill(x > 0, 4.0),
    "round_decimals": lambda lib, x: lib.round(x, decimals=1),
    "logit_eps": lambda lib, x: lib.logit(x, eps=0.2),
    "rtruediv": lambda lib, x: 3.0 / x,
    "nan_to_num": lambda lib, x: lib.nan_to_num(x, nan=1.0),
}


def test_binary(same: Any) -> None:
    same(lambda lib: with_gradients(lib, BINARY, np.array([0.8, -1.7, 2.6], F)), grad_fn=True, rtol=1e-5)


def test_gradient_conventions(same: Any) -> None:
    """At kinks and ties: abs at 0, bounds of clamp, equal elements, powers of 0, 0 * log 0."""
    functions = {
        "abs": lambda lib, x: lib.abs(x),
        "clamp": lambda lib, x: lib.clamp(x, 0, 1),
        "clamp_tensor": lambda lib, x: lib.clamp(x, lib.zeros(4), lib.ones(4)),
        "maximum": lambda lib, x: lib.maximum(x, lib.tensor([0.0, 1.0, 1.0, 2.0])),
        "minimum": lambda lib, x: lib.minimum(lib.tensor([0.0, 1.0, 1.0, 2.0]), x),
        "fmax": lambda lib, x: lib.fmax(lib.tensor([0.0, 1.0, 1.0, 2.0]), x),
        "pow0": lambda lib, x: lib.pow(x, 0),
        "pow1": lambda lib, x: lib.pow(x, 1),
        "pow1.5": lambda lib, x: lib.pow(x, 1.5),
        "pow_zero_base": lambda lib, x: lib.pow(lib.tensor([0.0, 0.0, 2.0, 0.0]), x),
        "pow_both": lambda lib, x: lib.pow(x, lib.tensor([0.0, 2.0, 0.0, 1.0])),
        "sqrt": lambda lib, x: lib.sqrt(x),
        "sinc": lambda lib, x: lib.sinc(x),
        "copysign": lambda lib, x: lib.copysign(x, -1),
        "xlogy": lambda lib, x: lib.xlogy(x, lib.tensor([0.0, 1.0, 2.0, 0.0])),
        "sign": lambda lib, x: lib.sign(x),
        "where": lambda lib, x: lib.where(x > 0, x, lib.zeros(4)),
    }
    same(lambda lib: with_gradients(lib, functions, np.array([0.0, 1.0, 2.0, 0.0], F)), grad_fn=True)


def second(function: Any, x: Any) -> Any:
    """The second derivative of the sum by jax.grad."""
    with jax.enable_x64(True):
        first = jax.grad(lambda v: function(v).sum())
        return np.asarray(jax.jit(jax.grad(lambda v: first(v).sum()))(x))


def test_second_derivatives() -> None:
    x = np.array([0.5, 1.5, 2.0])
    pure = pointwise_power.power.op.fn
    np.testing.assert_allclose(second(lambda v: pure(v, 3), x), 6 * x)
    np.testing.assert_allclose(second(lambda v: pure(v, 2.5), x), 2.5 * 1.5 * x**0.5)
    np.testing.assert_allclose(second(lambda v: pure(v, v), x), x**x * ((np.log(x) + 1) ** 2 + 1 / x))
    np.testing.assert_allclose(second(lambda v: pointwise.div.op.fn(1.0, v), x), 2 / x**3)
    np.testing.assert_allclose(second(lambda v: pointwise_select.clamp.op.fn(v * v, 0, 3), x), [2, 2, 0])
    np.testing.assert_allclose(
        second(lambda v: pointwise_rounding.copysign.op.fn(v**2, -1.0), x), [-2, -2, -2]
    )


def test_number_exponent_as_operand() -> None:
    """An exponent that has become an operand of the program gives the same bits as a constant one."""
    x = np.linspace(0.1, 5, 50, dtype=F)
    for exponent in (2, 3, 0.5, -1.0, -2, 1.7, 0):
        with jax.enable_x64(True):
            constant = jax.jit(lambda v, e=exponent: pointwise_power.power.op.fn(v, e))(x)
            operand = jax.jit(pointwise_power.power.op.fn)(x, exponent)
        np.testing.assert_allclose(np.asarray(operand), np.asarray(constant), rtol=2e-7)


def test_one_rounding() -> None:
    """Arithmetic with numbers equals float32 arithmetic bit for bit, division by a constant included."""
    x = (np.random.RandomState(0).rand(1000) * 10).astype(F)

    def compiled(function: Any) -> Any:
        with jax.enable_x64(True):
            return np.asarray(jax.jit(function)(x))

    assert (compiled(lambda v: pointwise.mul.op.fn(v, 0.1)) == x * F(0.1)).all()
    assert (compiled(lambda v: pointwise.add.op.fn(v, 0.1)) == x + F(0.1)).all()
    for divisor in (3, 0.1, 7.0, 255):
        assert (compiled(lambda v, d=divisor: pointwise.div.op.fn(v, d)) == x / F(divisor)).all()
    assert (compiled(lambda v: pointwise_power.power.op.fn(v, 2)) == x * x).all()
    assert (compiled(lambda v: pointwise_power.power.op.fn(v, 3)) == x * x * x).all()


def test_host_twins_equal_compiled() -> None:
    """Arrays still on the host are computed by NumPy: same bits, same dtype as the compiled operation."""
    rng = np.random.RandomState(1)
    a, b = rng.randn(257).astype(F), rng.randn(257).astype(F)
    i = rng.randint(-9, 9, 257)
    from jaxlearn.ops import comparison

    cases = [
        (pointwise.add, (a, b)),
        (pointwise.sub, (a, 0.3)),
        (pointwise.mul, (i, 0.1)),
        (pointwise.true_divide, (a, 3)),
    ]
    cases += [
        (pointwise.true_divide, (i, i + 10)),
        (comparison.lt, (a, 0.1)),
        (comparison.eq, (i, 3)),
        (pointwise.add, (i, a)),
    ]
    cases += [
        (pointwise.mul, (a.astype(np.float16), 0.1)),
        (pointwise.add, (i > 0, i > 3)),
        (pointwise.add, (i.astype(np.int8), 100)),
    ]
    for function, args in cases:
        arrays = [x for x in args if isinstance(x, np.ndarray)]
        with_numbers = functools.partial(
            lambda f, rest, *x: f.op.fn(*x, *rest), function, args[len(arrays) :]
        )
        with jax.enable_x64(True):
            compiled = np.asarray(jax.jit(with_numbers)(*arrays))
        typed = {"dtype": compiled.dtype} if function.op.host_takes_dtype else {}
        host = function.op.host(*args, **typed)
        assert host.dtype == compiled.dtype
        np.testing.assert_array_equal(host, compiled)


def test_promotion(same: Any) -> None:
    operands = {
        "u8": lambda lib: lib.tensor([1, 2]).to(lib.uint8),
        "i64": lambda lib: lib.tensor([1, 2]),
        "bool": lambda lib: lib.tensor([True, False]),
        "f16": lambda lib: lib.tensor([1.5, 2.5]).to(lib.float16),
        "f64": lambda lib: lib.tensor([1.5, 2.5]).to(lib.float64),
        "f32 0-d": lambda lib: lib.tensor(1.5),
        "i64 0-d": lambda lib: lib.tensor(3),
        "2": lambda lib: 2,
        "2.5": lambda lib: 2.5,
        "True": lambda lib: True,
    }

    def program(lib: Any) -> Any:
        found = {}
        for n, a in operands.items():
            for m, b in operands.items():
                x, y = a(lib), b(lib)
                if not isinstance(x, (int, float)):
                    found[n, m] = [x + y, x * y, x / y, x > y]
        return found

    same(program)


ERRORS = """x + "a"
x + None
x < "a"
x + [1, 2, 3, 4]
x + torch.ones(3)
x + torch.ones(2, 3, 3)
torch.add(x, "a")
torch.maximum(x, 2)
torch.atan2(x, 2)
torch.add(i, 1, alpha=1.5)
torch.add(i, i, alpha=True)
torch.sub(b, b)
1 - b
-b
+b
torch.div(i, 2, rounding_mode="x")
i ** -1
b ** b
torch.floor(b)
torch.abs(b)
torch.round(i, decimals=1)
torch.frac(i)
torch.clamp(x)
torch.where(i, x, 1)
torch.where(b, x, torch.zeros(5))
torch.lerp(x, x.double(), 0.5)
torch.lerp(i, i, 0.5)
torch.isclose(x, x.double())
torch.logical_and(x, 2)
x & b
i & 1.5
~x
x << 1
i.add_(1.5)
i.div_(2)
i.mul_(2.5)
b.mul_(2)
v.add_(x)""".split("\n")


def setting(lib: Any) -> dict[str, Any]:
    x = lib.tensor(np.arange(12, dtype=F).reshape(3, 4) / 11)
    return {"torch": lib, "x": x, "i": lib.arange(12).reshape(3, 4), "b": x > 0.5, "v": lib.ones(4)}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(same: Any, text: str) -> None:
    same(lambda lib: eval(text, setting(lib)), message=True)


VALUES = """b + b
b * b
b / b
i / i
i // 2
-i // 5
i % 3
-i % 3
x // 0.3
i ** 2
2 ** i
i ** 2.0
torch.pow(i, torch.tensor([-1]))
b ** 2
torch.fmod(-i, 3)
torch.div(-i, 5, rounding_mode="trunc")
torch.clamp(i, 0.5, 2)
torch.clamp(i, min=2)
torch.clamp(b, 0, 1)
torch.where(b, 1, 2)
torch.where(b, 1.0, 2)
torch.where(b.byte(), x, 1.0)
torch.minimum(x, i)
i.masked_fill(b, 1.5)
torch.equal(x, x.double())
torch.equal(x, v)
torch.allclose(x, x + 1e-7)
torch.isclose(x, x * 1.00001)
b & 1
i ^ 5
i | 8
~i
~b
i << 2
-i >> 1
i << 64
torch.logical_xor(x, i)
torch.logical_not(x)
x == "a"
x == None
x != None
x == 0.36363637
torch.tensor([0.1]) == 0.1
torch.tensor([0.1]) < 0.1000000001
torch.tensor([1], dtype=torch.uint8) == 257
torch.tensor([2**24 + 1]) == float(2**24)
torch.sign(b)
torch.tensor([0.5, 1.5, 2.5, -0.5]).round()
torch.heaviside(x - 0.5, torch.tensor(0.5))
torch.copysign(x, -0.0)
torch.angle(x - 0.5)
torch.nan_to_num(torch.tensor([float("nan"), float("inf"), -float("inf")]))
torch.remainder(torch.tensor([-3.0, 3.0]), float("inf"))
torch.float_power(i, 0.5)
x.clamp(0.2, 0.1)
x + np.ones(4)
x * np.float64(2)
np.sqrt(x)
np.maximum(x, 0.5) + np.exp(i)
np.isnan(x)
np.cumsum(x.detach())
x - np.float64(2)
np.float32(3) - x
np.int64(2) + x
x.add(i, alpha=np.float64(2))
x.addcmul(x, x, value=np.float64(0.5))
x.clone().add_(np.float32(1)).sub_(np.float64(0.25))
x == np.ones(4)
x.mul_(2).add_(1, alpha=3).clamp_(0, 4)
i.add_(1).mul_(True)
x.lt_(0.5)
x.sub_(v).pow_(2).neg_()""".split("\n")


def test_values(same: Any) -> None:
    for text in VALUES:
        same(lambda lib, text=text: eval(text, {**setting(lib), "np": np}))


def test_foreign_operands_are_asked() -> None:
    class Foreign:
        def __radd__(self, other: Any) -> str:
            return "asked"

        def __eq__(self, other: object) -> Any:
            return "equal"

        __hash__ = None  # type: ignore[assignment]

    x = jaxlearn.tensor([1.0])
    assert x + Foreign() == "asked"
    assert (x == Foreign()) == "equal"
    assert x.__mul__(Foreign()) is NotImplemented


def test_floor_divide_has_no_gradient() -> None:
    x = jaxlearn.tensor([3.0]).requires_grad_()
    with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
        (x // 2).sum().backward()


def test_golden() -> None:
    """Values printed by torch 2.13.0; these need no torch."""
    x = jaxlearn.tensor([0.5, -1.25, 3.0])
    golden = {
        "exp": [1.6487212181091309, 0.2865048050880432, 20.08553695678711],
        "tanh": [0.46211716532707214, -0.8482836484909058, 0.9950547814369202],
        "sigmoid": [0.622459352016449, 0.22270013391971588, 0.9525741338729858],
    }
    for name, expected in golden.items():
        np.testing.assert_allclose(getattr(jaxlearn, name)(x).numpy(), np.array(expected, F), rtol=1.3e-6)
    assert (x / 3).tolist() == [0.1666666716337204, -0.4166666567325592, 1.0]
    assert (x * 0.1).tolist() == [0.05000000074505806, -0.125, 0.30000001192092896]
    assert (x % 1).tolist() == [0.5, 0.75, 0.0]
    assert (x > 0).tolist() == [True, False, True]


def test_the_default_dtype_is_looked_at_anew(same):
    def program(torch):
        results = []
        x, scale = torch.arange(3), torch.tensor([1.5, 2.5, 3.5])
        for default in (torch.float32, torch.float64, torch.float32):
            torch.set_default_dtype(default)
            results += [x / 2, x.sqrt(), x * 1.5, x.float().mean(), torch.ones(2), scale * 2.5]
        return results

    same(program)
