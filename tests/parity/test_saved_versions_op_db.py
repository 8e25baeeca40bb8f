"""What each operator of PyTorch's database keeps for backward: an operand or a result written to in place after the
operation makes backward raise, or does not.

Without ``-m exhaustive`` some operators run, those with several results among them.
"""

from __future__ import annotations

from typing import Any

import pytest

import jaxlearn

from .helper import torch
from .op_db_check import call, differentiable, parts, sample_inputs
from .op_db_convert import fresh, ours, resolve, tensors_of
from .op_db_entries import LEFT_OUT, database

pytestmark = pytest.mark.unoptimized

OPERATORS = {
    key: op
    for key, op in database().items()
    if key not in LEFT_OUT and op.supports_autograd and torch.float32 in op.dtypes
}
QUICK = [
    name.strip()
    for name in """
        aminmax, cdist, cummax, div no_rounding_mode, exp, float_power, frexp, kthvalue, ldexp, linalg.eigh, linalg.lu,
        linalg.qr, linalg.svd, masked.softmax, masked_select, matmul, max reduction_with_dim, median, mode, mul,
        nn.functional.conv2d, nn.functional.embedding_bag, nn.functional.max_pool2d,
        nn.functional.scaled_dot_product_attention, nn.functional.silu, pow, sort, stft, topk, where
    """.split(",")
]
# Where an operation of torch's is several here or the reverse, or nothing is there to be differentiated: there torch
# refuses more than this library.
MORE_IN_TORCH = """
    __getitem__ cholesky_inverse cholesky_solve combinations cov cumprod einsum fft.fft fft.ifft fft.ihfft fft.rfft
    gather index_put linalg.det linalg.eig linalg.householder_product linalg.norm linalg.slogdet linalg.solve
    linalg.solve_ex linalg.solve_triangular linalg.vector_norm masked.norm masked_select nn.functional.batch_norm
    nn.functional.cross_entropy nn.functional.grid_sample nn.functional.linear_cross_entropy
    nn.functional.multi_head_attention_forward nn.functional.multi_margin_loss nn.functional.poisson_nll_loss
    nn.functional.prelu norm ormqr take_along_dim tensordot
""".split()
# Where this library alone refuses, each with the sample and the reason.
MORE_HERE = {
    "cdist": {
        (46, "argument", 1)
    },  # torch computes with a copy of an operand that it broadcasts over the batch
    "nn.functional.local_response_norm": {(10, "argument", 0)},  # torch saves nothing of an empty input
}


def refused(lib: Any, function: Any, inputs: Any, place: str, number: int) -> bool | None:
    """Whether backward refuses after a write to an argument or a result; None without a gradient."""
    result = call(function, inputs)
    outputs = differentiable(result)
    if not outputs:
        return None
    written = tensors_of(inputs if place == "argument" else result)[number]
    with lib.no_grad():
        written.copy_(written.clone())
    total = sum((o.sum() for o in outputs), lib.zeros(()))
    try:
        (total.real if total.is_complex() else total).backward()
    except RuntimeError as error:
        if "modified by an inplace" in str(error):
            return True
        raise
    return False


def differences(key: str, count: int) -> tuple[list[Any], list[Any]]:
    """Samples and places where torch alone refuses, and where this library alone does."""
    op, found = OPERATORS[key], ([], [])
    function = resolve(op)
    compared = 0
    for number, sample in sample_inputs(op, torch.float32, count, True)[0]:
        arguments = tensors_of(parts(sample))
        try:
            results = tensors_of(call(op.op, fresh(parts(sample))))
        except RuntimeError:  # the sample is a part of a larger memory, which a copy is not
            continue
        if any(t.numel() > 5000 for t in arguments):
            continue
        places = [("argument", i) for i in range(len(arguments))]
        for place in places + [("result", i) for i in range(min(len(results), 3))]:
            try:
                theirs = refused(torch, op.op, fresh(parts(sample)), *place)
            except RuntimeError:  # torch refuses the write itself, or has no gradient
                continue
            here = refused(jaxlearn, function, ours(fresh(parts(sample))), *place)
            compared += 1
            if theirs != here:
                found[bool(here)].append((number, *place))
    if not compared:
        pytest.skip("torch refuses to write to any of them, or has no gradient")
    return found


@pytest.mark.parametrize("key", QUICK)
def test_some_operators(key: str) -> None:
    held(key, 3)


@pytest.mark.exhaustive
@pytest.mark.parametrize("key", OPERATORS)
def test_every_operator(key: str) -> None:
    held(key, 12)


def held(key: str, count: int) -> None:
    missed, invented = differences(key, count)
    assert set(invented) <= MORE_HERE.get(key, set())
    assert not missed or any(key == name or key.startswith(f"{name} ") for name in MORE_IN_TORCH)
