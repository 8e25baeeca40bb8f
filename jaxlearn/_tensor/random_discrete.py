"""Random numbers that count something: torch's from torch's seeds, as :mod:`jaxlearn._tensor.random`.

Parameters that exist are looked at and drawn with on the host. A sample of parameters that the step computes is a part
of the step, made of numbers drawn on the host, where the parameters do not change how many are needed. Where they do
(``poisson``, ``binomial``), the step is computed up to them; a compiled step, which cannot be, draws with JAX.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .. import _random as streams
from .._engine.capture import HostRead
from .._engine.outside import is_transformed
from .._engine.value import intern
from ..ops.joining import broadcast_tensors
from ..ops.op import explained
from ..ops.random import below, binomial_keyed, drawn_from, inversion, poisson_keyed, race
from .argument_kinds import integer, tensor
from .dispatch import TENSOR_TYPES, host_array_of, new_on_host, wrap
from .generator import stream_of
from .indexing import host_array
from .inplace import write_out
from .random import draw, exists
from .step_key import step_key
from .views import memory_order

__all__ = ["bernoulli", "binomial", "by_rejection", "multinomial", "poisson"]


@explained
def bernoulli(input: Any, p: float | None = None, *, generator: Any = None, out: Any = None) -> Any:
    """1 with the given probabilities, else 0.

    https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html

    Args:
        input: the probabilities.
        p: one probability for all elements, in place of theirs.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.

    Raises:
        RuntimeError: a probability is outside [0, 1]; those that the step computes are not looked at.
        NotImplementedError: the probabilities are no floats.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    stream = stream_of(generator)
    if p is None and out is None and type(input) in TENSOR_TYPES and not is_transformed():
        array = None if input._requires_grad else host_array_of(input)
        if array is not None:
            return new_on_host(
                streams.bernoulli(stream, array), intern(array.shape, array.dtype, input.device)
            )
    kind, shape = input.dtype._np, tuple(input.shape)
    if p is not None:
        result = wrap(draw(lambda s: streams.bernoulli(stream, float(p), s, kind), input.device, shape))
    elif exists(input) or kind not in streams.MANTISSA_BITS:
        chances = host_array(input.detach())
        result = wrap(draw(lambda: streams.bernoulli(stream, chances), input.device))
    else:
        wide = np.float64 if kind == np.float64 else np.float32
        uniforms = draw(lambda s: streams.uniform(stream, s, dtype=wide), input.device, shape)
        result = below(input, wrap(uniforms))
    if input.requires_grad and not result.requires_grad:
        result = drawn_from(result, input, None, "BernoulliBackward0")
    return result if out is None else write_out(out, result, "bernoulli")


@explained
def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None, out: Any = None
) -> Any:
    """Indices drawn with probability proportional to weights.

    https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html

    Args:
        input: weights, a vector or a matrix of rows.
        num_samples: indices per row.
        replacement: whether an index may come more than once.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.

    Raises:
        RuntimeError: the weights or the number are not usable; weights that the step computes are not looked at.

    Example::

        >>> import jaxlearn as torch
        >>> torch.multinomial(torch.tensor([0.0, 1.0]), 1)
        tensor([1])
    """
    stream, count = stream_of(generator), integer("multinomial", "num_samples", num_samples)
    if out is None and type(input) in TENSOR_TYPES and not is_transformed():
        array = None if input._requires_grad else host_array_of(input)
        if array is not None:
            order = None if array.ndim < 2 else memory_order(input)
            drawn = streams.multinomial(stream, array, count, replacement, order)
            return new_on_host(drawn, intern(drawn.shape, drawn.dtype, input.device))
    kind, shape = input.dtype._np, tuple(input.shape)
    if out is not None and out.dtype._scalar_name != "Long":
        raise RuntimeError(f"multinomial expects Long tensor out, got: {out.dtype._scalar_name}")
    if exists(input):
        weights, order = host_array(input.detach()), memory_order(input)
        result = wrap(
            draw(lambda: streams.multinomial(stream, weights, count, replacement, order), input.device)
        )
    else:
        streams.check_multinomial(shape, kind, count, replacement)
        if replacement and count > 1:
            uniforms = draw(
                lambda s: streams.uniform(stream, s, dtype=np.float64), input.device, (*shape[:-1], count)
            )
            result = inversion(input, wrap(uniforms))
        else:
            waits = draw(lambda s: streams.exponential(stream, s, dtype=kind), input.device, shape)
            result = race(input, wrap(waits), count)
    return result if out is None else write_out(out, result, "multinomial")


def by_rejection(
    sample: Callable[..., np.ndarray[Any, Any]],
    keyed: Callable[..., Any],
    *parameters: Any,
    generator: Any = None,
) -> Any:
    """Numbers whose parameters decide how many draws they take.

    Args:
        sample: draws on the host: ``sample(stream, *arrays)``.
        keyed: the operation that draws in a compiled step, which does not know the parameters' values:
            ``keyed(*parameters, key, ordinal)``.
        parameters: tensors.
        generator: draw from this one instead of the default generator.

    Returns:
        A tensor without history.
    """
    stream = stream_of(generator)
    parameters = tuple([p.detach() for p in parameters])
    traced = any(isinstance(p._current().array, jax.core.Tracer) for p in parameters)
    try:
        arrays = None if traced else [host_array(p, optional=True) for p in parameters]
    except HostRead:
        arrays = None
    if arrays is None:
        return keyed(*parameters, *step_key())
    return wrap(draw(lambda: sample(stream, *arrays), parameters[0].device))


@explained
def poisson(input: Any, generator: Any = None) -> Any:
    """Poisson numbers of the given rates.

    https://docs.pytorch.org/docs/stable/generated/torch.poisson.html

    Args:
        input: the rates, not negative.
        generator: draw from this one instead of the default generator.

    Raises:
        RuntimeError: a rate is negative.
    """
    result = by_rejection(streams.poisson, poisson_keyed, input, generator=generator)
    return drawn_from(result, input, None, "PoissonBackward0") if input.requires_grad else result


@explained
def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """How many of some trials succeed; PyTorch has no derivative of it.

    https://docs.pytorch.org/docs/stable/generated/torch.binomial.html

    Args:
        count: numbers of trials.
        prob: the probability that one succeeds, of the same dtype.
        generator: draw from this one instead of the default generator.

    Raises:
        ValueError: ``count`` is not floating.
        RuntimeError: the dtypes differ, or the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.binomial(torch.tensor([10.0, 10.0]), torch.tensor([0.0, 1.0]))
        tensor([ 0., 10.])
    """
    tensor("binomial", "prob", prob)
    return by_rejection(
        streams.binomial, binomial_keyed, *broadcast_tensors(count, prob), generator=generator
    )
