"""``from_flax``: a module of Flax NNX in a model."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from flax import nnx

from .. import _dtypes as dtypes
from .._autograd.modes import no_grad
from .._tensor.core import tensor_from_array
from .._tensor.inplace import write
from .._tensor.jax_function import jax_function
from .flax_structure import FlaxCall, FlaxStructure, is_flax, key_data, part_of
from .module import Module
from .parameter import Parameter, is_tensor

__all__ = ["FlaxModule", "FlaxPart", "from_flax"]

# What train() and eval() of Flax's modules set.
_FLAGS = ("deterministic", "use_running_average")
_NARROWER = {dtypes.int64: dtypes.int32, dtypes.uint64: dtypes.uint32}


@jax_function(static_argnums=0, name="flax")
def _called(call: FlaxCall, words: Any) -> Any:
    return call(words)


class FlaxPart(Module):
    """A part of a Flax module: its parameters are those of the part's ``nnx.Param``, its buffers the other variables.

    The whole is called, not its parts.

    Args:
        title: the name of the part's class.
        settings: of it, as ``repr`` shows them.
    """

    def __init__(self, title: str = "", settings: str = "") -> None:
        super().__init__()
        self._title = title
        self._settings = settings

    def _get_name(self) -> str:
        return self._title

    def extra_repr(self) -> str:
        """The part's settings, and the shapes of its variables."""
        held = {**self._parameters, **self._buffers}
        shapes = [f"{name}={tuple(t.shape)}" for name, t in held.items() if t is not None]
        return ", ".join([self._settings, *shapes] if self._settings else shapes)


class FlaxModule(FlaxPart):
    """A Flax NNX module as a :class:`Module`; :func:`from_flax` makes it.

    Args:
        module: the ``nnx.Module``; its values are taken over, it stays as it is.
    """

    def __init__(self, module: nnx.Module) -> None:
        super().__init__(*_description(module))
        self._flax, leaves = FlaxStructure.of(module)
        self.training = _mode(module, True)
        self._grow(module, [tensor_from_array(key_data(leaf)) for leaf in leaves])

    def _grow(self, node: Any, tensors: list[Any]) -> None:
        """Make the tree of parts that has the structure's arrays under their names, in the order of their names."""
        modes = {path: part.training for path, part in self._parts()}
        for table in (self._parameters, self._buffers, self._modules):
            table.clear()
        for names, trained, t in zip(self._flax.names, self._flax.trained, tensors, strict=True):
            part: Any = self
            for depth, name in enumerate(names[:-1]):
                if name not in part._modules:
                    path = names[: depth + 1]
                    inside = part_of(node, path)
                    below = FlaxPart(*_description(inside))
                    below.training = modes.get(path, _mode(inside, part.training))
                    # Not by attribute: Flax's names may be those of Module's own methods.
                    part._modules[name] = below
                part = part._modules[name]
            differentiable = t.is_floating_point() or t.is_complex()
            if trained:
                part._parameters[names[-1]] = (
                    t if isinstance(t, Parameter) else Parameter(t, requires_grad=differentiable)
                )
            else:
                part._buffers[names[-1]] = t
        # The modes that need no setting; none do if a flag is left open, as nnx.MultiHeadAttention's is.
        self._came = None if None in _flags(node) else tuple([part.training for _, part in self._parts()])

    def _parts(self) -> list[tuple[tuple[str, ...], Any]]:
        """The parts with their paths, each after those around it."""
        found: list[tuple[tuple[str, ...], Any]] = [((), self)]
        for path, part in found:
            found.extend(((*path, name), below) for name, below in part._modules.items())
        return found

    def _tensors(self) -> list[Any]:
        """Parameters and buffers in the structure's order."""
        found = []
        for names, trained in zip(self._flax.names, self._flax.trained, strict=True):
            part: Any = self
            for name in names[:-1]:
                part = part._modules[name]
            found.append((part._parameters if trained else part._buffers)[names[-1]])
        return found

    def _present(self) -> FlaxStructure:
        """The structure in the parts' modes."""
        parts = self._parts()
        modes = tuple([part.training for _, part in parts])
        if modes == self._came:
            return self._flax
        return self._flax.with_modes([path for path, _ in parts], modes)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Flax module: tensors go in and come out as arrays, other arguments as they are."""
        return self.call("__call__", *args, **kwargs)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call another method of the Flax module in the same way, such as ``attend`` of ``nnx.Embed``.

        Args:
            method: its name.
            args, kwargs: its arguments.
        """
        leaves, arguments = jax.tree.flatten((args, kwargs), is_leaf=lambda x: is_tensor(x) or is_flax(x))
        tensors = self._tensors()
        structures = [self._present()]
        nodes: list[Any] = []
        operands: list[Any] = list(tensors)
        arrays: list[Any] = []
        slots: list[Any] = []
        raw = False
        for leaf in leaves:
            if is_tensor(leaf):
                slots.append(None)
                arrays.append(leaf)
            elif is_flax(leaf):
                structure, held = FlaxStructure.of(leaf)
                slots.append(len(structures))
                structures.append(structure)
                nodes.append(leaf)
                operands.extend(map(key_data, held))
            elif isinstance(leaf, (jax.Array, np.ndarray)):
                raw = True
                slots.append(None)
                arrays.append(leaf)
            else:
                slots.append((leaf,))
        call = FlaxCall(method, tuple(structures), tuple(slots), arguments)
        result, new, changes, seen = _called(call, operands + _narrowed(arrays))
        new = iter(new)
        self._accept(tensors, changes[0], [next(new) for _ in changes[0].places])
        for node, change in zip(nodes, changes[1:], strict=True):
            _give_back(node, change, [next(new) for _ in change.places])
        if seen:
            self.intermediates = seen
        return jax.tree.map(lambda t: t.jax(), result, is_leaf=is_tensor) if raw else result

    def _accept(self, tensors: list[Any], change: Any, new: list[Any]) -> None:
        """Write what the call changed."""
        with no_grad():
            if change.structure is None:
                for i, value in zip(change.places, new, strict=True):
                    write(tensors[i], value.detach())
                return
            # Variables have come or gone, or a setting has changed.
            held = dict(zip(self._flax.names, tensors, strict=True))
            self._flax = change.structure
            now = []
            for names, value in zip(self._flax.names, new, strict=True):
                t = held.get(names)
                if t is not None and t.shape == value.shape and t.dtype == value.dtype:
                    write(t, value.detach())
                    now.append(t)
                else:
                    now.append(value.detach())
            self._grow(self._flax.empty_node(), now)

    def to_flax(self) -> Any:
        """A Flax module with the present values, in the present mode."""
        structure = self._present()
        return structure.node(structure.leaves([t.detach().jax() for t in self._tensors()]))


