"""Linear algebra: factors, solutions, gradients, what is raised for singular matrices and for mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same, torch

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(7)
A = RNG.randn(2, 3, 3) + 3 * np.eye(3)
C = A + 1j * RNG.randn(2, 3, 3)
B = RNG.randn(3, 2)
TALL = RNG.randn(4, 3)


def test_every_name_of_torch_is_there() -> None:
    names = [
        n for n, f in vars(torch.linalg).items() if callable(f) and not n.startswith("_") and n != "Tensor"
    ]
    assert sorted(set(names) - set(jaxlearn.linalg.__all__)) == []


def derivatives(lib: Any, fn: Any, *arrays: Any) -> Any:
    """The results, and the gradients of their weighted absolute squares."""
    leaves = [lib.tensor(a, requires_grad=True) for a in arrays]
    result = fn(lib, *leaves)
    parts = [r for r in (result if isinstance(result, tuple) else (result,)) if r.requires_grad]
    total = sum(
        ((p.abs() ** 2) * lib.arange(1, p.numel() + 1).reshape(p.shape)).sum() / p.numel() for p in parts
    )
    return result, lib.autograd.grad(total, leaves)


def positive(x: Any) -> Any:
    return x @ x.mH + 1


FUNCTIONS: dict[str, Any] = {
    "inv_ex": lambda t, a: t.linalg.inv_ex(a),
    "inv": lambda t, a: t.linalg.inv(a),
    "solve": lambda t, a: t.linalg.solve(a, a.mH),
    "solve right": lambda t, a: t.linalg.solve(a, a.mH, left=False),
    "solve_ex vector": lambda t, a: t.linalg.solve_ex(a, a[0, 0]),
    "cholesky": lambda t, a: t.linalg.cholesky(positive(a)),
    "cholesky upper": lambda t, a: t.linalg.cholesky_ex(positive(a), upper=True),
    "cholesky of what is not Hermitian": lambda t, a: t.linalg.cholesky(a * t.eye(3) * 2 + a.mH * 0.1),
    "cholesky_inverse": lambda t, a: t.cholesky_inverse(t.linalg.cholesky(positive(a))),
    "cholesky_solve": lambda t, a: t.cholesky_solve(a, t.linalg.cholesky(positive(a)).mH, upper=True),
    "lu": lambda t, a: t.linalg.lu(a),
    "lu_factor": lambda t, a: t.linalg.lu_factor(a),
    "lu_solve": lambda t, a: t.linalg.lu_solve(*t.linalg.lu_factor(a), a.mH),
    "lu_solve adjoint": lambda t, a: t.linalg.lu_solve(*t.linalg.lu_factor(a), a, adjoint=True, left=False),
    "lu_unpack": lambda t, a: t.lu_unpack(*t.linalg.lu_factor(a)),
    "householder_product": lambda t, a: t.linalg.householder_product(a, a[:, 0, :2]),
    "ormqr": lambda t, a: t.ormqr(a, a[:, 0], a.mH, left=False, transpose=True),
    "triangular_solve": lambda t, a: t.triangular_solve(a, a.mH, upper=False, transpose=True),
    "solve_triangular": lambda t, a: t.linalg.solve_triangular(a, a.mH, upper=True, left=False),
    "det": lambda t, a: t.linalg.det(a),
    "slogdet": lambda t, a: t.linalg.slogdet(a)[1],
    "pinv": lambda t, a: t.linalg.pinv(a[:, :, :2]),
    "pinv hermitian": lambda t, a: t.linalg.pinv(positive(a), hermitian=True),
    "matrix_power": lambda t, a: t.linalg.matrix_power(a, -2),
    "matrix_exp": lambda t, a: t.linalg.matrix_exp(a / 4),
    "multi_dot": lambda t, a: t.linalg.multi_dot([a[0, 0], a[0], a[1]]),
    "chain_matmul": lambda t, a: t.chain_matmul(a[0], a[1], a[0]),
    "vander": lambda t, a: t.linalg.vander(a[0, 0], N=4),
    "tensorinv": lambda t, a: t.linalg.tensorinv(a[0], ind=1),
    "tensorsolve": lambda t, a: t.linalg.tensorsolve(a[0], a[1, 0]),
    "svdvals": lambda t, a: t.linalg.svdvals(a),
    "svd": lambda t, a: tuple(x.abs() for x in t.linalg.svd(a, full_matrices=False)),
    "full svd": lambda t, a: t.linalg.svd(a[:, :2])[1],
    "eigh": lambda t, a: tuple(x.abs() for x in t.linalg.eigh(a + a.mH)),
    "eigvalsh": lambda t, a: t.linalg.eigvalsh(a, UPLO="U"),
    "eigvals": lambda t, a: t.linalg.eigvals(a).abs().sum(),
    "eig": lambda t, a: t.linalg.eig(a)[1].abs().sum(),
    "qr": lambda t, a: t.linalg.qr(a),
    "wide qr": lambda t, a: t.linalg.qr(a[:, :2]),
    "lstsq": lambda t, a: t.linalg.lstsq(a, a.mH, driver="gelsd")[:1],
}


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name: str, kind: str) -> None:
    # Conditioned by about 10; double precision.
    same(lambda lib: derivatives(lib, FUNCTIONS[name], A if kind == "real" else C), rtol=1e-6, atol=1e-8)


WITHOUT_GRADIENT = {
    "ldl_factor": lambda t: t.linalg.ldl_factor(t.tensor(A + A.swapaxes(1, 2))),
    "ldl_solve": lambda t: t.linalg.ldl_solve(
        *t.linalg.ldl_factor(t.tensor(A + A.swapaxes(1, 2))), t.tensor(B)
    ),
    "hermitian ldl": lambda t: t.linalg.ldl_factor_ex(t.tensor(C + C.conj().swapaxes(1, 2)), hermitian=True),
    "geqrf": lambda t: t.geqrf(t.tensor(TALL)),
    "lstsq": lambda t: t.linalg.lstsq(t.tensor(TALL), t.tensor(RNG_B)),
    "lstsq gels": lambda t: t.linalg.lstsq(t.tensor(TALL), t.tensor(RNG_B), driver="gels"),
    "lstsq gelss": lambda t: t.linalg.lstsq(t.tensor(TALL), t.tensor(RNG_B), driver="gelss"),
    "rank": lambda t: [
        t.linalg.matrix_rank(t.tensor(A)),
        t.linalg.matrix_rank(t.tensor(A), atol=t.tensor([1.0, 3.0])),
        t.linalg.matrix_rank(t.tensor(A), 2.5),
        t.linalg.matrix_rank(t.ones(3, 3), hermitian=True),
    ],
    "empty": lambda t: [
        t.linalg.det(t.ones(2, 0, 0)),
        t.linalg.inv(t.ones(0, 0)),
        t.linalg.solve(t.ones(0, 0), t.ones(0, 2)),
        t.linalg.cholesky(t.ones(0, 3, 3)),
        t.linalg.slogdet(t.ones(0, 0)),
        t.linalg.pinv(t.ones(0, 3)),
    ],
    "lu with a report": lambda t: t.lu(t.zeros(2, 2), get_infos=True),
    "out": lambda t: t.linalg.inv(t.eye(2) * 2, out=t.empty(2, 2)),
    "svd_lowrank": lambda t: [x.abs() for x in (t.manual_seed(0), t.svd_lowrank(t.tensor(TALL), q=2))[1]],
    "pca_lowrank": lambda t: [x.abs() for x in (t.manual_seed(0), t.pca_lowrank(t.tensor(TALL), q=2))[1]],
    "cond": lambda t: [t.linalg.cond(t.tensor(A), p) for p in (None, 1, -2, "fro", "nuc")],
}
RNG_B = np.random.RandomState(8).randn(4, 2)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_values(name: str) -> None:
    same(WITHOUT_GRADIENT[name])


S = [[1.0, 2.0], [2.0, 4.0]]
N = [[1.0, 2.0], [2.0, 1.0]]
SINGULAR: dict[str, Any] = {
    "inv": lambda t: t.linalg.inv(t.tensor(S)),
    "one of a batch": lambda t: t.linalg.inv(t.tensor([[[1.0, 0.0], [0.0, 1.0]], S])),
    "inverse": lambda t: t.tensor(S).inverse(),
    "computed": lambda t: t.linalg.inv(t.tensor(S) * 2 + t.tensor(S)),
    "inv_ex": lambda t: t.linalg.inv_ex(t.tensor(S), check_errors=True),
    "inv_ex unchecked": lambda t: t.linalg.inv_ex(t.tensor(S)).info,
    "solve": lambda t: t.linalg.solve(t.tensor(S), t.ones(2)),
    "cholesky": lambda t: t.linalg.cholesky(t.tensor(N)),
    "cholesky of a batch": lambda t: t.linalg.cholesky(t.tensor([[[1.0, 0.0], [0.0, 1.0]], N])),
    "cholesky of NaN": lambda t: t.linalg.cholesky(t.full((3, 3), float("nan"))),
    "third minor": lambda t: t.linalg.cholesky(t.tensor([[2.0, 0, 1], [0, 2, 1], [1, 1, 0.5]])),
    "old cholesky": lambda t: t.cholesky(t.tensor(N)),
    "cholesky_ex": lambda t: t.linalg.cholesky_ex(t.tensor(N)).info,
    "cholesky_ex checked": lambda t: t.linalg.cholesky_ex(t.tensor(N), check_errors=True),
    "lu_factor": lambda t: t.linalg.lu_factor(t.tensor(S)),
    "lu_factor_ex": lambda t: t.linalg.lu_factor_ex(t.tensor(S), check_errors=True),
    "lu": lambda t: t.linalg.lu(t.tensor(S)),
    "cholesky_inverse": lambda t: t.cholesky_inverse(t.zeros(2, 2)),
    "matrix_power": lambda t: t.matrix_power(t.tensor(S), -1),
    "tensorinv": lambda t: t.linalg.tensorinv(t.tensor(S), ind=1),
    "tensorsolve": lambda t: t.linalg.tensorsolve(t.tensor(S), t.ones(2)),
    "det": lambda t: t.linalg.det(t.tensor(S)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SINGULAR)
def test_singular_matrices(name: str) -> None:
    same_error(SINGULAR[name])


def same_error(program: Any) -> None:
    """As ``same``, but the two libraries' LinAlgErrors are classes of their own."""
    try:
        expected = program(torch)
    except RuntimeError as error:
        with pytest.raises(RuntimeError) as caught:
            program(jaxlearn)
        assert type(caught.value).__name__ == type(error).__name__
        assert isinstance(caught.value, jaxlearn.linalg.LinAlgError) == isinstance(
            error, torch.linalg.LinAlgError
        )
        assert str(caught.value) == str(error)
    else:
        del expected
        same(program)


