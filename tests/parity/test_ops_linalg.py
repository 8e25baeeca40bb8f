"""Linear algebra: products, einsum, solvers and decompositions: values, gradients, grad_fn names, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import jaxlearn
from jaxlearn.ops import linalg

pytestmark = pytest.mark.unoptimized

F = np.float32
RNG = np.random.RandomState(3)
A = RNG.rand(3, 3).astype(F) + 2 * np.eye(3, dtype=F)
B = RNG.rand(2, 3, 3).astype(F)
V = RNG.rand(3).astype(F)


@pytest.fixture
def same() -> Callable[..., None]:
    from tests.parity.helper import same as function

    return function


def with_gradients(library: Any, functions: dict[str, Any]) -> Any:
    """Every function's results and the gradients at a, b and v, each with leaves of its own, in one program."""
    results, inputs, total = {}, {}, 0
    for name, function in functions.items():
        leaves = [library.tensor(x).requires_grad_() for x in (A, B, V)]
        result = function(library, *leaves)
        results[name] = tuple(result) if isinstance(result, tuple) else result
        for part in result if isinstance(result, tuple) else [result]:
            weights = library.arange(1, part.numel() + 1).reshape(part.shape).to(part.dtype)
            total = total + (part * weights / part.numel()).sum()
        inputs[name] = leaves
    total.backward()  # type: ignore[attr-defined]
    return results, {name: [x.grad for x in leaves if x.grad is not None] for name, leaves in inputs.items()}


PRODUCTS = {
    "mm": lambda t, a, b, v: a.mm(a),
    "bmm": lambda t, a, b, v: t.bmm(b, b),
    "mv": lambda t, a, b, v: t.mv(a, v),
    "dot": lambda t, a, b, v: v.dot(v),
    "vdot": lambda t, a, b, v: t.vdot(v, v),
    "inner": lambda t, a, b, v: t.inner(a, v),
    "outer": lambda t, a, b, v: t.outer(v, v),
    "ger": lambda t, a, b, v: v.ger(v),
    "addmm": lambda t, a, b, v: t.addmm(v, a, a, beta=0.5, alpha=2),
    "addmv": lambda t, a, b, v: t.addmv(v, a, v),
    "baddbmm": lambda t, a, b, v: t.baddbmm(a, b, b, alpha=3),
    "addbmm": lambda t, a, b, v: t.addbmm(a, b, b),
    "addr": lambda t, a, b, v: t.addr(a, v, v),
    "vv": lambda t, a, b, v: v @ v,
    "av": lambda t, a, b, v: a @ v,
    "va": lambda t, a, b, v: v @ a,
    "aa": lambda t, a, b, v: a @ a,
    "ba": lambda t, a, b, v: b @ a,
    "ab": lambda t, a, b, v: a @ b,
    "bb": lambda t, a, b, v: t.matmul(b, b),
    "bv": lambda t, a, b, v: b @ v,
    "vb": lambda t, a, b, v: v @ b,
    "4-d": lambda t, a, b, v: b.reshape(2, 1, 3, 3) @ b,
    "einsum": lambda t, a, b, v: t.einsum("bij,jk->bik", b, a),
    "einsum sum": lambda t, a, b, v: t.einsum("ij->i", a),
    "tensordot": lambda t, a, b, v: t.tensordot(b, a, dims=([2], [0])),
    "kron": lambda t, a, b, v: t.kron(v, v),
    "cross": lambda t, a, b, v: t.cross(a, a * a, dim=1),
    "trace": lambda t, a, b, v: t.trace(a),
}


def test_products(same: Any) -> None:
    same(lambda lib: with_gradients(lib, PRODUCTS), grad_fn=True)