def _narrowed(arrays: list[Any]) -> list[Any]:
    """The arguments, 64-bit integers among them as JAX has them by default: with 32 bits.

    With 64 they would switch the whole module to 64 bits.
    """
    if jax.dtypes.canonicalize_dtype(np.int64) == np.int64:
        return arrays
    return [x.to(_NARROWER[x.dtype]) if is_tensor(x) and x.dtype in _NARROWER else x for x in arrays]


def _give_back(node: Any, change: Any, new: list[Any]) -> None:
    """Update an NNX object that was an argument, such as a stream of random numbers."""
    if change.structure is not None:
        raise TypeError(
            f"the call changed the structure of its argument of type {type(node).__name__}: only the values of an NNX "
            "object's variables can change in a call"
        )
    if not change.places:
        return
    structure, held = FlaxStructure.of(node)
    words = [key_data(leaf) for leaf in held]
    for i, value in zip(change.places, new, strict=True):
        words[i] = value.detach().jax()
    nnx.update(node, jax.tree.unflatten(structure.state, structure.leaves(words)))


def _mode(node: Any, otherwise: bool) -> bool:
    """Whether an NNX object is in training mode; ``otherwise`` where it has nothing that tells."""
    flags = _flags(node)
    return False in flags or (otherwise and True not in flags)


def _flags(node: Any) -> list[Any]:
    """What tells the modes in an NNX object."""
    modules = [module for _, module in nnx.iter_modules(node)] if isinstance(node, nnx.Module) else []
    return [vars(module)[name] for module in modules for name in _FLAGS if name in vars(module)]


def _description(node: Any) -> tuple[str, str]:
    """The name of the class of an NNX object, and its settings."""
    cls = type(node)
    title = f"nnx.{cls.__name__}" if cls.__module__.startswith("flax.nnx") else cls.__name__
    settings = []
    for name, value in vars(node).items() if isinstance(node, nnx.Pytree) else ():
        if not name.startswith("_") and name not in _FLAGS and isinstance(value, (bool, int, float, str)):
            settings.append(f"{name}={value!r}")
    return title, ", ".join(settings)


def from_flax(nnx_module: nnx.Module) -> FlaxModule:
    """Put a module of Flax NNX into a model.

    Its ``nnx.Param`` become parameters, its other variables (``nnx.BatchStat``, the counters of random streams, caches)
    buffers, both under their dotted names in NNX. A call is one operation of the step's program; what it changes of the
    variables is written to the buffers. Random streams go on from call to call as in Flax, and are part of the
    ``state_dict``. ``train()`` and ``eval()`` are Flax's own: they set ``deterministic`` and ``use_running_average``.

    Tensors in the call's arguments reach the module as JAX arrays (64-bit integers with 32 bits, unless
    ``jax_enable_x64`` is set); numbers and all else are part of the program, as static arguments are under ``jax.jit``.
    An NNX object among the arguments, such as ``nnx.Rngs``, is updated by the call, which computes what is pending.

    https://flax.readthedocs.io/en/latest/nnx_basics.html

    Args:
        nnx_module: the module. It stays as it is: the values are taken over, and ``to_flax()`` of the result gives a
            Flax module with the present ones.

    Returns:
        A :class:`Module`. ``call(name, ...)`` calls another method of the Flax module; what it sows as
        ``nnx.Intermediate`` is in ``intermediates`` after a call.

    Raises:
        TypeError: the argument is no ``nnx.Module``, or is one of jaxlearn's, which needs no wrapper.

    Example::

        >>> import jaxlearn as torch
        >>> from flax import nnx
        >>> model = torch.nn.Sequential(torch.nn.from_flax(nnx.Linear(3, 4, rngs=nnx.Rngs(0))), torch.nn.Linear(4, 1))
        >>> model(torch.ones(2, 3)).sum().backward()
        >>> model[0].kernel.grad.shape
        torch.Size([3, 4])
        >>> list(model.state_dict())
        ['0.bias', '0.kernel', '1.weight', '1.bias']
    """
    if isinstance(nnx_module, Module):
        raise TypeError(
            f"{type(nnx_module).__name__} is a jaxlearn module: it is put into a model without from_flax"
        )
    if not isinstance(nnx_module, nnx.Module):
        raise TypeError(f"from_flax() takes a flax.nnx.Module, not {type(nnx_module).__name__}")
    return FlaxModule(nnx_module)
