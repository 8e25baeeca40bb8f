"""The gradient of the gradient of every differentiable operator of PyTorch's database that jaxlearn has, in float64.

Operators are recorded in groups, so that one program computes the second gradients of a whole group. Plain ``pytest``
runs the ones that models are made of, ``-m exhaustive`` the others. ``test_op_db`` runs every sample, one operator at
a time.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import jaxlearn

from .helper import array, torch
from .helper import same as same_program
from .op_db_check import sample_inputs, with_gradient
from .op_db_compare import same
from .op_db_convert import Absent, fresh, ours, resolve
from .op_db_entries import database, missing
from .op_db_run import room

pytestmark = pytest.mark.unoptimized

GROUP = 12

COMMON = """
    __getitem__ __radd__ __rmul__ __rpow__ __rsub__ abs add addmm amax amin atan2 baddbmm bmm cat clamp cos cumsum div
    einsum erf exp expand expm1 flatten gather index_select linalg.norm log log1p logsumexp masked_fill matmul max mean
    nn.functional.avg_pool2d nn.functional.binary_cross_entropy_with_logits nn.functional.conv1d nn.functional.conv2d
    nn.functional.cross_entropy nn.functional.elu nn.functional.embedding nn.functional.gelu nn.functional.group_norm
    nn.functional.interpolate nn.functional.layer_norm nn.functional.linear nn.functional.max_pool2d
    nn.functional.mse_loss nn.functional.pad nn.functional.relu nn.functional.scaled_dot_product_attention
    nn.functional.silu nn.functional.softplus nn.functional.batch_norm norm permute pow prod reciprocal reshape rsqrt
    mul scatter_add sigmoid sin softmax sqrt squeeze stack sub sum tanh transpose tril unsqueeze var where
""".split()

# What cannot pass, by the database's name.
EXCEPTIONS: dict[str, str] = {
    "nn.functional.linear_cross_entropy chunked": "torch's gradient in chunks has no history",
    "nn.functional.multi_head_attention_forward": "the smallest sample has dropout, whose mask is JAX's",
    "linalg.norm subgradients_at_zero": "at zero torch's second derivative is 0/0, NaN; here it is 0",
}

OPERATORS = {
    key: op
    for key, op in database().items()
    if op.supports_autograd and op.supports_gradgrad and torch.float64 in op.supported_dtypes("cpu")
}
QUICK = [key for key, op in OPERATORS.items() if op.name in COMMON]
REST = [key for key in OPERATORS if key not in QUICK]
_groups = [part[i : i + GROUP] for part in (QUICK, REST) for i in range(0, len(part), GROUP)]
GROUPS = {key: group for group in _groups for key in group}

_results: dict[str, Any] = {}


@pytest.fixture(autouse=True, scope="module")
def let_go() -> Iterator[None]:
    yield
    _results.clear()


def parts(sample: Any) -> tuple[Any, Any, Any]:
    return sample.input, sample.args, sample.kwargs


def weight(sample: Any) -> int:
    """How much there is to compute: of the samples with something to differentiate the smallest is taken."""
    size = sum(
        t.numel() for t in torch.utils._pytree.tree_leaves(parts(sample)) if isinstance(t, torch.Tensor)
    )
    return size if size > 1 else 10**9


def describe(sample: Any) -> str:
    return sample.summary()[:600]


def both(key: str) -> Any:
    """torch's second gradients and jaxlearn's, these not computed yet; or the exception in their place."""
    op = OPERATORS[key]
    try:
        function = resolve(op)
    except Absent as error:
        return error
    samples = [s for _, s in sample_inputs(op, torch.float64, None, True)[0]]
    for sample in sorted(samples, key=weight):
        try:
            expected = with_gradient(torch, op.op, sample, fresh(parts(sample)), twice=True)[1]
        except Exception:  # not a sample that torch can differentiate twice
            continue
        if any(e is not None for e in expected):
            break
    else:
        return None
    try:
        got = with_gradient(jaxlearn, function, sample, ours(fresh(parts(sample))), twice=True)[1]
    except Absent as error:
        return error
    except Exception as error:
        return AssertionError(f"{describe(sample)}: {type(error).__name__}: {error}")
    return describe(sample), got, expected


def results(key: str) -> Any:
    if key not in _results:
        room()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in GROUPS[key]:
                jaxlearn.manual_seed(0)
                _results[name] = both(name)
    return _results.pop(key)


def compare(key: str) -> None:
    result = results(key)
    if result is None:
        pytest.skip("torch differentiates no sample twice")
    if isinstance(result, Absent):
        pytest.skip(f"not in jaxlearn: {result}")
    if isinstance(result, Exception):
        raise result
    where, got, expected = result
    for i, (g, e) in enumerate(itertools.zip_longest(got, expected)):
        if g is None or e is None:  # a missing gradient and one of zeros mean the same
            present = e if g is None else g
            assert present is None or not array(present).any(), f"{where}: {i}: {g}, torch's {e}"
        else:
            same(OPERATORS[key], g.detach(), e.detach(), f"{where}: second gradient {i}")


def held(key: str) -> None:
    """Compare; an entry of EXCEPTIONS must fail, so that none outlives its reason."""
    reason = EXCEPTIONS.get(key) or missing(key, "double backward")
    try:
        compare(key)
    except AssertionError as error:
        if reason is None:
            raise
        pytest.xfail(f"{reason}: {error}")
    if key in EXCEPTIONS:
        pytest.fail(f"{key}: equals torch's second gradient; take it out of EXCEPTIONS ({EXCEPTIONS[key]})")


@pytest.mark.parametrize("key", QUICK)
def test_common_operators(key: str) -> None:
    held(key)


@pytest.mark.exhaustive
@pytest.mark.parametrize("key", REST)
def test_all_others(key: str) -> None:
    held(key)


def test_the_direction_of_complex_numbers() -> None:
    def run(library: Any) -> Any:
        z = library.tensor([1 + 0j, -2 + 0j, 1 + 1j, 0j], dtype=library.complex128, requires_grad=True)
        along = library.tensor([0.3 + 0.7j] * 4, dtype=library.complex128)
        (g,) = library.autograd.grad(z.abs().sum(), z, create_graph=True)
        return g, library.autograd.grad(g, z, along), library.autograd.grad(z.sgn(), z, along)

    same_program(run)


def test_the_tables_name_operators() -> None:
    names = {op.name for op in OPERATORS.values()}
    assert set(COMMON) <= names, set(COMMON) - names
    assert set(EXCEPTIONS) <= set(OPERATORS)
    assert math.isclose(len(QUICK) + len(REST), len(OPERATORS))
