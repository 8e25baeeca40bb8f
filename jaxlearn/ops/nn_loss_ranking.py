"""Losses of margins and distances, and the similarities they are made of."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .nn_norm import vector_norm
from .nn_reduction import check_reduction, mean_name, reduced
from .nn_rules import accumulator, floating_only, wrapped_dim
from .op import op
from .pointwise import check_sub
from .pointwise_rules import check_broadcast, is_bool, is_complex, is_inexact, scalar_name
from .promotion import cast, promote, to_float

__all__ = [
    "cosine_embedding_loss",
    "cosine_similarity",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "pairwise_distance",
    "soft_margin_loss",
    "triplet_loss_of_distances",
    "triplet_margin_loss",
]


def _positive(x: Any) -> Any:
    """The positive part with torch's clamp_min derivative, which is 1 at 0."""
    return jnp.where(
        x >= 0, x, jax.lax.stop_gradient(jnp.where(x < 0, 0, x))
    )  # NaN stays, without a gradient


def _no_booleans(x: Any) -> None:
    """Refuse differences of booleans in torch's words."""
    if is_bool(x):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )


@op(saves=("x1", "x2"), grad_name="SumBackward1")
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    r"""The cosine of the angle between vectors, :math:`\frac{x_1 \cdot x_2}{|x_1|\,|x_2|}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html

    Args:
        x1: floating tensor.
        x2: floating tensor whose shape broadcasts with it.
        dim: the dimension along which a vector lies.
        eps: the smallest divisor.

    Returns:
        A tensor without the dimension ``dim``.

    Raises:
        RuntimeError: the shapes do not broadcast or the tensors are not floating.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.cosine_similarity(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0]]))
        tensor([0.7071])
    """
    if not eps >= 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    shape = check_broadcast(x1.shape, x2.shape)
    a, b = promote(x1, x2)
    if not jnp.issubdtype(a.dtype, jnp.floating):
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {scalar_name(a)}"
        )
    dim = wrapped_dim(dim, len(shape))
    dtype = a.dtype
    a, b = (jnp.broadcast_to(accumulator(x), shape or (1,)) for x in (a, b))
    lengths = [vector_norm(x, 2, dim) for x in (a, b)]
    a, b = (x / jnp.where(n >= eps, n, eps) for x, n in zip((a, b), lengths, strict=True))
    return cast(jnp.sum(a * b, dim), dtype)


def _distance(a: Any, b: Any, p: float, eps: float, keepdim: bool = False) -> Any:
    if a.ndim == b.ndim == 0:
        return vector_norm((a - b + eps)[None], p, -1)[0]
    length = vector_norm(a - b + eps, p, -1)
    return length if keepdim else jnp.squeeze(length, -1)


@op(saves=("result",), grad_name="NormBackward1")
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    r"""The norm of differences, :math:`\lVert x_1 - x_2 + \epsilon \rVert_p`, along the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html

    Args:
        x1: (N, D) or (D,).
        x2: (N, D) or (D,).
        p: exponent of the norm.
        eps: added to each difference.
        keepdim: keep the last dimension with size 1.

    Returns:
        A tensor (N,), (N, 1) or (,).

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.pairwise_distance(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2))
        tensor([5.0000])
    """
    check_broadcast(x1.shape, x2.shape)
    check_sub(x1, x2)
    a, b = promote(x1, x2)
    (a, b) = to_float(a, b)
    distance = _distance(accumulator(a), accumulator(b), p, eps, keepdim)
    return distance if is_complex(a) else cast(distance, a.dtype)


@op(grad_name=mean_name("AddBackward0", 3), selects=("input",))
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """``x`` where the target is 1, ``max(0, margin - x)`` where it is -1."""
    check_broadcast(target.shape, input.shape)
    _no_booleans(input)
    # torch rounds the margin to the input's dtype: of integers too.
    far = jnp.where(target != 1, _positive(cast(margin, input.dtype) - input), 0)
    near = jnp.where(target != -1, input, 0)
    return reduced(far + near, reduction)


@op(grad_name=mean_name("ClampMinBackward0", 4))
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``max(0, -y (x1 - x2) + margin)``."""
    _no_booleans(input1)
    (loss,) = to_float(-target * (input1 - input2))
    return reduced(_positive(loss + margin), reduction)


@op(saves=("input1", "input2"), grad_name=mean_name("AddBackward0", 4))
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1."""
    dim = target.ndim
    eps = 1e-12
    input1, input2 = to_float(input1, input2)
    dot = jnp.sum(input1 * input2, dim)
    squares = (jnp.sum(input1 * input1, dim) + eps) * (jnp.sum(input2 * input2, dim) + eps)
    cosine = dot / jnp.sqrt(squares)
    check_broadcast(target.shape, cosine.shape)
    same = jnp.where(target == 1, 1 - cosine, 0)
    other = jnp.where(target == -1, _positive(cosine - margin), 0)
    return reduced(same + other, reduction)


