"""The backward graph: one node per recorded operation that some gradient flows through."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from .._dtype_objects import from_numpy_dtype
from .._engine.signature import Signature
from .._engine.value import Value
from .._size import Size
from .differentiable import places
from .handles import HookTable, RemovableHandle, add_hook

__all__ = [
    "AccumulateGrad",
    "Extra",
    "GradNode",
    "LeafHooks",
    "Node",
    "edge_if_any",
    "edge_of",
    "next_sequence",
    "public",
    "short_name",
    "watchers",
]

_sequence = itertools.count()


def next_sequence() -> int:
    """A number above those of all nodes made before and below those of all made later."""
    return next(_sequence)


# Called with each new node, innermost last, while there are any: saved-tensor hooks, anomaly mode.
watchers: list[Callable[[GradNode], None]] = []


class Node:
    """A place in the backward graph: what a tensor's ``grad_fn`` is.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.graph.Node.name.html

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> node = x.exp().grad_fn
        >>> isinstance(node, torch.autograd.graph.Node), node.name()
        (True, 'ExpBackward0')
        >>> node.next_functions[0][0].name()
        'torch::autograd::AccumulateGrad'
    """

    __slots__ = ("__weakref__",)

    def name(self) -> str:
        """The operation's name, as ``grad_fn`` prints it: ``AddBackward0``."""
        raise NotImplementedError

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that the input gradients go to, each with its output number."""
        raise NotImplementedError

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes."""
        raise NotImplementedError

    def register_hook(self, fn: Callable[[Any, Any], Any]) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after the node's gradients are computed; what it returns, if not None,
        replaces ``grad_inputs``.

        Args:
            fn: the hook; both its arguments are tuples with None where there is no gradient.
        """
        raise NotImplementedError

    def register_prehook(self, fn: Callable[[Any], Any]) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` before the node's gradients are computed; what it returns, if not None, replaces
        ``grad_outputs``.

        Args:
            fn: the hook; its argument is a tuple with None where there is no gradient.
        """
        raise NotImplementedError


class Extra:
    """What few nodes have, so that all others pay for one test."""

    __slots__ = (
        "kept",
        "metadata",
        "mutable",
        "packed",
        "parent",
        "post",
        "pre",
        "recorded",
        "retained",
        "tensor",
        "trace",
    )

    def __init__(self) -> None:
        self.tensor: dict[int, HookTable] = {}  # hooks on the tensors it made: output number -> hooks
        self.retained: dict[int, Any] = {}  # output number -> the tensor that retains its grad
        self.pre = HookTable()
        self.post = HookTable()
        self.kept: Any = None  # the residuals' values, with the signature that made them
        self.packed: Any = None  # the inputs as saved-tensor hooks or a checkpoint keep them
        self.trace: Any = None  # the forward operation's stack, in anomaly mode
        self.parent: Any = None  # the node whose gradient computation made this one, in anomaly mode
        # The operands of what a captured function recorded for it, where those are not its inputs.
        self.recorded: tuple[Value, ...] = ()
        self.metadata: dict[Any, Any] = {}
        self.mutable = False  # saved values may be overwritten


class InputMetadata(NamedTuple):
    """The type of a gradient that comes to a node: ``node._input_metadata``.

    Args:
        shape: its shape.
        dtype: its dtype.
        device: its device.
    """

    shape: Size
    dtype: Any
    device: Any


_NUMBER_AS_TENSOR = {"add", "div", "mul", "sub", "true_divide"}


