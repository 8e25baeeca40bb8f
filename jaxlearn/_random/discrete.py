"""Bernoulli, geometric, Poisson and categorical numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .continuous import exponential, unit64
from .dtypes import MANTISSA_BITS, TORCH_NAMES, is_half, not_implemented, round_to
from .generator import Generator
from .one_by_one import OneByOne
from .rounding import libm

__all__ = ["bernoulli", "check_multinomial", "geometric", "multinomial", "poisson"]

_NOT_A_PROBABILITY = (
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please"
    " report an enhancement request to PyTorch.)"
)
_NO_WEIGHTS = "invalid multinomial distribution (sum of probabilities <= 0)"
_BAD_WEIGHTS = "probability tensor contains either `inf`, `nan` or element < 0"


def bernoulli(
    generator: Generator,
    p: np.ndarray | float,
    shape: Sequence[int] | None = None,
    dtype: npt.DTypeLike | None = None,
) -> np.ndarray:
    """Draw 1 with probability ``p``, else 0.

    Args:
        generator: the stream to draw from.
        p: one probability, or a floating array of them.
        shape: shape of the result, to which an array ``p`` broadcasts; by default that of ``p``.
        dtype: any real dtype; by default that of an array ``p``, else ``float32``.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: a probability is outside [0, 1].
        NotImplementedError: ``p`` is an array of another kind, or ``dtype`` is complex or a wide unsigned one.

    Source: https://pytorch.org/docs/stable/generated/torch.bernoulli.html

    Example::

        >>> bernoulli(Generator().manual_seed(0), 0.5, (4,)).tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    array = p if isinstance(p, np.ndarray) else None
    if array is not None and array.dtype is _FLOAT32 and array.ndim and shape is None and dtype is None:
        if not _are_probabilities(array):  # the common call
            raise RuntimeError(_NOT_A_PROBABILITY)
        return (generator.engine.unit32(array.size).reshape(array.shape) < array).astype(_FLOAT32)
    if array is not None:
        shape = array.shape if shape is None else shape
        dtype = array.dtype if dtype is None else dtype
    elif shape is None:
        shape = ()
    dtype = np.dtype(np.float32 if dtype is None else dtype)
    if array is None and not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    if dtype.kind == "c" or (dtype.kind == "u" and dtype != np.uint8):
        raise not_implemented(f"bernoulli_{'scalar_cpu_' if array is None else 'tensor_cpu_self_'}", dtype)
    count = math.prod(shape)
    if array is None:
        return (unit64(generator, count) < p).astype(dtype).reshape(shape)
    if array.dtype not in MANTISSA_BITS:
        raise not_implemented("bernoulli_tensor_cpu_p_", array.dtype)
    if not _are_probabilities(array):
        raise RuntimeError(_NOT_A_PROBABILITY)
    units = unit64(generator, count) if array.dtype == np.float64 else generator.engine.unit32(count)
    return (units.reshape(shape) < array).astype(dtype)


# The bits of 1 in single precision: those of negative numbers and of NaN are greater.
_FLOAT32, _UINT32, _ONE_BITS = np.dtype(np.float32), np.dtype(np.uint32), 0x3F800000
_INFINITE_BITS = 0x7F800000


def _are_finite(array: np.ndarray) -> bool:
    """Whether all elements are known at once to be finite and not negative, by the largest of their bits."""
    return bool(
        array.dtype is _FLOAT32 and np.maximum.reduce(array.view(_UINT32), None).item() < _INFINITE_BITS
    )


def _are_probabilities(array: np.ndarray) -> bool:
    if not array.size or (
        array.dtype is _FLOAT32 and np.maximum.reduce(array.view(_UINT32), None).item() <= _ONE_BITS
    ):
        return True
    return bool(0 <= array.min() and array.max() <= 1)


def geometric(
    generator: Generator,
    shape: Sequence[int],
    p: float,
    dtype: npt.DTypeLike = np.float32,
) -> np.ndarray:
    """Draw the number of trials up to the first success.

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        p: probability of success of a trial.
        dtype: an integer or floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: ``p`` is outside (0, 1).
        NotImplementedError: ``dtype`` is boolean, complex or a wide unsigned one.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html

    Example::

        >>> geometric(Generator().manual_seed(0), (3,), 0.5).shape
        (3,)
    """
    dtype = np.dtype(dtype)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if dtype.kind in "bc" or (dtype.kind == "u" and dtype != np.uint8):
        raise not_implemented("geometric_cpu", dtype)
    trials = np.ceil(libm(_log, unit64(generator, math.prod(shape))) / math.log1p(-p))
    if dtype.kind in "iu":
        # C++ converts a value beyond a narrow integer by way of int64 and keeps the low bits.
        with np.errstate(invalid="ignore"):
            trials = trials.astype(np.int64)
    return round_to(trials, dtype).reshape(shape)


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


def check_multinomial(shape: Sequence[int], dtype: np.dtype, num_samples: int, replacement: bool) -> None:
    """Refuse what :func:`multinomial` refuses whatever the weights' values are.

    Args:
        shape: of the weights.
        dtype: theirs.
        num_samples: indices per row.
        replacement: whether an index may come more than once.

    Raises:
        RuntimeError: see :func:`multinomial`.
    """
    if not 0 < len(shape) <= 2:
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if dtype not in MANTISSA_BITS:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {TORCH_NAMES[dtype]}"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    categories = shape[-1]
    if not replacement and num_samples > categories:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if categories > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")


