"""Dropout in training, with a fresh mask from the step's random key."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..._tensor.step_key import step_key
from ...ops.nn_dropout import alpha_dropout_op, dropout_op, rrelu_op
from ._arguments import require_tensor, sizes, written

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
    "rrelu",
    "rrelu_",
]


_NAMES = {
    (dropout_op, False): "dropout",
    (dropout_op, True): "feature_dropout",
    (alpha_dropout_op, False): "alpha_dropout",
    (alpha_dropout_op, True): "feature_alpha_dropout",
}


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _dropped(operation: Any, input: Any, p: float, training: bool, inplace: bool, channels: bool) -> Any:
    _check(p)
    if not training or p == 0:
        require_tensor(_NAMES[operation, channels], input)
        return input
    if channels and len(sizes(input)) < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    key, ordinal = step_key()
    if inplace:
        return written(input, operation, key, float(p), ordinal, channels)
    return operation(input, key, float(p), ordinal, channels)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, elements zeroed with probability ``p`` and the others scaled by :math:`1/(1-p)`.

    The masks follow from the generator's seed, but are not torch's: they are drawn inside the compiled step.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html

    Args:
        input: floating tensor of any shape.
        p: probability of an element to be zeroed.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.dropout(torch.ones(3), p=1.0)
        tensor([0., 0., 0.])
        >>> torch.nn.functional.dropout(torch.ones(3), training=False)
        tensor([1., 1., 1.])
    """
    return _dropped(dropout_op, input, p, training, inplace, False)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    r"""Dropout for SELU networks: elements go to SELU's negative limit, mean and variance stay.

    Self-normalizing neural networks, https://arxiv.org/abs/1706.02515;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html

    Args:
        input: floating tensor of any shape.
        p: probability of an element to be dropped.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.alpha_dropout(torch.ones(3))
        tensor([1., 1., 1.])
    """
    return _dropped(alpha_dropout_op, input, p, training, inplace, False)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    r"""Alpha dropout of whole channels.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html

    Args:
        input: floating tensor (N, C, *).
        p: probability of a channel to be dropped.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.feature_alpha_dropout(torch.ones(1, 2, 1)).shape
        torch.Size([1, 2, 1])
    """
    return _dropped(alpha_dropout_op, input, p, training, inplace, True)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, whole channels of sequences zeroed with probability ``p``, the others scaled.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html

    Args:
        input: floating tensor (N, C, L) or (C, L).
        p: probability of a channel to be zeroed.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.dropout1d(torch.ones(1, 2, 3), p=1.0).sum()
        tensor(0.)
    """
    _check(p)
    n = len(sizes(input))
    if n not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {n}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    if n == 2:
        if inplace:
            raise NotImplementedError(
                "dropout1d of an unbatched input in place: use input.copy_(dropout1d(input))"
            )
        return _dropped(dropout_op, input.unsqueeze(0), p, training, False, True).squeeze(0)
    return _dropped(dropout_op, input, p, training, inplace, True)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, whole channels of images zeroed with probability ``p``, the others scaled.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html

    Args:
        input: floating tensor (N, C, H, W).
        p: probability of a channel to be zeroed.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.dropout2d(torch.ones(1, 2, 1, 3), p=1.0).sum()
        tensor(0.)
    """
    _check(p)
    n = len(sizes(input))
    if n == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a "
            "future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain "
            "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    elif n != 4:
        _warn_dimensions("dropout2d", n, 2, "3D or 4D")
    return _dropped(dropout_op, input, p, training, inplace, True)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    r"""In training, whole channels of volumes zeroed with probability ``p``, the others scaled.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html

    Args:
        input: floating tensor (N, C, D, H, W).
        p: probability of a channel to be zeroed.
        training: if False the input itself is returned.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.dropout3d(torch.ones(1, 2, 1, 1, 3), p=1.0).sum()
        tensor(0.)
    """
    _check(p)
    n = len(sizes(input))
    if n not in (4, 5):
        _warn_dimensions("dropout3d", n, 3, "4D or 5D")
    return _dropped(dropout_op, input, p, training, inplace, True)


def _warn_dimensions(name: str, n: int, spatial: int, expected: str) -> None:
    warnings.warn(
        f"{name}: Received a {n}-D input to {name}, which is deprecated and will result in an error in a future "
        f"release. To retain the behavior and silence this warning, please use dropout instead. Note that {name} "
        f"exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, and "
        f"an optional batch dimension (i.e. {expected} inputs).",
        stacklevel=3,
    )


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Any:
    r"""Leaky ReLU whose slope is drawn for each element from [lower, upper] in training, else their mean.

    Empirical evaluation of rectified activations, https://arxiv.org/abs/1505.00853;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rrelu.html

    Args:
        input: floating tensor of any shape.
        lower: smallest slope.
        upper: largest slope.
        training: draw the slopes.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.rrelu(torch.tensor([-1.0, 1.0]), 0.1, 0.3)
        tensor([-0.2000,  1.0000])
    """
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    key, ordinal = step_key() if training else (None, 0)
    if inplace:
        return written(input, rrelu_op, key, lower, upper, ordinal)
    return rrelu_op(input, key, lower, upper, ordinal)


def rrelu_(input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Any:
    """In-place form of :func:`rrelu`: writes the result into the input and returns it."""
    return rrelu(input, lower, upper, training, True)