def test_the_idiom_of_adding_jitter() -> None:
    def program(lib: Any) -> Any:
        K = lib.tensor(N).requires_grad_()
        for jitter in (1e-6, 1e-1, 10.0):
            try:
                L = lib.linalg.cholesky(K + jitter * lib.eye(2))
            except lib.linalg.LinAlgError:
                continue
            return jitter, L, lib.autograd.grad(L.sum(), K)
        return None

    same(program)


def test_a_captured_step_does_not_look() -> None:
    """What cannot be raised while a step is replayed is infinite or NaN instead; README, "What differs"."""
    step = jaxlearn.compile(lambda x: jaxlearn.linalg.cholesky(x))
    assert step(jaxlearn.tensor(N)).isnan().any()


CALLS: dict[str, Any] = {
    "inv": lambda t, a: t.linalg.inv(a),
    "det": lambda t, a: t.linalg.det(a),
    "slogdet": lambda t, a: t.linalg.slogdet(a),
    "logdet": lambda t, a: t.logdet(a),
    "cholesky": lambda t, a: t.linalg.cholesky(a),
    "cholesky_inverse": lambda t, a: t.cholesky_inverse(a),
    "eig": lambda t, a: t.linalg.eig(a),
    "eigh": lambda t, a: t.linalg.eigh(a),
    "eigvals": lambda t, a: t.linalg.eigvals(a),
    "svd": lambda t, a: t.linalg.svdvals(a),
    "qr": lambda t, a: t.linalg.qr(a).R.abs(),
    "lu": lambda t, a: t.linalg.lu(a),
    "lu_factor": lambda t, a: t.linalg.lu_factor_ex(a),
    "ldl_factor": lambda t, a: t.linalg.ldl_factor(a),
    "pinv": lambda t, a: t.linalg.pinv(a),
    "matrix_rank": lambda t, a: t.linalg.matrix_rank(a),
    "matrix_exp": lambda t, a: t.linalg.matrix_exp(a).shape,  # torch's values for halves are wrong
    "geqrf": lambda t, a: t.geqrf(a),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_matrix(name: str) -> None:
    f = CALLS[name]
    same(lambda t: f(t, t.ones(3, 3, dtype=t.int64)), message=True)
    same(lambda t: f(t, t.ones(3)), message=True)
    same(lambda t: f(t, t.eye(3)[:, :2]), message=True)
    same(lambda t: f(t, t.eye(3).half()), message=True)


MISTAKES: dict[str, Any] = {
    "solve dtype": lambda t: t.linalg.solve(t.eye(3), t.ones(3, 2).double()),
    "solve shapes": lambda t: t.linalg.solve(t.eye(3), t.ones(4, 2)),
    "solve vector on the left": lambda t: t.linalg.solve(t.eye(3), t.ones(3), left=False),
    "solve_triangular shapes": lambda t: t.linalg.solve_triangular(t.eye(3), t.ones(4, 2), upper=True),
    "solve_triangular vector": lambda t: t.linalg.solve_triangular(t.eye(3), t.ones(3), upper=True),
    "triangular_solve": lambda t: t.triangular_solve(t.ones(3), t.eye(3)),
    "lstsq dtype": lambda t: t.linalg.lstsq(t.eye(3), t.ones(3).double()),
    "lstsq shapes": lambda t: t.linalg.lstsq(t.ones(3, 2), t.ones(4)),
    "lstsq driver": lambda t: t.linalg.lstsq(t.eye(3), t.ones(3, 1), driver="x"),
    "cholesky_solve dtype": lambda t: t.cholesky_solve(t.ones(3, 2), t.eye(3).double()),
    "cholesky_solve vector": lambda t: t.cholesky_solve(t.ones(3), t.eye(3)),
    "cholesky_solve shapes": lambda t: t.cholesky_solve(t.ones(4, 2), t.eye(3)),
    "lu_solve pivots": lambda t: t.linalg.lu_solve(t.eye(3), t.tensor([1, 2, 3]), t.ones(3, 2)),
    "lu_solve count": lambda t: t.linalg.lu_solve(t.eye(3), t.tensor([1, 2], dtype=t.int32), t.ones(3, 2)),
    "lu_unpack": lambda t: t.lu_unpack(t.eye(3), t.tensor([1, 2, 3])),
    "lu without pivoting": lambda t: t.linalg.lu(t.eye(3), pivot=False),
    "householder tau": lambda t: t.linalg.householder_product(t.ones(3, 2), t.ones(3)),
    "householder wide": lambda t: t.linalg.householder_product(t.ones(2, 3), t.ones(2)),
    "householder batch": lambda t: t.linalg.householder_product(t.ones(2, 3, 2), t.ones(3, 2)),
    "ormqr": lambda t: t.ormqr(t.ones(3, 2), t.ones(3), t.eye(3)),
    "ormqr rows": lambda t: t.ormqr(t.ones(3, 2), t.ones(2), t.ones(2, 3)),
    "tensorinv ind": lambda t: t.linalg.tensorinv(t.eye(3), ind=0),
    "tensorinv sizes": lambda t: t.linalg.tensorinv(t.ones(3, 2), ind=1),
    "tensorsolve sizes": lambda t: t.linalg.tensorsolve(t.ones(3, 2), t.ones(3)),
    "vander": lambda t: t.linalg.vander(t.ones(3), N=1),
    "vander of booleans": lambda t: t.linalg.vander(t.ones(3).bool()),
    "multi_dot of one": lambda t: t.linalg.multi_dot([t.eye(3)]),
    "multi_dot middle": lambda t: t.linalg.multi_dot([t.eye(3), t.ones(3), t.eye(3)]),
    "multi_dot shapes": lambda t: t.linalg.multi_dot([t.eye(3), t.ones(4, 2)]),
    "multi_dot dtypes": lambda t: t.linalg.multi_dot([t.eye(3), t.eye(3).double()]),
    "chain_matmul": lambda t: t.chain_matmul(t.ones(3), t.eye(3)),
    "qr mode": lambda t: t.linalg.qr(t.eye(3), mode="x"),
    "UPLO": lambda t: t.linalg.eigh(t.eye(3), UPLO="x"),
    "svd driver": lambda t: t.linalg.svd(t.eye(3), driver="gesvd"),
    "cond": lambda t: t.linalg.cond(t.eye(3), p="x"),
    "cond of a tall matrix": lambda t: t.linalg.cond(t.ones(3, 2), 1),
    "gradient of R": lambda t: t.linalg.qr(t.ones(3, 3, requires_grad=True), mode="r").R.sum().backward(),
    "gradient of geqrf": lambda t: t.geqrf(t.ones(3, 3, requires_grad=True)).a.sum().backward(),
    "pca q": lambda t: t.pca_lowrank(t.eye(3), q=7),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    same(MISTAKES[name], message=True)


def test_lobpcg() -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(3)
        x = lib.tensor(np.random.RandomState(1).randn(9, 9))
        A, B = x @ x.T + lib.eye(9), x.T @ x + 9 * lib.eye(9)
        found = [
            lib.lobpcg(A, k=2, niter=500, tol=1e-13),
            lib.lobpcg(A, k=1, largest=False, niter=500, tol=1e-13),
            lib.lobpcg(A, k=2, B=B, niter=500, tol=1e-13),
        ]
        return [(values, vectors.abs()) for values, vectors in found], lib.rand(2)

    # torch iterates, to about 6 digits of the vectors.
    same(program, rtol=1e-5, atol=1e-5)
    same(lambda lib: lib.lobpcg(lib.eye(3), k=2), message=True)


def test_the_exception_of_the_c_module() -> None:
    assert jaxlearn._C._LinAlgError is jaxlearn.linalg.LinAlgError
    with pytest.raises(jaxlearn._C._LinAlgError):
        jaxlearn.linalg.inv(jaxlearn.zeros(2, 2))
