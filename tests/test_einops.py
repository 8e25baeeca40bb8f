"""einops takes tensors, whichever library is imported first."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from einops import asnumpy, einsum, pack, parse_shape, rearrange, reduce, repeat, unpack

import jaxlearn

pytestmark = pytest.mark.unoptimized

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

CALLS = {
    "rearrange": lambda x: rearrange(x, "a b c -> b (a c)"),
    "rearrange a list": lambda x: rearrange([x, x], "n a b c -> a b c n"),
    "new axes": lambda x: repeat(x, "a b c -> a z b c y", z=2, y=3),
    "repeat": lambda x: repeat(x, "a b c -> a b (r c)", r=2),
    "mean": lambda x: reduce(x, "a (b 3) c -> a b c", "mean"),
    "prod": lambda x: reduce(x, "a b c -> b", "prod"),
    "max": lambda x: reduce(x, "a b c -> a", "max"),
    "sum": lambda x: reduce(x, "a b c -> ", "sum"),
    "any": lambda x: reduce(x > 20, "a b c -> a", "any"),
    "einsum": lambda x: einsum(x, x, "a b c, a d c -> a b d"),
    "pack": lambda x: pack([x, x[:, 0]], "a * c")[0],
    "unpack": lambda x: unpack(x, [(2,), ()], "a * c")[0],
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_same_as_numpy(call: Any) -> None:
    gc.collect()  # the backend outlives it
    got = call(jaxlearn.from_numpy(X.copy()))
    assert isinstance(got, jaxlearn.Tensor)
    np.testing.assert_allclose(asnumpy(got), call(X), rtol=1e-6)


def test_gradient_and_errors() -> None:
    x = jaxlearn.from_numpy(X.copy()).requires_grad_()
    reduce(x, "a b c -> a", "sum").sum().backward()
    assert x.grad is not None
    assert (x.grad == 1).all()
    assert parse_shape(x, "a _ c") == {"a": 2, "c": 4}
    with pytest.raises(Exception, match="Wrong shape: expected 2 dims"):
        rearrange(x, "a b -> b a")
    with pytest.raises(NotImplementedError, match="reduce_mean is not available for non-floating tensors"):
        reduce(jaxlearn.arange(4), "a -> ", "mean")


SCRIPT = """
import sys, jaxlearn, einops
print(einops.rearrange(jaxlearn.ones(2, 3), "a b -> b a").shape)
print([finder for finder in sys.meta_path if type(finder).__module__.startswith("jaxlearn")])
"""


def test_einops_imported_afterwards() -> None:
    """Here einops comes first; in another process last, and what waits for it leaves."""
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout == "torch.Size([3, 2])\n[]\n"