@op(grad_name=mean_name("ClampMinBackward0", 7))
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """``max(0, d(a, p) - d(a, n) + margin)``."""
    _no_booleans(anchor)
    anchor, positive, negative = to_float(anchor, positive, negative)
    near = _distance(anchor, positive, p, eps)
    far = _distance(anchor, negative, p, eps)
    if swap:
        far = jnp.minimum(far, _distance(positive, negative, p, eps))
    return reduced(_positive(near - far + margin), reduction)


@op(saves=("input", "target"))
def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """``ln(1 + exp(-y x))``."""
    check_broadcast(input.shape, target.shape)
    if not is_inexact(input):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {scalar_name(input)}")
    x = accumulator(input)
    return cast(reduced(jnp.logaddexp(-cast(target, x.dtype) * x, 0.0), reduction), input.dtype)


@op(saves=("input", "target", "weight"), grad_name=mean_name("DivBackward0", 3))
def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """Binary cross entropy of logits, averaged over the classes of the last dimension."""
    check_broadcast(target.shape, input.shape)
    floating_only("log_sigmoid_cpu", input)
    dtype = promote(input, target)[0].dtype
    x, t = accumulator(cast(input, dtype)), accumulator(cast(target, dtype))
    loss = t * jnp.logaddexp(-x, 0.0) + (1 - t) * jnp.logaddexp(x, 0.0)
    if weight is not None:
        loss = loss * weight
        dtype = promote(cast(input, dtype), weight)[0].dtype
    return cast(reduced(jnp.sum(loss, -1) / input.shape[-1], reduction), dtype)


@op(saves=("input", "target"))
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Any:
    """``sum_j max(0, margin - x_y + x_j)^p / C`` over the classes other than the target."""
    check_reduction(reduction)
    _needs_classes(input)
    x = input if input.ndim == 2 else input.reshape(1, input.size)
    if target.ndim > 1 or target.size != x.shape[0]:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{x.shape[0]}], but got {list(target.shape)}. Input has shape "
            f"{list(input.shape)}."
        )
    if weight is not None and weight.shape != (x.shape[1],):
        raise RuntimeError(f"inconsistent weight size, expected {x.shape[1]} but got {list(weight.shape)}")
    floating_only("multi_margin_loss_cpu_kernel", input)
    _needs_type("Long", target)
    if weight is not None:
        _needs_type(scalar_name(input), weight)
    labels = target.reshape(target.size)
    own = labels[:, None] == jnp.arange(x.shape[1])
    gap = _strictly_positive(margin - jnp.sum(jnp.where(own, x, 0), 1, keepdims=True) + x)
    loss = gap if p == 1 else gap * gap
    if weight is not None:
        loss = loss * jnp.take(weight, labels, mode="clip")[:, None]
    loss = jnp.sum(jnp.where(own, 0, loss), 1) / x.shape[1]
    return reduced(loss if input.ndim == 2 else loss[0], reduction)


def _needs_classes(input: Any) -> None:
    if input.ndim > 2 or 0 in input.shape[-1:]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )


def _needs_type(name: str, x: Any) -> None:
    if scalar_name(x) != name:
        raise RuntimeError(f"expected scalar type {name} but found {scalar_name(x)}")


def _strictly_positive(x: Any) -> Any:
    """The positive part with derivative 0 at 0, as in the kernels of the multi-class margins."""
    return jnp.where(x > 0, x, jnp.zeros_like(x))


@op(saves=("input", "target"), grad_name="MultilabelMarginLossBackward0")
def multilabel_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """``sum_ij max(0, 1 - (x_{y_j} - x_i)) / C`` over the targets before the first -1 and all other classes."""
    check_reduction(reduction)
    _needs_classes(input)
    if tuple(target.shape) != tuple(input.shape):
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    floating_only("multilabel_margin_loss_forward_out_frame", input)
    _needs_type("Long", target)
    x = input if input.ndim == 2 else input.reshape(1, input.size)
    labels = target.reshape(x.shape)
    listed = jnp.cumprod(labels >= 0, 1).astype(bool)
    own = (labels[:, :, None] == jnp.arange(x.shape[1])) & listed[:, :, None]
    is_target = jnp.any(own, 1)
    at = jnp.sum(jnp.where(own, x[:, None, :], 0), 2)
    gap = _strictly_positive(1 - at[:, :, None] + x[:, None, :])
    loss = jnp.sum(jnp.where(listed[:, :, None] & ~is_target[:, None, :], gap, 0), (1, 2)) / x.shape[1]
    return reduced(loss if input.ndim == 2 else loss[0], reduction)


@op(grad_name=mean_name("ClampMinBackward0", 4))
def triplet_loss_of_distances(
    near: Any, far: Any, between: Any, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """``max(0, d(a, p) - d(a, n) + margin)`` of given distances; ``between`` replaces ``far`` where it is smaller."""
    if between is not None:
        far = jnp.minimum(far, between)
    return reduced(_positive(near - far + margin), reduction)
