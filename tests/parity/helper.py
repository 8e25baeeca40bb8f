"""The parity helper: run one program with PyTorch and with jaxlearn and compare everything that comes out.

A program is a function of the library: ``same(lambda torch: torch.relu(torch.tensor([-1.0, 2.0])))``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import jaxlearn

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def _seed_no_device(module: Any) -> None:
    """Let ``torch.manual_seed`` pass over a kind of device that is not there.

    It keeps the seed for the day that there is one, with the stack's text for each kind: milliseconds under pytest,
    which took a third of the operator database's time.
    """

    @functools.wraps(module.manual_seed_all)
    def manual_seed_all(seed: int) -> None:
        pass

    if not module.is_available():
        module.manual_seed_all = manual_seed_all


for _module in (torch.cuda, torch.xpu, torch.mtia):
    _seed_no_device(_module)

# torch.testing.assert_close's own tolerances: (relative, absolute) by dtype.
TOLERANCES = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


def same(
    program: Callable[[Any], Any],
    *,
    rtol: float | None = None,
    atol: float | None = None,
    grad_fn: bool = False,
    text: bool = False,
    message: bool = False,
) -> None:
    """Assert that the program gives the same with both libraries.

    Compared are structure, values (bit for bit for integers), shape, dtype and ``requires_grad`` of all tensors in
    the result, or the type of the exception raised.

    Args:
        rtol: relative tolerance in place of torch's own for the dtype; to be given with a reason.
        atol: the absolute one.
        grad_fn: compare the names of ``grad_fn`` too.
        text: compare the results' ``repr`` too.
        message: compare the exception's message too.
    """
    expected, error = outcome(program, torch)
    got, our_error = outcome(program, jaxlearn)
    if error is not None:
        if our_error is None:
            raise AssertionError(f"torch raised {error!r}, jaxlearn returned {got!r}")
        assert type(our_error) is type(error), f"torch raised {error!r}, jaxlearn {our_error!r}"
        if message:
            assert str(our_error).split("\n")[0] == str(error).split("\n")[0]
        return
    if our_error is not None:
        raise our_error
    compare(got, expected, rtol=rtol, atol=atol, grad_fn=grad_fn)
    if text:
        assert repr(got) == repr(expected)


def outcome(program: Callable[[Any], Any], library: Any) -> tuple[Any, Exception | None]:
    """The program's result, or the exception it raised; lazy results are computed."""
    try:
        result = program(library)
        force(result)
    except Exception as error:
        return None, error
    return result, None


def force(result: Any) -> None:
    if isinstance(result, jaxlearn.Tensor):
        result.detach().numpy(force=True)
    elif isinstance(result, Mapping):
        for item in result.values():
            force(item)
    elif isinstance(result, (tuple, list)):
        for item in result:
            force(item)


def array(tensor: Any) -> np.ndarray[Any, Any]:
    """A tensor of either library as a NumPy array, bfloat16 as float32."""
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.detach()
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy(force=True)
    result = np.asarray(tensor.detach().numpy(force=True))
    return result.astype(np.float32) if result.dtype.name == "bfloat16" else result


def field_names(result: Any) -> tuple[str, ...] | None:
    """The names of a named tuple's items; torch's are made in C."""
    if hasattr(type(result), "n_sequence_fields"):
        return tuple(type(result).__match_args__)
    return getattr(result, "_fields", None)


def compare(
    got: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    grad_fn: bool = False,
    where: str = "",
) -> None:
    """Assert that two results are the same, one of jaxlearn, one of torch."""
    if isinstance(expected, torch.Tensor):
        assert isinstance(got, jaxlearn.Tensor), f"{where}: expected a Tensor, got {type(got)}"
        assert str(got.dtype) == str(expected.dtype), f"{where}: dtype {got.dtype}, torch's {expected.dtype}"
        assert tuple(got.shape) == tuple(expected.shape), (
            f"{where}: shape {got.shape}, torch's {expected.shape}"
        )
        assert got.requires_grad == expected.requires_grad, f"{where}: requires_grad {got.requires_grad}"
        default = TOLERANCES.get(str(expected.dtype).removeprefix("torch."), (0.0, 0.0))
        np.testing.assert_allclose(
            array(got),
            array(expected),
            rtol=default[0] if rtol is None else rtol,
            atol=default[1] if atol is None else atol,
            err_msg=where,
        )
        if grad_fn:
            names = [None if t.grad_fn is None else t.grad_fn.name() for t in (got, expected)]
            assert names[0] == names[1], f"{where}: grad_fn {names[0]}, torch's {names[1]}"
    elif isinstance(expected, Mapping):
        assert list(got) == list(expected), where
        for key in expected:
            compare(got[key], expected[key], rtol=rtol, atol=atol, grad_fn=grad_fn, where=f"{where}[{key!r}]")
    elif isinstance(expected, (tuple, list)) and not isinstance(expected, torch.Size):
        assert len(got) == len(expected), f"{where}: {len(got)} results, torch's {len(expected)}"
        assert getattr(got, "_fields", None) == field_names(expected) or not hasattr(got, "_fields"), (
            f"{where}: {type(got)}, torch's {type(expected)}"
        )
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            compare(g, e, rtol=rtol, atol=atol, grad_fn=grad_fn, where=f"{where}[{i}]")
    elif isinstance(expected, float):
        assert isinstance(got, float), f"{where}: {type(got)}"
        assert (
            got == expected
            or math.isclose(got, expected, rel_tol=rtol or 1.3e-6, abs_tol=atol or 1e-5)
            or (math.isnan(got) and math.isnan(expected))
        ), f"{where}: {got}, torch's {expected}"
    elif isinstance(expected, (torch.dtype, torch.device, torch.Size)):
        assert repr(got) == repr(expected), f"{where}: {got!r}, torch's {expected!r}"
    else:
        assert type(got) is type(expected), f"{where}: {type(got)}, torch's {type(expected)}"
        assert got == expected, f"{where}: {got!r}, torch's {expected!r}"


def gradients(program: Callable[..., Any], *arrays: np.ndarray[Any, Any]) -> Callable[[Any], Any]:
    """The program that computes ``program(torch, *tensors)`` and the gradients of its sum by all floating inputs."""

    def run(library: Any) -> Any:
        tensors = [library.tensor(a) for a in arrays]
        for t in tensors:
            if t.is_floating_point():
                t.requires_grad_()
        result = program(library, *tensors)
        parts = [r for r in (result if isinstance(result, (tuple, list)) else [result]) if r.requires_grad]
        # Unequal weights, so that a gradient that lands on the wrong element is seen.
        total = sum(
            (r * library.arange(1, r.numel() + 1).reshape(r.shape).to(r.dtype) / r.numel()).sum()
            for r in parts
        )
        if parts:
            total.backward()  # type: ignore[union-attr]
        return result, [t.grad for t in tensors]

    return run


def aligned(values: Any) -> np.ndarray[Any, Any]:
    """A NumPy array at an address where XLA takes it without a copy."""
    values = np.asarray(values)
    memory = np.empty(values.nbytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    array = memory[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    array[...] = values
    return array