class GradNode(Node):
    """An operation's place in the backward graph: what its gradient needs and where the gradients go.

    ``edges`` has an entry for each input: None (no gradient), a leaf tensor, or a pair of a GradNode and the number
    of its output. ``inputs`` becomes None when backward has freed it.
    """

    __slots__ = ("edges", "extra", "inputs", "numbers", "saved", "sequence", "signature", "traced", "wanted")
    # Computes the gradients in a way of its own where a subclass has one: called with the outputs' gradients and
    # whether the results get a history, it returns one gradient or None for each edge.
    compute: Any = None
    enters = False  # whether it stands for a value that comes from outside
    level: Any = None  # the function transform whose argument this is, see InputNode
    leads = True  # somewhere, see Nowhere

    def __init__(
        self,
        signature: Signature,
        inputs: tuple[Value, ...],
        numbers: tuple[Any, ...],
        edges: tuple[Any, ...],
    ) -> None:
        self.signature = signature
        self.inputs: tuple[Value, ...] | None = inputs
        self.numbers = numbers
        self.edges = edges
        wanted, undefined = [], signature.undefined
        for i, edge in enumerate(edges):
            if edge is not None and not (undefined and i in undefined):
                wanted.append(i)
        self.wanted = tuple(wanted)
        self.traced = False  # made of tracers, inside a jax transformation of the user's
        self.sequence = next(_sequence)
        # What torch's derivative formula keeps, if anything: (storage cell, its version, number of the input or -1
        # for the result; or a SavedInside).
        self.saved: list[tuple[Any, int, Any]] | None = None
        self.extra: Extra | None = None
        if watchers:
            for watch in tuple(watchers):
                watch(self)

    def cut(self, kept: list[bool]) -> None:
        """Keep only some of the edges."""
        self.edges = tuple([edge if keep else None for edge, keep in zip(self.edges, kept, strict=True)])
        self.wanted = tuple([i for i in self.wanted if kept[i]])

    def name(self) -> str:
        """The name torch prints: ``AddBackward0``."""
        return self.signature.grad_name

    def __repr__(self) -> str:
        return f"<{self.name().rpartition('::')[2]} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that the input gradients go to, each with its output number."""
        edges = [None if i is None else self.edges[i] for i in self.arguments]
        return tuple([(None, 0) if e is None else public(e) for e in edges])

    @property
    def arguments(self) -> list[int | None]:
        """For each input of torch's node which of the edges it is; None for one without an edge."""
        op = self.signature.op
        if len(self.edges) == 1 and op is not None and op.name in _NUMBER_AS_TENSOR:
            return [0, None]  # to some operations torch hands a number as a tensor
        return places(self.signature, len(self.edges))

    @property
    def results(self) -> list[int]:
        """The results that may have a gradient, those which hooks are shown."""
        return [
            i
            for i, aval in enumerate(self.signature.out)
            if self.compute is not None or aval.dtype.kind in "fcV"
        ]

    def more(self) -> Extra:
        """The node's :class:`Extra`, made if there is none."""
        if self.extra is None:
            self.extra = Extra()
        return self.extra

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes."""
        return self.more().metadata

    def register_hook(self, fn: Callable[[Any, Any], Any]) -> RemovableHandle:
        """See :meth:`Node.register_hook`.

        Args:
            fn: the hook.
        """
        return add_hook(self.more().post, fn)

    def register_prehook(self, fn: Callable[[Any], Any]) -> RemovableHandle:
        """See :meth:`Node.register_prehook`.

        Args:
            fn: the hook.
        """
        return add_hook(self.more().pre, fn)

    @property
    def _input_metadata(self) -> tuple[InputMetadata, ...]:
        """The types of the gradients that come to the node."""
        out = [aval for aval in [self.signature.out[i] for i in self.results] if aval is not None]
        return tuple([InputMetadata(Size(a.shape), from_numpy_dtype(a.dtype), a.device) for a in out])

    def _sequence_nr(self) -> int:
        return self.sequence

    def release(self) -> None:
        """Let go of what the gradient needs: a backward without ``retain_graph`` has used it."""
        self.inputs = None
        self.saved = None
        if self.extra is not None:
            self.extra.packed = self.extra.kept = None


# By name, and whether the operation called is known.
_named: dict[tuple[str, bool], type[GradNode]] = {}


def short_name(name: str) -> str:
    """A node's name as torch's messages have it: ``Add`` for ``AddBackward0``, ``Sum1`` for ``SumBackward1``."""
    start, _, number = name.rpartition("Backward")
    if not start or not (number.isdecimal() or not number):
        return name
    return start if number == "0" else start + number


def public(edge: Any) -> tuple[Any, int]:
    """The edge as the user sees it: a node whose class has torch's name, and the number of its output."""
    if type(edge) is not tuple:
        return AccumulateGrad.of(edge), 0
    node: Any = edge[0]
    if not node.leads:
        return None, 0
    if type(node) is GradNode:
        # Programs that draw graphs print type(node).__name__. The class is made when somebody looks, and has the
        # same layout, so recording knows one class only.
        name = node.name()
        key = name, node.signature.arguments is not None
        cls = _named.get(key)
        if cls is None:
            from .saved_names import saved_attributes  # it needs tensors

            attributes = saved_attributes(name) if key[1] else {}
            cls = type(
                name.rpartition("::")[2],
                (GradNode,),
                {"__slots__": (), "__module__": "builtins", **attributes},
            )
            _named[key] = cls
        node.__class__ = cls
    return node, edge[1]