def multinomial(
    generator: Generator,
    weights: np.ndarray,
    num_samples: int,
    replacement: bool = False,
    order: tuple[int, ...] | None = None,
) -> np.ndarray:
    """Draw indices with probability proportional to ``weights``.

    Args:
        generator: the stream to draw from.
        weights: floating, of shape (categories,) or (rows, categories); rows need not sum to one.
        num_samples: indices per row.
        replacement: whether an index may come more than once.
        order: the dimensions of the weights as they follow each other in memory, where that is not their own order.

    Returns:
        ``int64`` indices of shape (num_samples,) or (rows, num_samples).

    Raises:
        RuntimeError: the weights or the number of samples are not usable.

    Source: https://pytorch.org/docs/stable/generated/torch.multinomial.html

    Example::

        >>> multinomial(Generator().manual_seed(0), np.array([0.0, 1.0, 0.0]), 2, replacement=True).tolist()
        [1, 1]
    """
    check_multinomial(weights.shape, weights.dtype, num_samples, replacement)
    categories = weights.shape[-1]
    shape = (*weights.shape[:-1], num_samples)
    if math.prod(shape) == 0:
        return np.empty(shape, np.int64)
    wide = weights.astype(np.float32) if is_half(weights.dtype) else weights
    # For one sample both forms mean the same, and torch races then.
    inverted = replacement and num_samples > 1
    if not _are_finite(wide):
        good = (wide >= 0) & (wide < np.inf)
        if not np.all(good):
            raise RuntimeError(_first_fault(wide, good) if inverted else _BAD_WEIGHTS)
    total = np.add.reduce(wide, -1)
    if total == 0 if wide.ndim == 1 else np.any(total == 0):
        raise RuntimeError(_NO_WEIGHTS)
    if inverted:
        return _by_inversion(generator, wide.reshape(-1, categories), num_samples).reshape(shape)
    # The largest of weight / Exp(1) is each category with the wanted probability; the next largest follow suit.
    if order is None or weights.ndim == 1:
        waits = exponential(generator, weights.shape, dtype=weights.dtype)
    else:
        shape_in_memory = tuple([weights.shape[d] for d in order])
        waits = exponential(generator, shape_in_memory, dtype=weights.dtype)
        waits = waits.transpose(tuple(np.argsort(order)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        races = weights / waits
    if num_samples == 1:
        return races.argmax(-1, keepdims=True)
    return np.argsort(-races, axis=-1, kind="stable")[..., :num_samples]


def _first_fault(weights: np.ndarray, good: np.ndarray) -> str:
    """What torch says of weights of which some are not good: it adds them up, row by row."""
    for row, usable in zip(*(a.reshape(-1, weights.shape[-1]) for a in (weights, good)), strict=True):
        if not usable.all():
            found = "= infinity or NaN" if row[usable.argmin()] > 0 else "< 0"  # said of NaN too
            return f"invalid multinomial distribution (encountering probability entry {found})"
        if not row.any():
            break
    return _NO_WEIGHTS


def _by_inversion(generator: Generator, rows: np.ndarray, num_samples: int) -> np.ndarray:
    uniforms = unit64(generator, len(rows) * num_samples).reshape(len(rows), num_samples)
    cumulative = np.cumsum(rows, axis=-1, dtype=rows.dtype)
    cumulative /= cumulative[:, -1:].copy()
    cumulative[:, -1] = 1
    result = np.empty(uniforms.shape, np.int64)
    for row, (steps, drawn) in enumerate(zip(cumulative.astype(np.float64), uniforms, strict=True)):
        result[row] = np.searchsorted(steps, drawn, side="left")
    return result


def poisson(generator: Generator, rates: np.ndarray) -> np.ndarray:
    """Draw one Poisson number for each rate.

    Below a rate of 10 uniforms are multiplied (Knuth); from 10 on, transformed rejection (W. Hoermann, "The
    transformed rejection method for generating Poisson random variables", 1993).

    Args:
        generator: the stream to draw from.
        rates: a floating array of non-negative rates.

    Returns:
        An array of the shape and dtype of ``rates``.

    Raises:
        RuntimeError: a rate is negative.
        NotImplementedError: ``rates`` is not floating.

    Source: https://pytorch.org/docs/stable/generated/torch.poisson.html

    Example::

        >>> poisson(Generator().manual_seed(0), np.array([0.0, 0.0])).tolist()
        [0.0, 0.0]
    """
    if rates.dtype not in MANTISSA_BITS:
        raise not_implemented("poisson_cpu", rates.dtype)
    flat = rates.reshape(-1).astype(np.float64)
    if not np.all(flat >= 0):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    uniforms = OneByOne(generator)
    counts = [_poisson_one(rate, uniforms) for rate in flat.tolist()]
    uniforms.give_back()
    return round_to(np.array(counts, np.float64), rates.dtype).reshape(rates.shape)


def _poisson_one(rate: float, uniforms: Iterator[float]) -> int:
    if rate == 0.0:
        return 0
    if rate < 10.0:
        floor, product, count = math.exp(-rate), next(uniforms), 0
        while product > floor:
            product *= next(uniforms)
            count += 1
        return count
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    log_rate = math.log(rate)
    while True:
        u, v = next(uniforms) - 0.5, next(uniforms)
        side = 0.5 - abs(u)
        count = math.floor((2.0 * a / side + b) * u + rate + 0.43) if side else -1
        if side >= 0.07 and v <= squeeze:
            return count
        if count < 0 or (side < 0.013 and v > side):
            continue
        bound = -rate + count * log_rate - math.lgamma(count + 1.0)
        if _log(v) + math.log(inverse_alpha) - math.log(a / (side * side) + b) <= bound:
            return count
