"""The backward graph and what is saved in it: https://docs.pytorch.org/docs/stable/autograd.html#autograd-graph"""

from __future__ import annotations

import contextlib
import functools
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self

from .._autograd.handles import HookTable, RemovableHandle
from .._autograd.modes import modes
from .._autograd.node import GradNode, Node, edge_if_any, public, watchers
from .._autograd.saving import HookSaver, disabled, pop_saver, push_saver
from .._naming import publish
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.views import count_untracked

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class GradientEdge(NamedTuple):
    """A place in the backward graph at which a gradient arrives.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.GradientEdge.html

    Args:
        node: the node.
        output_nr: which of its outputs.
        ownership_token: what keeps the node alive, where that is needed.
    """

    node: Node
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge that the gradient of a tensor arrives at; ``autograd.grad`` and ``backward`` take it in place of it.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.get_gradient_edge.html

    Args:
        tensor: one that requires grad.

    Raises:
        RuntimeError: it does not.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> y = x * x
        >>> edge = torch.autograd.graph.get_gradient_edge(y)
        >>> torch.autograd.grad(y * 3, [edge])
        (tensor(3.),)
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require gradients"
        )
    return GradientEdge(*public(edge_if_any(tensor)))


def increment_version(tensor: Any) -> None:
    """Count a write to a tensor that autograd did not see.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.increment_version.html

    Args:
        tensor: one tensor or several.

    Raises:
        RuntimeError: a tensor was made in inference mode.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(1)
        >>> torch.autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    for t in (tensor,) if type(tensor) in TENSOR_TYPES else tensor:
        if t._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        count_untracked(t)
        t._cell.rebind(t._cell.value)


class saved_tensors_hooks:
    """Context in which what backward needs is handed to ``pack_hook`` when saved and to ``unpack_hook`` when used.

    Saved are, as in torch, the tensors that an operation's gradient looks at. Where torch's formula looks at the
    result (``exp``), the gradient here may look at the operand: it is what the hook gets then.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks

    Args:
        pack_hook: called with each tensor saved; returns anything.
        unpack_hook: called with what ``pack_hook`` returned; returns a tensor of the same values.

    Raises:
        RuntimeError: on entering, if hooks are disabled; or ``pack_hook`` writes to its tensor.
        TypeError: in backward, if ``unpack_hook`` returns no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> def pack(tensor):
        ...     print("pack", tensor.tolist())
        ...     return tensor.numpy(force=True)
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> with torch.autograd.graph.saved_tensors_hooks(pack, torch.from_numpy):
        ...     y = x.sin().sum()
        pack [1.0, 2.0]
        >>> y.backward()
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        push_saver(HookSaver(self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc: object) -> None:
        pop_saver()


class save_on_cpu(saved_tensors_hooks):
    """Context in which what backward needs is kept in the host's memory.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.save_on_cpu

    Args:
        pin_memory: keep it in memory that the device reads faster; JAX decides that by itself.
        device_type: the accelerator that the tensors come from.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> with torch.autograd.graph.save_on_cpu():
        ...     y = (x * x).sum()
        >>> y.backward()
        >>> x.grad
        tensor([2., 4.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Any) -> Any:
            return tensor.device, tensor.detach().cpu()

        def unpack(packed: Any) -> Any:
            device, tensor = packed
            return tensor.to(device)

        super().__init__(pack, unpack)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Context in which entering :class:`saved_tensors_hooks` is an error.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.disable_saved_tensors_hooks

    Args:
        error_message: the error's text.

    Raises:
        RuntimeError: hooks are active already, or entered inside.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
        ...     with torch.autograd.graph.save_on_cpu():
        ...         pass
        Traceback (most recent call last):
        RuntimeError: no hooks here
    """
    before = disabled(error_message)
    try:
        yield
    finally:
        disabled(before)


class allow_mutation_on_saved_tensors:
    """Context in which tensors saved for backward may be overwritten: backward uses the values at the time of saving.

    Arrays never change here, so nothing is copied.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.allow_mutation_on_saved_tensors

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
        ...     y = x.clone()
        ...     z = y.sin().sum()
        ...     _ = y.zero_()
        ...     z.backward()
        >>> torch.equal(x.grad, x.cos())
        True
    """

    def __enter__(self) -> Self:
        watchers.append(_mutable)
        return self

    def __exit__(self, *exc: object) -> None:
        watchers.remove(_mutable)


def _mutable(node: GradNode) -> None:
    node.more().mutable = True


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[..., Any], *, mode: str = "all"
) -> RemovableHandle:
    """Call a hook when the gradients of several tensors are known.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.register_multi_grad_hook

    Args:
        tensors: the tensors.
        fn: with ``mode="all"`` called with a list of the gradients, None for tensors that this backward does not reach;
            with ``"any"`` called with the first gradient that comes.
        mode: when to call it.

    Raises:
        ValueError: the mode is neither.

    Example::

        >>> import jaxlearn as torch
        >>> a, b = (torch.tensor(2.0, requires_grad=True) for _ in range(2))
        >>> _ = torch.autograd.graph.register_multi_grad_hook([a, b], lambda grads: print(len(grads)))
        >>> (a * b).backward()
        2
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    watched = _Several(tensors, fn) if mode == "all" else _First(fn)
    handles = [t.register_hook(functools.partial(watched, i)) for i, t in enumerate(tensors)]
    return _Handles(handles)


class _Handles(RemovableHandle):
    """The handles of several hooks as one."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        super().__init__(HookTable())
        self.handles = handles

    def remove(self) -> None:
        """Take all the hooks away."""
        for handle in self.handles:
            handle.remove()


class _Several:
    """Collects the gradients of several tensors in each backward and hands them on when the last has come."""

    def __init__(self, tensors: Sequence[Any], fn: Callable[[list[Any]], None]) -> None:
        self.edges = [edge_if_any(t) for t in tensors if t.requires_grad]
        self.fn = fn
        self.lock = threading.Lock()
        self.arrived: dict[Any, list[Any]] = {}  # backward pass -> gradients
        self.missing: dict[Any, int] = {}

    def __call__(self, place: int, grad: Any) -> None:
        running = modes.running
        with self.lock:
            if running not in self.arrived:
                self.arrived[running] = [None] * len(self.edges)
                self.missing[running] = sum(running.reaches(e) for e in self.edges)
            self.arrived[running][place] = grad
            self.missing[running] -= 1
            if self.missing[running]:
                return
            del self.missing[running]
            grads = self.arrived.pop(running)
        self.fn(grads)


class _First:
    """Hands on the first gradient of each backward."""

    def __init__(self, fn: Callable[[Any], None]) -> None:
        self.fn = fn
        self.last: Any = None  # weakly, the pass that it was called in

    def __call__(self, place: int, grad: Any) -> None:
        if self.last is None or self.last() is not modes.running:
            self.last = weakref.ref(modes.running)
            self.fn(grad)


publish(__name__, ("Node",))
