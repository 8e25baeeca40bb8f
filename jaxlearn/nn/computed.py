"""Hooks that put a computed tensor on a module before its forward, as pruning and the older norms do."""

from __future__ import annotations

from typing import Any

from .._autograd.modes import no_grad
from .._engine.recorder import recorder
from .._tensor.inplace import write

__all__ = ["ComputedTensor"]


class ComputedTensor:
    """The base of such hooks.

    The tensor stays on the module after the forward, where anyone may look at it. While a function is recorded it must
    not: it is a part of the recording. The tensor from before is put back then, with the new values.
    """

    # What the attribute held before the forward that is going on.
    _held: Any = None

    def put(self, module: Any, name: str, tensor: Any) -> None:
        """Set the module's attribute to a tensor computed from its parameters.

        Args:
            module: the module.
            name: of the attribute.
            tensor: the tensor.
        """
        held = module.__dict__.get(name)
        if held is not None and (recorder.capture is not None or tensor._current().aval.traced):
            self._held = (name, held)
            module.__dict__[name] = tensor
        else:
            setattr(module, name, tensor)

    def forward_ended(self, module: Any) -> None:
        """Put the attribute's earlier tensor back, if it must be.

        Args:
            module: the module.
        """
        if self._held is None:
            return
        (name, held), self._held = self._held, None
        new = module.__dict__[name]
        module.__dict__[name] = held
        capture = recorder.capture
        if capture is None or capture.lifts or (held.shape, held.dtype) != (new.shape, new.dtype):
            return
        # Before the first forward the older spectral norm has the parameter's own storage there.
        if all(held._cell is not t._cell for t in module._parameters.values() if t is not None):
            held.detach_()
            with no_grad():
                write(held, new.detach())
