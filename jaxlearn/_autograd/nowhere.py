"""A history that leads nowhere: that of a view made under ``no_grad`` of a tensor that requires grad.

Such a view requires grad by its base. What is computed with it has a backward node, and the gradients that arrive at
the view go no further.
"""

from __future__ import annotations

from typing import Any

from .._engine.signature import Signature
from .._engine.value import Aval
from .node import GradNode, next_sequence

__all__ = ["Nowhere", "lead_nowhere"]

_signatures: dict[Aval, Signature] = {}


class _Outside:
    """Stands for what a leaf comes from."""

    begins = open = False


class Nowhere(GradNode):
    """Where gradients of a view end. To the user the view is a leaf.

    Args:
        aval: the view's type.
    """

    __slots__ = ()
    level = _Outside()
    leads = False

    def __init__(self, aval: Aval) -> None:
        # As GradNode.__init__(), but for the watchers: no operation was done.
        signature = _signatures.get(aval)
        if signature is None:
            signature = Signature("view", lambda x: x, (aval,), out=(aval,))
            if not aval.traced:
                _signatures[aval] = signature
        self.signature = signature
        self.inputs = self.numbers = self.edges = self.wanted = ()
        self.traced = False
        self.sequence = next_sequence()
        self.saved = self.extra = None

    def release(self) -> None:
        """There is nothing to let go of."""


def lead_nowhere(view: Any) -> None:
    """Give a view such a history."""
    view._grad_fn, view._requires_grad = Nowhere(view._view.value.aval), True
