"""A module in the graph of Flax NNX: how ``nnx.split``, ``nnx.jit`` and their kin take it apart and put it together.

The node's keys are torch's names: parameters (``nnx.Param``), buffers (``nnx.BatchStat``; tensors that are no NNX
variables are wrapped, see :func:`jaxlearn.nn.parameter.as_variable`), submodules, and the module's other attributes,
which are static unless they hold arrays or NNX nodes. One more static entry has what else makes the module: the order
of the names, which of them are None, and the hooks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from flax import nnx
from flax.nnx import graphlib, reprlib, visualization

from .flax_mode import FlaxMode
from .parameter import Buffer, as_variable, is_tensor
from .variable import TensorVariable

__all__ = ["HOOK_TABLES", "NNX_METHODS", "GraphNode", "make_registries"]

# The methods of nnx.Module whose names torch leaves to the user.
NNX_METHODS = ("iter_children", "iter_modules", "perturb", "set_attributes", "sow")

# A module's tables of hooks, in the order in which torch makes them.
HOOK_TABLES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_REGISTRIES = ("_parameters", "_buffers", "_modules")
_STRUCTURE = "_structure"
_INTERNAL = frozenset(
    (*_REGISTRIES, *HOOK_TABLES, "_non_persistent_buffers_set", "_is_full_backward_hook", _STRUCTURE)
)


def make_registries(module: Any) -> None:
    """Give the module its empty tables of parameters, buffers, submodules and hooks."""
    own = module.__dict__
    own["training"] = True
    own["_parameters"] = {}
    own["_buffers"] = {}
    own["_non_persistent_buffers_set"] = set()
    for table in HOOK_TABLES:
        own[table] = OrderedDict()
        if table == "_backward_hooks":
            own["_is_full_backward_hook"] = None
    own["_modules"] = {}


class _Shared:
    """A table of hooks, compared by identity so that a graph definition can be hashed."""

    __slots__ = ("table",)

    def __init__(self, table: Any) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shared) and self.table is other.table

    def __hash__(self) -> int:
        return id(self.table)


class _GivesWay:
    """A method of ``nnx.Module`` (see :data:`NNX_METHODS`): a part that is registered under its name goes first.

    Args:
        function: the method.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __get__(self, module: Any, cls: type | None = None) -> Any:
        if module is None:
            return self.function
        for registry in _REGISTRIES:
            table = module.__dict__.get(registry, {})
            if self.function.__name__ in table:
                return table[self.function.__name__]
        return self.function.__get__(module, cls)


class GraphNode:
    """The NNX graph protocol of :class:`jaxlearn.nn.Module`."""

    iter_children = _GivesWay(nnx.Module.iter_children)
    iter_modules = _GivesWay(nnx.Module.iter_modules)
    perturb = _GivesWay(nnx.Module.perturb)
    set_attributes = _GivesWay(nnx.Module.set_attributes)
    sow = _GivesWay(nnx.Module.sow)
    use_running_average = FlaxMode()

    def _graph_node_flatten(self) -> tuple[list[tuple[str, Any]], type]:
        own = self.__dict__
        items: dict[str, Any] = {}
        plain: list[str] = []
        for name, value in own.items():
            if name not in _INTERNAL:
                plain.append(name)
                items[name] = as_variable(value) if is_tensor(value) else value
        tables = [own.get(registry, {}) for registry in _REGISTRIES]
        for table in tables:
            for name, value in table.items():
                if value is not None:
                    items[name] = as_variable(value) if is_tensor(value) else value
        structure = (
            tuple(plain),
            tuple(tuple((name, value is None) for name, value in table.items()) for table in tables),
            frozenset(own.get("_non_persistent_buffers_set", ())),
            own.get("_is_full_backward_hook"),
            tuple((name, _Shared(own[name])) for name in HOOK_TABLES if own.get(name)),
        )
        items[_STRUCTURE] = graphlib.StaticElem(structure)
        return sorted(items.items()), type(self)

    @staticmethod
    def _graph_node_create_empty(node_type: type) -> Any:
        module: Any = object.__new__(node_type)
        make_registries(module)
        del module.__dict__["training"]
        return module

    def _graph_node_clear(self) -> None:
        own = self.__dict__
        for name in [name for name in own if name not in _INTERNAL]:
            del own[name]
        for registry in _REGISTRIES:
            own[registry].clear()

    def _graph_node_init(self, attributes: Iterable[tuple[Any, Any]]) -> None:
        items = {str(name): _unwrapped(value) for name, value in attributes}
        plain, registries, non_persistent, full_backward, hooks = items.pop(_STRUCTURE)
        own = self.__dict__
        for name in plain:
            if name in items:
                own[name] = items.pop(name)
        for registry, entries in zip(_REGISTRIES, registries, strict=True):
            for name, is_none in entries:
                if is_none or name in items:
                    own[registry][name] = None if is_none else items.pop(name)
        own.update(items)
        own["_non_persistent_buffers_set"] = set(non_persistent)
        own["_is_full_backward_hook"] = full_backward
        for name, shared in hooks:
            if own[name] is not shared.table:
                own[name] = OrderedDict(shared.table)

    def _graph_node_set_key(self, key: Any, value: Any) -> None:
        name = str(key)
        held: Any = getattr(self, name, None)
        if isinstance(held, TensorVariable) or is_tensor(held):
            held = as_variable(held)
        if hasattr(held, "update_from_state") and hasattr(value, "update_from_state"):
            held.update_from_state(value)
        else:
            setattr(self, name, value)

    def _graph_node_pop_key(self, key: Any) -> Any:
        value = getattr(self, str(key))
        delattr(self, str(key))
        return as_variable(value) if is_tensor(value) else value

    def _check_valid_context(self, error_msg: Any) -> None:
        """Nothing to check: NNX guards the writes to variables, and a module's other attributes are its own."""

    def __shown(self) -> dict[str, Any]:
        """What ``nnx.display`` shows: the public attributes, parameters, buffers and submodules."""
        own = self.__dict__
        shown = {k: v for k, v in own.items() if not k.startswith("_")}
        for registry in _REGISTRIES:
            shown.update(own.get(registry, {}))
        return shown

    def __nnx_repr__(self) -> Any:
        yield reprlib.Object(type=type(self))
        for name, value in self.__shown().items():
            yield reprlib.Attr(name, value)

    def __treescope_repr__(self, path: Any, subtree_renderer: Any) -> Any:
        return visualization.render_object_constructor(
            object_type=type(self), attributes=self.__shown(), path=path, subtree_renderer=subtree_renderer
        )


def _unwrapped(value: Any) -> Any:
    """What the module itself holds: the tensor that a Buffer stands for in the graph."""
    return value._origin if isinstance(value, Buffer) and value._origin is not None else value