SOLVERS = {
    "det": lambda t, a, b, v: t.det(a),
    "linalg det": lambda t, a, b, v: t.linalg.det(b),
    "slogdet": lambda t, a, b, v: t.slogdet(a)[1],
    "logdet": lambda t, a, b, v: t.logdet(a @ a.T + t.eye(3)),
    "inverse": lambda t, a, b, v: t.inverse(a),
    "solve": lambda t, a, b, v: t.linalg.solve(a, v),
    "solve right": lambda t, a, b, v: t.linalg.solve(a, a * a, left=False),
    "triangular": lambda t, a, b, v: t.linalg.solve_triangular(a, a * a, upper=True),
    "cholesky": lambda t, a, b, v: t.linalg.cholesky(a @ a.T + t.eye(3)),
    "pinv": lambda t, a, b, v: t.linalg.pinv(a),
    "power": lambda t, a, b, v: t.matrix_power(a, 3),
    "exp": lambda t, a, b, v: t.matrix_exp(a / 4),
    "svdvals": lambda t, a, b, v: t.linalg.svdvals(a),
    "eigvalsh": lambda t, a, b, v: t.linalg.eigvalsh(a + a.T),
    "matrix norm": lambda t, a, b, v: t.linalg.matrix_norm(b),
    "norm 2": lambda t, a, b, v: t.linalg.norm(a, 2),
    "norm 1": lambda t, a, b, v: t.linalg.norm(a, 1),
    "vector norm": lambda t, a, b, v: t.linalg.vector_norm(v),
    "multi_dot": lambda t, a, b, v: t.linalg.multi_dot([a, a, a]),
}


def test_solvers(same: Any) -> None:
    # Inverses lose digits with the condition number, about 3 here, in both libraries.
    same(lambda lib: with_gradients(lib, SOLVERS), grad_fn=True, rtol=2e-5, atol=2e-5)


def test_gradient_of_eigenvectors(same: Any) -> None:
    functions = {
        "eigh": lambda t, a, b, v: t.linalg.eigh(a + a.T).eigenvectors.abs(),
        "svd": lambda t, a, b, v: t.svd(a).U.abs(),
        "qr": lambda t, a, b, v: tuple(t.linalg.qr(a)),
    }
    same(lambda lib: with_gradients(lib, functions), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 3), (5, 4), (3, 4)])
def test_decompositions_have_torchs_signs(same: Any, shape: tuple[int, int]) -> None:
    x = np.random.RandomState(5).rand(*shape).astype(F)

    def program(lib: Any) -> Any:
        m = lib.tensor(x)
        square = m @ m.T
        return [
            tuple(lib.svd(m)),
            tuple(lib.linalg.svd(m, full_matrices=False)),
            tuple(lib.linalg.qr(m)),
            tuple(lib.linalg.qr(m, mode="r")),
            tuple(lib.linalg.eigh(square[:3, :3])),
            lib.linalg.matrix_rank(m),
            lib.linalg.cond(m),
        ]

    same(program, rtol=1e-4, atol=1e-5)


VALUES = """x.long() @ x.t().long()
x.half() @ x.t().half()
x.bfloat16() @ x.t().bfloat16()
torch.outer(v, v.long())
torch.inner(x, x)
torch.einsum("ij,ij", x, x)
torch.einsum("i j, k j -> i k", x, x)
torch.einsum("...ij,...kj->...ik", b, x)
torch.einsum("ii", x[:, :3])
torch.einsum("ij,j", x, x[0])
torch.einsum(x, [0, 1], x, [2, 1], [0, 2])
torch.einsum("ij,kj->ik", x, x[:, :1])
torch.tensordot(x, x, dims=2)
torch.tensordot(b, x, dims=([1, 2], [0, 1]))
torch.kron(x, v.long())
torch.linalg.cross(x, x + v[:, None] ** 2, dim=0)
torch.trace(x.long())
torch.addmm(torch.full((2,), float("nan")), torch.ones(2, 3), torch.ones(3, 2), beta=0)
torch.linalg.solve(b[:, :, :3], torch.ones(2, 3))
torch.linalg.pinv(x)
torch.linalg.lstsq(x.t(), x[:2].t())[0]
torch.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]), upper=True)
torch.cholesky_solve(torch.ones(2, 1), torch.tensor([[2.0, 0.0], [1.0, 1.0]]))
torch.matrix_power(x[:, :3], 0)
torch.matrix_power(x[:, :3], -2)
torch.linalg.norm(x, "nuc")
torch.linalg.norm(x, float("inf"))
torch.linalg.norm(b, dim=(1, 2), ord=-1, keepdim=True)
torch.linalg.matrix_norm(b, 2)
torch.linalg.vecdot(x, x)
torch.linalg.matrix_rank(x)
torch.tensor([[1.0, 2.0], [3.0, 4.0]]).addmm_(torch.ones(2, 2), torch.ones(2, 2))
repr(torch.slogdet(torch.eye(2)))
repr(torch.linalg.eigh(torch.eye(2)))
torch.empty(0, 3) @ torch.empty(3, 2)""".split("\n")

