"""The checks of one operator of the database: each part runs torch and jaxlearn on the same samples.

A check returns the number of samples that it compared and raises ``Different`` at the first that differs.
"""

from __future__ import annotations

import itertools
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

import jaxlearn

from .helper import array, force
from .op_db_compare import Different, Unlike, meaningful, nearer, same, settled
from .op_db_convert import (
    Absent,
    callable_of,
    fresh,
    look_up,
    ours,
    resolve,
    sharing,
    tensors_of,
    translated,
    variants,
)
from .op_db_entries import CHANCE, PHASES, ROUNDING, key_of, main_dtype
from .op_db_faults import without_fault

__all__ = ["check", "failures"]


def check(op: Any, part: str, samples: int | None = None) -> tuple[int, int]:
    """Check a part of an operator.

    Args:
        samples: how many samples, evenly taken from all; all if not given.

    Returns:
        How many were compared and how many there are.

    Raises:
        Different: with the sample and the difference.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if part == "errors":
            return check_errors(op, samples)
        if part == "variants":
            return check_variants(op)
        if part == "out":
            return check_out(op, 1 if samples else 3)
        try:
            function = resolve(op)
        except Absent as error:
            raise Different(f"missing: {error}") from None
        if part == "double backward":
            return check_double_backward(op, function, samples)
        if part == "float32":
            return check_main(op, function, samples)
        return check_forward(op, function, getattr(torch, part), samples)


def spread(items: Sequence[Any], count: int | None) -> list[tuple[int, Any]]:
    """Some of the items with their numbers, evenly taken: the first always."""
    n = len(items)
    if count is None or n <= count:
        return list(enumerate(items))
    return [(i, items[i]) for i in sorted({round(k * (n - 1) / max(count - 1, 1)) for k in range(count)})]


def sample_inputs(
    op: Any, dtype: Any, count: int | None, requires_grad: bool = False
) -> tuple[list[Any], int]:
    """Samples that torch itself accepts, with their numbers, and how many there are."""
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - the database's own generator
    everything = list(op.sample_inputs("cpu", dtype, requires_grad=requires_grad))
    chosen = spread(everything, count)
    if requires_grad and count is not None:
        # Operands without elements are where most of what an even selection missed went wrong.
        numbers = {number for number, _ in chosen}
        others = ((i, s) for i, s in enumerate(everything) if i not in numbers)
        empty = ((i, s) for i, s in others if any(not t.numel() for t in tensors_of(parts(s))))
        chosen += itertools.islice(empty, 1)
    return chosen, len(everything)


def parts(sample: Any) -> tuple[Any, Any, Any]:
    return sample.input, sample.args, sample.kwargs


def call(function: Callable[..., Any], sample: tuple[Any, Any, Any]) -> Any:
    first, args, kwargs = sample
    return function(first, *args, **kwargs)


def describe(number: int, sample: Any) -> str:
    text = sample.summary().replace('device="cpu", ', "").replace("dtype=torch.", "")
    return f"sample {number} {text}".replace(", broadcasts_input=False, name=''", "")[:600]


def ran(function: Callable[[], Any], where: str) -> Any:
    """jaxlearn's answer; an exception is a difference."""
    jaxlearn.manual_seed(0)
    try:
        result = function()
        force(result)
        return result
    except Absent as error:
        raise Different(f"missing: {error}") from None
    except Exception as error:
        raise Different(f"{where}: raised {type(error).__name__}: {str(error)[:300]}") from error


def torch_runs(function: Callable[[], Any]) -> tuple[Any, bool]:
    """torch's answer, if it has one for the sample."""
    torch.manual_seed(0)
    try:
        return function(), True
    except Exception:
        return None, False


def leaves(sample: tuple[Any, Any, Any]) -> list[Any]:
    return [t for t in tensors_of(sample) if t.requires_grad]


def processed(sample: Any, result: Any, library: Any) -> Any:
    """The sample's own choice of what of the result has a well-defined gradient."""
    function = sample.output_process_fn_grad
    return (callable_of(function) if library is jaxlearn else function)(result)


def cotangents(outputs: list[Any]) -> list[np.ndarray[Any, Any]]:
    """Fixed random cotangents, so that a gradient on the wrong element is seen."""
    generator = np.random.default_rng(0)
    made = []
    for out in outputs:
        values = generator.uniform(0.5, 1.5, tuple(out.shape))
        if out.is_complex():
            values = values + 1j * generator.uniform(0.5, 1.5, tuple(out.shape))
        made.append(np.asarray(values))
    return made


