"""Complex numbers: conjugates as views, parts, polar form, arithmetic, reductions, printing; torch's gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

Z = np.array([[1 + 2j, -0.5 + 0.1j, 3j], [-2.0, 0.3 - 1j, 1.5 + 1.5j]], np.complex64)
W = np.array([[0.5 - 1j, 2.0, -1 + 1j], [1j, -0.7 + 0.2j, 0.1 - 0.4j]], np.complex64)

FUNCTIONS: dict[str, Any] = {
    "conj": lambda t, z, w: z.conj(),
    "conj of conj": lambda t, z, w: t.conj(z.conj()) * w.conj(),
    "conj_physical": lambda t, z, w: t.conj_physical(z),
    "resolve_conj": lambda t, z, w: z.conj().resolve_conj(),
    "mH": lambda t, z, w: z.mH @ w,
    "H": lambda t, z, w: z.H,
    "real": lambda t, z, w: z.real * w.imag,
    "view_as_real": lambda t, z, w: t.view_as_real(z * w),
    "view_as_complex": lambda t, z, w: t.view_as_complex(t.view_as_real(z).clone()),
    "complex": lambda t, z, w: t.complex(z.real, w.imag),
    "polar": lambda t, z, w: t.polar(z.abs(), w.angle()),
    "abs": lambda t, z, w: z.abs(),
    "angle": lambda t, z, w: t.angle(z),
    "sgn": lambda t, z, w: t.sgn(z),
    "add": lambda t, z, w: t.add(z, w, alpha=2 - 1j),
    "sub": lambda t, z, w: z - 2j,
    "mul": lambda t, z, w: z * w,
    "div": lambda t, z, w: z / w,
    "reciprocal": lambda t, z, w: 1 / z,
    "pow": lambda t, z, w: z**w,
    "square": lambda t, z, w: z**2,
    "pow of a number": lambda t, z, w: 2**z,
    "exp": lambda t, z, w: t.exp(z),
    "log": lambda t, z, w: t.log(z),
    "sqrt": lambda t, z, w: t.sqrt(z),
    "rsqrt": lambda t, z, w: t.rsqrt(z),
    "sin": lambda t, z, w: t.sin(z),
    "tan": lambda t, z, w: t.tan(z),
    "tanh": lambda t, z, w: t.tanh(z),
    "asin": lambda t, z, w: t.asin(z * 0.2),
    "atan": lambda t, z, w: t.atan(z * 0.2),
    "acosh": lambda t, z, w: t.acosh(z + 0.1j),
    "sigmoid": lambda t, z, w: t.sigmoid(z),
    "sum": lambda t, z, w: z.sum(0),
    "mean": lambda t, z, w: z.mean(),
    "prod": lambda t, z, w: z.prod(1),
    "cumsum": lambda t, z, w: z.cumsum(1),
    "cumprod": lambda t, z, w: z.cumprod(1),
    "norm": lambda t, z, w: t.linalg.vector_norm(z),
    "var": lambda t, z, w: z.var(1),
    "std": lambda t, z, w: z.std(),
    "matmul": lambda t, z, w: z @ w.T,
    "dot": lambda t, z, w: t.dot(z[0], w[0]),
    "vdot": lambda t, z, w: t.vdot(z[0], w[1]),
    "einsum": lambda t, z, w: t.einsum("ij,kj->ik", z, w.conj()),
    "outer": lambda t, z, w: t.outer(z[0], w[0]),
    "where": lambda t, z, w: t.where(z.real > 0, z, w),
    "mixed": lambda t, z, w: z * w.real + w.abs(),
    "index": lambda t, z, w: z[:, 1] * w[0, 0],
    "cat": lambda t, z, w: t.cat([z, w.conj()]),
    "roll": lambda t, z, w: z.roll(1, 1) * z,
    "flip": lambda t, z, w: z.flip(0).T,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name: str) -> None:
    def program(lib: Any) -> Any:
        z, w = (lib.tensor(a, requires_grad=True) for a in (Z, W))
        out = FUNCTIONS[name](lib, z, w)
        weights = lib.arange(1, out.numel() + 1).reshape(out.shape)
        total = (out.abs() ** 2 * weights).sum() if out.is_complex() else (out**3 * weights).sum()
        return out.detach().resolve_conj(), lib.autograd.grad(total, (z, w), allow_unused=True)

    # Powers and quotients lose a digit or two of float32 in both.
    same(program, rtol=2e-5, atol=2e-5)


def test_the_gradient_is_the_conjugate() -> None:
    """Of a holomorphic function, torch's gradient is the conjugate of the derivative times the cotangent."""

    def program(lib: Any) -> Any:
        z = lib.tensor(Z, requires_grad=True)
        (first,) = lib.autograd.grad((z**3).sum().real, z, create_graph=True)
        (second,) = lib.autograd.grad((first * lib.tensor(W)).sum().imag, z)
        return first.detach().resolve_conj(), second

    same(program)


def test_conjugates_are_views() -> None:
    def program(lib: Any) -> Any:
        z = lib.tensor(Z)
        view = z.conj()
        flags = [view.is_conj(), view.conj().is_conj(), view.T.is_conj(), (view + 1).is_conj(), z.is_conj()]
        view[0, 0] = 5 + 7j
        view.mul_(1j)
        z[1].zero_()
        z.mH[2, 0] = 4j
        real = lib.ones(2)
        return flags, z, view.resolve_conj(), view.stride(), real.conj() is real, z.real, z.imag, view.clone()

    same(program)


def test_in_place_and_neg() -> None:
    same(lambda lib: lib.tensor(Z).conj_physical_())
    same(lambda lib: (lib.tensor(Z).is_neg(), lib.resolve_neg(lib.tensor(Z))))


def test_numpy_of_conjugates() -> None:
    same(lambda lib: lib.tensor(Z).conj().numpy(), message=True)
    same(lambda lib: lib.tensor(Z).conj().resolve_conj().numpy().tolist())


def test_printing() -> None:
    same(
        lambda lib: (
            lib.tensor(Z),
            lib.tensor(Z).conj(),
            lib.tensor(Z)[0, 0],
            lib.tensor(Z.astype(np.complex128)),
        ),
        text=True,
    )


ERRORS = {
    "complex of integers": lambda t: t.complex(t.ones(2).long(), t.ones(2).long()),
    "complex dtypes": lambda t: t.complex(t.ones(2), t.ones(2).double()),
    "complex of a number": lambda t: t.complex(t.ones(2), 1),
    "polar of a number": lambda t: t.polar(1, t.ones(2)),
    "imag of reals": lambda t: t.ones(2).imag,
    "view_as_real of reals": lambda t: t.view_as_real(t.ones(2)),
    "order": lambda t: t.tensor(Z) < t.tensor(W),
    "max": lambda t: t.tensor(Z).max(),
    "backward": lambda t: t.tensor(Z, requires_grad=True).sum().backward(),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    same(ERRORS[name], message=name not in ("max", "order"))