ERRORS = """x @ x
x @ v
v @ v[:2]
v @ x.t()
x @ b
b @ b
b @ torch.ones(3, 4, 5)
b @ x
torch.tensor(1.0) @ x
x @ "a"
x.bool() @ x.t().bool()
torch.mm(x, v)
torch.mm(b, x)
torch.mm(x, x.t().double())
torch.bmm(x, x)
torch.bmm(b, torch.ones(3, 4, 2))
torch.mv(x, v)
torch.mv(x, x)
torch.mv(x, torch.ones(4).double())
torch.dot(x, x)
torch.dot(v, v[:2])
torch.dot(v, v.double())
torch.outer(x, v)
torch.inner(x, v)
torch.addmm(x, x, x)
torch.addmm(torch.ones(5), x, x.t())
torch.addmm(v.double(), x, x.t())
torch.addmv(v, x, v)
torch.einsum("ij,jk->ik", x, x)
torch.einsum("ij,jk->ik", x)
torch.einsum("ijk->i", x)
torch.tensordot(x, x, dims=1)
torch.linalg.cross(x, x)
torch.trace(b)
torch.det(x)
torch.det(v)
torch.det(x[:, :3].long())
torch.inverse(x)
torch.linalg.solve(x, v)
torch.linalg.solve(x[:, :3], torch.ones(4))
torch.svd(v)
torch.linalg.qr(x, mode="z")
torch.cholesky(x)
torch.linalg.eigh(x)
torch.linalg.eigh(torch.eye(2), UPLO="X")
torch.matrix_power(x, 2)
torch.matrix_power(x[:, :3], 1.5)
torch.linalg.norm(x, "bad")
torch.linalg.norm(b, 2)
torch.linalg.vector_norm(x.long())
torch.linalg.vector_norm(x, ord="fro")
torch.linalg.matrix_norm(v)
torch.linalg.multi_dot([x])""".split("\n")


def setting(lib: Any) -> dict[str, Any]:
    rng = np.random.RandomState(0)
    x, v, b = (rng.rand(*shape).astype(F) for shape in ((3, 4), (3,), (2, 3, 4)))
    return {"torch": lib, "x": lib.tensor(x), "v": lib.tensor(v), "b": lib.tensor(b)}


def test_values(same: Any) -> None:
    for text in VALUES:
        same(lambda lib, text=text: eval(text, setting(lib)), rtol=2e-5)


@pytest.mark.parametrize("text", ERRORS)
def test_errors(same: Any, text: str) -> None:
    same(lambda lib: eval(text, setting(lib)), message=True)


def test_batched_times_matrix_is_one_product() -> None:
    """(…, k) @ (k, n) is one product of two matrices: XLA:CPU runs a batched one much slower."""
    text = str(jax.make_jaxpr(linalg.matmul.op.fn)(np.ones((4, 5, 6), F), np.ones((6, 7), F)))
    assert text.count("dot_general") == 1
    assert "f32[20,6]" in text and "f32[20,7]" in text


def test_golden() -> None:
    """Values printed by torch 2.13.0; these need no torch."""
    m = jaxlearn.tensor([[2.0, 1.0], [1.0, 3.0]])
    assert (m @ m).tolist() == [[5.0, 5.0], [5.0, 10.0]]
    np.testing.assert_allclose(
        jaxlearn.linalg.inv(m).numpy(), [[0.6, -0.2], [-0.2, 0.4]], rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(jaxlearn.det(m).item(), 5.0, rtol=1e-6)
    np.testing.assert_allclose(
        jaxlearn.linalg.eigvalsh(m).numpy(), np.array([1.381966, 3.618034], F), rtol=1e-6
    )
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x2 and 3x2\)"):
        m @ jaxlearn.zeros(3, 2)