def differentiable(result: Any) -> list[Any]:
    return [t for t in tensors_of(result) if t.requires_grad]


def with_gradient(
    library: Any,
    function: Callable[..., Any],
    sample: Any,
    inputs: tuple[Any, Any, Any],
    *,
    twice: bool = False,
) -> tuple[Any, list[Any]]:
    """The result and the gradients by all inputs that require one; those of the gradient too, if asked."""
    result = call(function, inputs)
    outputs = differentiable(processed(sample, result, library))
    wanted = leaves(inputs)
    if not outputs or not wanted:
        return result, []
    values = cotangents(outputs)
    given = [library.tensor(v, dtype=o.dtype) for v, o in zip(values, outputs, strict=True)]
    if not twice:
        return result, list(library.autograd.grad(outputs, wanted, given, allow_unused=True))
    for g in given:
        g.requires_grad_()
    first = library.autograd.grad(outputs, wanted, given, allow_unused=True, create_graph=True)
    again = [g for g in first if g is not None and g.requires_grad]
    if not again:
        return first, []
    weights = [library.tensor(v, dtype=o.dtype) for v, o in zip(cotangents(again), again, strict=True)]
    second = library.autograd.grad(again, [*wanted, *given], weights, allow_unused=True)
    return first, list(second)


def check_main(op: Any, function: Callable[..., Any], count: int | None) -> tuple[int, int]:
    """Forward and gradient in float32."""
    dtype = main_dtype(op)
    gradient = op.supports_autograd and dtype.is_floating_point
    samples, total = sample_inputs(op, dtype, count, gradient)
    done = 0
    for number, sample in samples:
        where = describe(number, sample)
        expected, accepted = torch_runs(
            lambda s=sample: (
                with_gradient(torch, op.op, s, fresh(parts(s)))  # type: ignore[misc]
                if gradient
                else (call(op.op, fresh(parts(s))), [])
            )
        )
        if not accepted:
            continue

        def run(s: Any = sample) -> Any:
            inputs = ours(fresh(parts(s)))
            return with_gradient(jaxlearn, function, s, inputs) if gradient else (call(function, inputs), [])

        got = ran(run, where)
        got, expected = settled(op, sample, got, expected)
        try:
            same(op, got[0], expected[0], f"{where}: result", meaningful(op, sample))
            same_gradients(op, got[1], expected[1], where, meaningful(op, sample))
        except Unlike as error:
            close_to_exact(
                op, "float32", error, got, expected, partial(in_float64, op, sample, gradient), where
            )
        done += 1
    return done, total


def close_to_exact(
    op: Any, part: str, error: Unlike, got: Any, expected: Any, exact: Callable[[], Any], where: str
) -> None:
    """Forgive a difference if the table says that it is torch's rounding, and a float64 run shows it."""
    if part not in ROUNDING.get(key_of(op), {}):
        raise Different(str(error)) from None
    nearer(got, expected, exact(), where, CHANCE.get(key_of(op)))


def same_gradients(op: Any, got: list[Any], expected: list[Any], where: str, values: bool) -> None:
    for i, (g, e) in enumerate(zip(got, expected, strict=True)):
        if (g is None) != (e is None):
            raise Different(f"{where}: gradient {i} is {g}, torch's {e}")
        if e is not None:
            same(op, g.detach(), e.detach(), f"{where}: gradient {i}", values)


def in_wide(value: Any) -> Any:
    """A sample's value with float64 for float32 and bfloat16."""
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.bfloat16):
        return value.detach().double().requires_grad_(value.requires_grad)
    if isinstance(value, torch.Tensor) and value.dtype == torch.complex64:
        return value.detach().to(torch.complex128).requires_grad_(value.requires_grad)
    if value in (torch.float32, torch.bfloat16) and isinstance(value, torch.dtype):
        return torch.float64
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)(in_wide(v) for v in value)
    return {k: in_wide(v) for k, v in value.items()} if isinstance(value, dict) else value


def in_float64(op: Any, sample: Any, gradient: bool) -> Any:
    """torch's answer to a float32 sample, computed in float64."""

    inputs = in_wide(parts(sample))
    found = with_gradient(torch, op.op, sample, inputs) if gradient else (call(op.op, inputs), [])
    return settled(op, sample, found, found)[0] if key_of(op) in PHASES else found


def twice_in_float64(op: Any, sample: Any) -> Any:
    """The gradient of the gradient with every operand in float64."""
    return with_gradient(torch, op.op, sample, in_wide(parts(sample)), twice=True)[1]