def edge_of(tensor: Any) -> Any:
    """Where the gradient of a tensor that requires one goes: the leaf itself, or its node and output number."""
    return tensor if tensor._grad_fn is None else (tensor._grad_fn, tensor._output_nr)


def edge_if_any(tensor: Any) -> Any:
    """:func:`edge_of` of any tensor, for a view after what was written to its base; None without a gradient.

    Raises:
        RuntimeError: it is a view that must not follow what was written to its base.
    """
    if tensor._view is not None:
        tensor._follow_base()
    return edge_of(tensor) if tensor._requires_grad else None


class LeafHooks:
    """The hooks at a leaf: on its gradient, around its accumulation, and after it."""

    __slots__ = ("accumulated", "metadata", "post", "pre", "tensor")

    def __init__(self) -> None:
        self.tensor = HookTable()
        self.pre = HookTable()
        self.accumulated = HookTable()
        self.post = HookTable()
        self.metadata: dict[Any, Any] = {}

    @staticmethod
    def of(leaf: Any) -> LeafHooks:
        """The leaf's, made if there are none."""
        if leaf._hooks is None:
            leaf._hooks = LeafHooks()
        hooks: LeafHooks = leaf._hooks
        return hooks


class AccumulateGrad(Node):
    """The end of the backward graph at a leaf: adds to ``variable.grad``.

    The same object for a leaf as long as somebody holds it; hooks on it stay with the leaf.
    """

    __slots__ = ("variable",)
    _known: ClassVar[weakref.WeakValueDictionary[int, AccumulateGrad]] = weakref.WeakValueDictionary()

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    @classmethod
    def of(cls, variable: Any) -> AccumulateGrad:
        """The one of a leaf."""
        found = cls._known.get(id(variable))
        if found is None or found.variable is not variable:
            found = cls._known[id(variable)] = cls(variable)
        return found

    def name(self) -> str:
        """The name torch gives."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[Any, ...]:
        """Empty: nothing comes after a leaf."""
        return ()

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes."""
        return LeafHooks.of(self.variable).metadata

    def register_hook(self, fn: Callable[[Any, Any], Any]) -> RemovableHandle:
        """Call ``fn((), (grad,))`` after the gradient has been added.

        Args:
            fn: the hook.
        """
        return add_hook(LeafHooks.of(self.variable).post, fn)

    def register_prehook(self, fn: Callable[[Any], Any]) -> RemovableHandle:
        """Call ``fn((grad,))`` before the gradient is added; what it returns, if not None, replaces it.

        Args:
            fn: the hook.
        """
        return add_hook(LeafHooks.of(self.variable).pre, fn)
