"""What a Flax NNX object is apart from its arrays, and its call as a function of them."""

from __future__ import annotations

import importlib
import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from flax.nnx import graphlib

__all__ = ["FlaxCall", "FlaxChange", "FlaxStructure", "is_flax", "key_data"]

# Where functions of JAX are to be found that do not stand under the name they carry.
_PUBLIC = ("jax.nn", "jax.numpy", "jax.lax", "jax.scipy.special", "jax.nn.initializers", "flax.nnx")


def is_flax(x: Any) -> bool:
    """Whether it is an NNX module, stream of random numbers or variable; not a tensor, which may be one as well."""
    return isinstance(x, (nnx.Pytree, nnx.Variable)) or graphlib.is_graph_node(x)


def key_data(leaf: Any) -> Any:
    """An array as a tensor can hold it: of a JAX key its words."""
    leaf = leaf if isinstance(leaf, jax.Array) else jnp.asarray(leaf)
    return jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def _hash(graphdef: Any) -> int:
    try:
        return hash(graphdef)
    except TypeError:  # an attribute is a plain dictionary, or has one in it: those are compared, not hashed
        return hash(tuple(str(name) for name, _ in graphdef.attributes))


class FlaxStructure:
    """An NNX object without its arrays; it never changes, and equal ones are equal.

    Args:
        graphdef: NNX's own definition of it.
        state: the definition of the state, a PyTreeDef.
        names: for each array the parts of its dotted name.
        trained: for each array whether it is an ``nnx.Param``.
        keys: for each array the kind of JAX key that it is, or None.
    """

    __slots__ = ("_hash", "_variants", "graphdef", "keys", "names", "state", "trained")

    def __init__(
        self,
        graphdef: Any,
        state: Any,
        names: tuple[tuple[str, ...], ...],
        trained: tuple[bool, ...],
        keys: tuple[str | None, ...],
    ) -> None:
        self.graphdef = graphdef
        self.state = state
        self.names = names
        self.trained = trained
        self.keys = keys
        self._hash = hash((_hash(graphdef), state, names, keys))
        self._variants: dict[tuple[bool, ...], FlaxStructure] = {}

    @classmethod
    def of(cls, node: Any) -> tuple[FlaxStructure, list[Any]]:
        """The structure of an NNX object, and its arrays."""
        graphdef, state = nnx.split(node)
        names: list[tuple[str, ...]] = []
        trained: list[bool] = []
        found, _ = jax.tree_util.tree_flatten_with_path(state, is_leaf=_is_variable)
        for path, variable in found:
            held = variable.get_raw_value() if _is_variable(variable) else variable
            for inner, _ in jax.tree_util.tree_flatten_with_path(held)[0]:
                names.append(tuple(_texts((*path, *inner))))
                trained.append(isinstance(variable, nnx.Param))
        leaves, definition = jax.tree.flatten(state)
        return cls(graphdef, definition, tuple(names), tuple(trained), tuple(map(_kind, leaves))), leaves

    def leaves(self, words: Sequence[Any]) -> list[Any]:
        """The arrays as NNX has them: keys made of their words."""
        return [
            w if kind is None else jax.random.wrap_key_data(w, impl=kind)
            for w, kind in zip(words, self.keys, strict=True)
        ]

    def node(self, leaves: Sequence[Any]) -> Any:
        """The NNX object with these arrays."""
        return nnx.merge(self.graphdef, jax.tree.unflatten(self.state, leaves))

    def empty_node(self) -> Any:
        """The NNX object with a number in the places of its arrays, which stay arrays to NNX."""
        return self.node([np.zeros((), np.float32)] * len(self.names))

    def with_modes(self, paths: Sequence[tuple[str, ...]], modes: tuple[bool, ...]) -> FlaxStructure:
        """The structure after ``train()`` and ``eval()`` of its parts.

        Args:
            paths: the parts, each after those around it.
            modes: for each True for ``train()``, False for ``eval()``.
        """
        found = self._variants.get(modes)
        if found is None:
            node = self.empty_node()
            for path, mode in zip(paths, modes, strict=True):
                part = part_of(node, path)
                if isinstance(part, nnx.Module):
                    (part.train if mode else part.eval)()
            found = FlaxStructure(nnx.split(node)[0], self.state, self.names, self.trained, self.keys)
            self._variants[modes] = found
        return found

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, FlaxStructure)
            and self._hash == other._hash
            and (self.keys, self.names, self.trained) == (other.keys, other.names, other.trained)
            and bool(self.state == other.state)
            and bool(self.graphdef == other.graphdef)
        )

    def __hash__(self) -> int:
        return self._hash

    def __deepcopy__(self, memo: dict[int, Any]) -> FlaxStructure:
        return self

    def __reduce__(self) -> Any:
        text = io.BytesIO()
        _Pickler(text).dump((self.graphdef, self.empty_state(), self.names, self.trained, self.keys))
        return _unpickled, (text.getvalue(),)

    def empty_state(self) -> Any:
        """The state with nothing in the places of its arrays."""
        return jax.tree.unflatten(self.state, [None] * len(self.names))