def check_forward(op: Any, function: Callable[..., Any], dtype: Any, count: int | None) -> tuple[int, int]:
    """Forward in another dtype."""
    samples, total = sample_inputs(op, dtype, count)
    done = 0
    for number, sample in samples:
        where = describe(number, sample)
        expected, accepted = torch_runs(lambda s=sample: call(op.op, fresh(parts(s))))  # type: ignore[misc]
        if not accepted:
            continue
        got = ran(lambda s=sample: call(function, ours(fresh(parts(s)))), where)  # type: ignore[misc]
        name = str(dtype).removeprefix("torch.")
        expected = without_fault(
            op, key_of(op), name, sample, got, expected, lambda s: call(op.op, fresh(parts(s)))
        )
        got, expected = settled(op, sample, got, expected)
        try:
            same(op, got, expected, where, meaningful(op, sample))
        except Unlike as error:
            close_to_exact(
                op, name, error, (got, []), (expected, []), partial(in_float64, op, sample, False), where
            )
        done += 1
    return done, total


def check_double_backward(op: Any, function: Callable[..., Any], count: int | None) -> tuple[int, int]:
    """The gradient of the gradient, in float64; a missing gradient and one of zeros mean the same here."""
    samples, total = sample_inputs(op, torch.float64, count, True)
    done = 0
    for number, sample in samples:
        where = describe(number, sample)
        expected, accepted = torch_runs(
            lambda s=sample: with_gradient(torch, op.op, s, fresh(parts(s)), twice=True)  # type: ignore[misc]
        )
        if not accepted:
            continue
        got = ran(
            lambda s=sample: with_gradient(jaxlearn, function, s, ours(fresh(parts(s))), twice=True)[1],  # type: ignore[misc]
            where,
        )
        second = without_fault(
            op,
            key_of(op),
            "double backward",
            sample,
            got,
            expected[1],
            lambda s: with_gradient(torch, op.op, s, fresh(parts(s)), twice=True)[1],
        )
        try:
            for i, (g, e) in enumerate(itertools.zip_longest(got, second)):
                if g is None or e is None:
                    present = e if g is None else g
                    if present is not None and not np.allclose(array(present.detach()), 0, atol=1e-7):
                        raise Different(f"{where}: second gradient {i} is {g}, torch's {e}")
                else:
                    same(op, g.detach(), e.detach(), f"{where}: second gradient {i}", meaningful(op, sample))
        except Unlike as error:
            close_to_exact(
                op, "double backward", error, got, second, partial(twice_in_float64, op, sample), where
            )
        done += 1
    return done, total


def check_errors(op: Any, count: int | None) -> tuple[int, int]:
    """The error inputs: the same exception type, and the words that the database looks for."""
    everything = list(op.error_inputs("cpu"))
    done = 0
    function = None
    for number, error_input in spread(everything, count):
        sample = error_input.sample_input
        where = f"error {describe(number, sample)}"
        if op.name.startswith("__r") and not isinstance(sample.input, torch.Tensor):
            continue  # the error is Python's, about a C method called on a foreign object
        if any(t.ndim > 64 or t.is_meta for t in tensors_of(parts(sample))):
            continue  # NumPy has no more dimensions, and there is no device without memory
        if sample.kwargs.get("layout") in (torch.sparse_coo, torch.sparse_csr):
            continue  # sparse tensors are not part of this library
        try:
            inputs, absent = ours(sharing(parts(sample))), None
        except Absent as error:
            inputs, absent = None, error
        try:
            call(op.op, parts(sample))  # after the conversion: torch may resize out= before it raises
            continue
        except Exception as error:
            theirs = error
        try:
            function = function or resolve(op)
        except Absent as error:
            absent = error
        if absent is not None or inputs is None:
            raise Different(f"missing: {absent}")
        try:
            result = call(function, inputs)
            force(result)
        except Exception as error:
            if type(error).__name__ != type(theirs).__name__:
                raise Different(
                    f"{where}: {type(error).__name__}: {str(error)[:200]}; torch's {type(theirs).__name__}: "
                    f"{str(theirs)[:200]}"
                ) from None
            if not re.search(error_input.error_regex, str(error)):
                raise Different(f"{where}: {str(error)[:200]}; torch's {str(theirs)[:200]}") from None
        else:
            raise Different(f"{where}: no error; torch's {type(theirs).__name__}: {str(theirs)[:200]}")
        done += 1
    return done, len(everything)


