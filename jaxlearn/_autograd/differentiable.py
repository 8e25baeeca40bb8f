"""Which operands of an operation have a place in ``next_functions``: those that PyTorch's formulas differentiate by."""

from __future__ import annotations

from typing import Any

from .._engine.signature import Signature

__all__ = ["by_name", "places"]

# Parameters of any operation that have none: they point to elements, or are what the operation draws and counts with.
_WITHOUT = {
    "condition", "drawn", "index", "indices", "LU_pivots", "mask", "pivots", "places", "random_key", "running_mean",
    "running_var", "samples", "uniforms",
}  # fmt: skip
# The parameters that have one, in their order, where the rule does not tell: optional ones have it when left out too.
_WITH = {
    name: tuple(parameters.split())
    for name, parameters in {
        "AddmmBackward0": "bias input weight",
        "BinaryCrossEntropyBackward0": "input target",
        "BinaryCrossEntropyWithLogitsBackward0": "input target",
        "ClampBackward0": "input min max",
        "ConvolutionBackward0": "input weight bias",
        "CtcLossBackward0": "log_probs",
        "EmbeddingBackward0": "weight",
        "EmbeddingBagBackward0": "weight per_sample_weights",
        "MultiMarginLossBackward0": "input",
        "MultilabelMarginLossBackward0": "input",
        "NativeBatchNormBackward0": "input weight bias",
        "NativeGroupNormBackward0": "input weight bias",
        "NativeLayerNormBackward0": "input weight bias",
        "NllLoss2DBackward0": "input",
        "NllLossBackward0": "input",
        "RreluWithNoiseBackward0": "input",
        "SoftMarginLossBackward0": "input",
    }.items()
}


def places(signature: Signature, count: int) -> list[int | None]:
    """For each of PyTorch's arguments which operand it is, None for one that is none.

    Args:
        signature: the operation's.
        count: the number of its operands.
    """
    given = _marked(signature, count)
    if given is None:
        return list(range(count))
    named = _WITH.get(signature.grad_name, ())
    if named and set(named) <= set(given):
        found = [given[name] for name in named]
        return [m.operand if isinstance(m, _Mark) and m.operand < count else None for m in found]
    counted = [m.operand for name, value in given.items() if name not in _WITHOUT for m in _marks(value)]
    return [i for i in counted if i < count]


def by_name(signature: Signature, count: int) -> list[int]:
    """The operands in the order in which PyTorch's formulas hold them: by their parameters' names.

    Args:
        signature: the operation's.
        count: the number of its operands.
    """
    given = _marked(signature, count)
    if given is None:
        return list(range(count))
    found = sorted(
        [("self" if name == "input" else name, m.operand) for name, v in given.items() for m in _marks(v)]
    )
    return [i for _, i in found if i < count]


def _marked(signature: Signature, count: int) -> dict[str, Any] | None:
    """The arguments by their parameters' names, marks in place of operands and numbers; None if they are not told."""
    bind, op = getattr(signature, "arguments", None), signature.op
    if bind is None or op is None:
        return None
    marks = [_Mark(i) for i in range(count + len(signature.number_kinds))]
    return dict(zip(op.parameters, bind(marks), strict=True))


class _Mark:
    """Stands for an operand in the arguments."""

    def __init__(self, operand: int) -> None:
        self.operand = operand


def _marks(value: Any) -> list[_Mark]:
    if isinstance(value, (tuple, list)):
        return [mark for item in value for mark in _marks(item)]
    return [value] if isinstance(value, _Mark) else []