def part_of(node: Any, path: tuple[str, ...]) -> Any:
    """What an NNX object has at the path, None where that is nothing with a name."""
    for name in path:
        if isinstance(node, (list, tuple, nnx.List)):
            node = node[int(name)] if name.isdigit() and int(name) < len(node) else None
        elif isinstance(node, dict):
            node = node.get(name)
        else:
            node = getattr(node, name, None)
    return node


def _is_variable(x: Any) -> bool:
    return isinstance(x, nnx.Variable)


def _texts(path: Any) -> Iterator[str]:
    for entry in path:
        key = next(getattr(entry, slot) for slot in ("key", "name", "idx") if hasattr(entry, slot))
        yield from map(str, key if isinstance(key, tuple) else (key,))


def _kind(leaf: Any) -> str | None:
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return str(jax.random.key_impl(leaf))
    return None


class FlaxChange:
    """What a call changed of an NNX object.

    Args:
        structure: the new one, None if it is as before.
        places: which arrays are new, by number.
    """

    __slots__ = ("places", "structure")

    def __init__(self, structure: FlaxStructure | None, places: tuple[int, ...]) -> None:
        self.structure = structure
        self.places = places

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FlaxChange)
            and self.places == other.places
            and self.structure == other.structure
        )

    def __hash__(self) -> int:
        return hash((self.places, self.structure))


jax.tree_util.register_static(FlaxChange)


class FlaxCall:
    """A call of a method of an NNX module: all of it but the arrays.

    Args:
        method: the method's name.
        structures: of the module, then of the NNX objects among the arguments.
        slots: for each leaf of the arguments None for an array, an ``int`` for the NNX object with that number among
            the structures, and else a tuple of the value itself.
        arguments: the PyTreeDef of the positional arguments and those by keyword.
    """

    __slots__ = ("arguments", "key", "method", "slots", "structures")

    def __init__(
        self, method: str, structures: tuple[FlaxStructure, ...], slots: tuple[Any, ...], arguments: Any
    ) -> None:
        self.method = method
        self.structures = structures
        self.slots = slots
        self.arguments = arguments
        self.key = (method, structures, tuple([(type(s[0]), s) if type(s) is tuple else s for s in slots]))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FlaxCall) and self.key == other.key and bool(self.arguments == other.arguments)
        )

    def __hash__(self) -> int:
        return hash(self.key)

    def __call__(self, words: Sequence[Any]) -> Any:
        """Make the call.

        Args:
            words: the arrays of all structures, then those among the arguments.

        Returns:
            The method's result, the new arrays, and what they are.
        """
        given = iter(words)
        before = [s.leaves([next(given) for _ in s.names]) for s in self.structures]
        nodes = [s.node(leaves) for s, leaves in zip(self.structures, before, strict=True)]
        leaves = [
            next(given) if slot is None else slot[0] if type(slot) is tuple else nodes[slot]
            for slot in self.slots
        ]
        args, kwargs = jax.tree.unflatten(self.arguments, leaves)
        result = getattr(nodes[0], self.method)(*args, **kwargs)
        seen = nnx.pop(nodes[0], nnx.Intermediate)
        changes: list[FlaxChange] = []
        new: list[Any] = []
        for structure, node, old in zip(self.structures, nodes, before, strict=True):
            now, leaves = FlaxStructure.of(node)
            same = now == structure
            places = [i for i, leaf in enumerate(leaves) if not (same and leaf is old[i])]
            changes.append(FlaxChange(None if same else now, tuple(places)))
            new.extend(key_data(leaves[i]) for i in places)
        return result, new, changes, nnx.to_pure_dict(seen)


class _Pickler(pickle.Pickler):
    """Finds functions of JAX by their public names: many do not stand under the name they carry."""

    def reducer_override(self, obj: Any) -> Any:
        name, module = getattr(obj, "__name__", None), getattr(obj, "__module__", None)
        if (
            callable(obj)
            and isinstance(name, str)
            and not isinstance(obj, type)
            and str(module).startswith("jax.")
        ):
            for public in _PUBLIC:
                if getattr(importlib.import_module(public), name, None) is obj:
                    return _public, (public, name)
        return NotImplemented


def _public(module: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _unpickled(text: bytes) -> FlaxStructure:
    graphdef, state, names, trained, keys = pickle.loads(text)
    definition = jax.tree.structure(state, is_leaf=lambda x: x is None)
    return FlaxStructure(graphdef, definition, names, trained, keys)