def check_variants(op: Any) -> tuple[int, int]:
    """Methods, in-place forms, operators and aliases: on the first samples that torch's form accepts."""
    forms = variants(op)
    samples, _ = sample_inputs(op, main_dtype(op), 6)
    done = 0
    for name, form in forms.items():
        tried = 0
        for number, sample in samples:
            where = f"{name}: {describe(number, sample)}"
            inputs = fresh(parts(sample))
            expected, accepted = torch_runs(lambda f=form, i=inputs: (call(f, i), i[0]))  # type: ignore[misc]
            if not accepted or expected[0] is NotImplemented:
                continue
            if "in-place" in name and sample.broadcasts_input:
                continue  # it would have to take another shape
            try:
                function = form_of(form)
            except Absent as error:
                raise Different(f"{name} missing: {error}") from None
            got = ran(lambda f=function, s=sample: with_target(f, ours(fresh(parts(s)))), where)  # type: ignore[misc]
            try:
                if "in-place" in name and (got[0] is got[1]) != (expected[0] is expected[1]):
                    raise Different(f"{where}: the result is not the tensor itself")
                got, expected = (
                    settled(op, sample, got, expected) if key_of(op) in PHASES else (got, expected)
                )
                same(op, got, expected, where, meaningful(op, sample))
            except Unlike as error:
                exact = partial(in_float64, op, sample, False)
                close_to_exact(op, "float32", error, (got[0], []), (expected[0], []), exact, where)
            tried += 1
            if tried == 2:
                break
        done += bool(tried)
    return done, len(forms)


def form_of(form: Any) -> Any:
    """jaxlearn's object of one of the database's other forms."""
    if getattr(form, "__code__", None) and form.__module__.startswith("torch.testing."):
        return translated(form)
    if getattr(form, "__module__", "") == "_operator":
        return getattr(operator, form.__name__)
    if getattr(torch.Tensor, getattr(form, "__name__", ""), None) is form:
        return look_up(f"Tensor.{form.__name__}")
    return callable_of(form)


def with_target(function: Callable[..., Any], inputs: tuple[Any, Any, Any]) -> tuple[Any, Any]:
    return call(function, inputs), inputs[0]


def check_out(op: Any, count: int) -> tuple[int, int]:
    """The result written to ``out=``."""
    try:
        function = resolve(op)
    except Absent as error:
        raise Different(f"missing: {error}") from None
    samples, total = sample_inputs(op, main_dtype(op), count)
    done = 0
    for number, sample in samples:
        where = f"out: {describe(number, sample)}"
        plain, accepted = torch_runs(lambda s=sample: call(op.op, fresh(parts(s))))  # type: ignore[misc]
        if not accepted or not tensors_of(plain) or "out" in sample.kwargs:
            continue

        def theirs(s: Any = sample, like: Any = plain) -> Any:
            out = mapped(like, lambda t: torch.full(t.shape, 7, dtype=t.dtype))
            return written(op.op, fresh(parts(s)), out)

        expected, accepted = torch_runs(theirs)
        if not accepted:
            continue

        def mine(s: Any = sample, like: Any = plain) -> Any:
            out = mapped(like, lambda t: jaxlearn.full(tuple(t.shape), 7, dtype=ours(t.dtype)))
            return written(function, ours(fresh(parts(s))), out)

        got = ran(mine, where)
        expected = without_fault(op, key_of(op), "out", sample, got, expected, None)
        if key_of(op) in PHASES:
            got, expected = settled(op, sample, got, expected)
        try:
            same(op, got, expected, where, meaningful(op, sample))
        except Unlike as error:
            close_to_exact(op, "float32", error, got, expected, partial(out_in_float64, op, sample), where)
        done += 1
    return done, total


def out_in_float64(op: Any, sample: Any) -> Any:
    return in_float64(op, sample, False)[0]


def mapped(result: Any, make: Callable[[Any], Any]) -> Any:
    if isinstance(result, torch.Tensor):
        return make(result)
    return tuple(mapped(r, make) for r in result)


def written(function: Callable[..., Any], inputs: tuple[Any, Any, Any], out: Any) -> Any:
    first, args, kwargs = inputs
    returned = function(first, *args, **kwargs, out=out)
    assert all(a is b for a, b in zip(tensors_of(returned), tensors_of(out), strict=True)), "not out itself"
    return out


def failures(
    op: Any, wanted: Iterable[str], samples: int | None
) -> Iterator[tuple[str, str | None, tuple[int, int]]]:
    """Part, difference or None, and counts for each of the parts."""
    for part in wanted:
        try:
            yield part, None, check(op, part, samples)
        except Different as error:
            yield part, str(error), (0, 0)
