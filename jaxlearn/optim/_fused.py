"""Optimizers whose update is an Optax transformation: one recorded node for all parameters that go in step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import is_
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .. import _dtypes as dtypes
from .._autograd.modes import enable_grad, no_grad
from .._engine.device import default_device, jax_device
from .._engine.graph import record_many
from .._engine.recorder import recorder
from .._engine.signature import Signature, weak_number, x64
from .._engine.value import Aval, Value, concrete, intern
from .._tensor.dispatch import TENSOR_TYPES, apply_signature, wrap
from .._tensor.inplace import check_writable, write
from ..ops.joining import stack
from ._rules import as_real
from .optimizer import Optimizer

__all__ = ["FusedOptimizer", "Layout", "layout_of", "state_dtype"]

# The numbers and static options of a group -> the Optax transformation that updates by them.
Rule = Callable[..., optax.GradientTransformation]


def state_dtype() -> np.dtype[Any]:
    """Of step counts and the like, as torch chooses it."""
    return np.dtype(np.float64 if dtypes.get_default_dtype() is dtypes.float64 else np.float32)


class Layout(NamedTuple):
    """Where the leaves of a rule's state are kept: for each its name in ``optimizer.state[p]`` and whose it is."""

    leaves: tuple[tuple[str, int | None], ...]  # the parameter's position, None for what all of them share
    shared: tuple[str, ...]
    counts: dict[str, np.dtype[Any]]  # by name, the dtypes of those that are integers
    structure: Any


def layout_of(
    rule: optax.GradientTransformation, keys: Sequence[Any], avals: Sequence[Aval], names: dict[str, str]
) -> Layout:
    """The layout of a rule's state for parameters of these types.

    Args:
        rule: the transformation; it sees a dictionary of parameters.
        keys: the dictionary's keys, one for each parameter.
        avals: the parameters' types.
        names: torch's names for the state that Optax names otherwise.
    """
    tree = {key: aval.struct for key, aval in zip(keys, avals, strict=True)}
    with x64():
        leaves, structure = jax.tree_util.tree_flatten_with_path(jax.eval_shape(rule.init, tree))
    position = {key: i for i, key in enumerate(keys)}
    found = []
    for path, leaf in leaves:
        owner = next(
            (
                i
                for i in range(len(path) - 1, -1, -1)
                if isinstance(path[i], jax.tree_util.DictKey) and path[i].key in position
            ),
            None,
        )
        own = path[:owner] if owner is None else (*path[:owner], *path[owner + 1 :])
        whole = leaf.dtype if leaf.dtype.kind in "iub" else None
        found.append((own, None if owner is None else position[path[owner].key], whole))
    # A field's name is enough as long as no other field has it.
    places: dict[str, set[str]] = {}
    for own, _, _ in found:
        places.setdefault(_last(own), set()).add(jax.tree_util.keystr(own))
    entries = []
    counts = {}
    for own, i, whole in found:
        name = _last(own)
        if len(places[name]) > 1:
            name = jax.tree_util.keystr(own, simple=True, separator=".")
        entries.append((names.get(name, name), i))
        if whole is not None:
            counts[name] = whole
    shared = tuple(name for name, i in entries if i is None)
    return Layout(tuple(entries), shared, counts, structure)


def _last(path: Sequence[Any]) -> str:
    """The innermost name on the way to a leaf."""
    for key in reversed(path):
        name = getattr(key, "name", getattr(key, "key", None))
        if isinstance(name, str):
            return name
    return jax.tree_util.keystr(tuple(path), simple=True, separator=".")


# From this many elements on, state begins on the device, where the first step's results take over its memory. Smaller
# ones come from the host, which costs no compilation for each shape.
_LARGE = 2**20

_layouts: dict[Hashable, Layout] = {}
_signatures: dict[Hashable, Signature] = {}


class FusedOptimizer(Optimizer):
    """Base of the optimizers that are an Optax transformation.

    A subclass names its ``_rule``, what of a group goes into it as a number (:meth:`_numbers`) or chooses the program
    (:meth:`_options`), and state that does not start as zeros (:meth:`_start`).
    """

    _numbers_vary = False
    _replayable = True
    _rule: Callable[..., optax.GradientTransformation]
    # torch's names for the state that Optax names otherwise.
    _names: dict[str, str] = {}  # noqa: RUF012
    # Whether the tensors of the state alone tell which parameters go in step.
    _reusable = True
    # The shared tensors as they were when they were last found to be different ones rightly.
    _apart: frozenset[int] = frozenset()

    def _check(self, p: Any) -> None:
        """Refuse a parameter that the rule cannot update."""

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        """The rule's arguments that are numbers, or tensors of one."""
        raise NotImplementedError

    def _next_numbers(self, group: dict[str, Any], params: Sequence[Any]) -> dict[str, Any]:
        """The numbers for one more update of these parameters; asked for once for each, replays included."""
        return self._numbers(group)

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        """The rule's other arguments."""
        return {}

    def _lasting_options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        """The options with which the rule makes all steps, the first one too, by itself."""
        return self._options(group)

    def _initial(self, update: _Update, name: str, i: int | None) -> Any:
        """The state of this name as it starts: that of the update's parameter number ``i``, or what all share."""
        if i is None:
            return np.asarray(self._start(name, None, update.group), state_dtype())
        aval = update.params[i]._current().aval
        start = self._start(name, update.params[i], update.group)
        if np.ndim(start):
            return start
        if aval.size < _LARGE:
            return np.full(aval.shape, start, aval.dtype)
        with x64(), jax.default_device(jax_device(aval.device)):
            return jnp.full(aval.shape, start, aval.dtype)

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        """What the state of this name is filled with as it starts, or an array; ``p`` is None for what all share."""
        return 0.0

    def _key(self, group: dict[str, Any], i: int) -> Any:
        """What the rule knows the group's parameter number ``i`` by."""
        return i

    def _static_options(self, group: dict[str, Any]) -> Any:
        return tuple(self._options(group).values())

    def _saved_state(self, entry: Any) -> Any:
        # Scalars are shared here, while in torch each parameter has its own.
        return {
            k: v.clone() if type(v) in TENSOR_TYPES and v.dim() == 0 and v._grad_fn is None else v
            for k, v in entry.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._apart = frozenset()
        self._kept: dict[int, _Update] = {}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters by their gradients.

        The update is recorded behind forward and backward, and all three run as one program.

        Args:
            closure: computes the loss anew and returns it.

        Returns:
            What the closure returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        capture = recorder.capture
        updates: list[_Update] = []
        for group in self.param_groups:
            if capture is not None:
                for p in group["params"]:
                    capture.grad_read(p)
            updates.extend(self._updates(group))
        # Nothing has changed so far: what cannot be updated has said so.
        for update in updates:
            update.commit(self)
        return loss

    def _updates(self, group: dict[str, Any]) -> list[_Update]:
        """The updates of the group's parameters that have a gradient, one for those that go in step."""
        params = group["params"]
        members = [i for i, p in enumerate(params) if p._grad is not None]
        if not members:
            return []
        options = self._options(group)
        kept = self.__dict__.setdefault("_kept", {})
        update: _Update | None = kept.get(id(group))
        if update is not None and len(members) == len(params) and update.holds(self, group, options):
            update.prepare(self)
            return [update]
        for i in members:
            self._check(params[i])
        updates = [
            _Update(self, group, part, chosen) for part, chosen in self._parts(group, members, options)
        ]
        for update in updates:
            update.prepare(self)
        kept.pop(id(group), None)
        if self._reusable and len(updates) == 1 and len(members) == len(params):
            kept[id(group)] = updates[0]
        return updates

    def _parts(
        self, group: dict[str, Any], members: Sequence[int], options: dict[str, Hashable]
    ) -> list[tuple[Sequence[int], dict[str, Hashable]]]:
        """The parameters by the scalars that they share: those that have made the same number of steps."""
        shared = self._layout(group, members, options).shared
        if not shared:
            return [(members, options)]
        name = shared[0]
        params, state = group["params"], self.state
        parts: dict[int, list[int]] = {}
        for i in members:
            entry = state.get(params[i])
            held = None if entry is None else entry.get(name)
            parts.setdefault(0 if held is None else id(held), []).append(i)
        if len(parts) > 1 and frozenset(parts) != self._apart:
            self._unite(group, shared, [m for part in parts.values() for m in part])
            united: dict[int, list[int]] = {}
            for i in members:
                held = state[params[i]].get(name) if params[i] in state else None
                united.setdefault(0 if held is None else id(held), []).append(i)
            parts = united
            self._apart = frozenset(parts)
        if len(members) < len(params):
            self._part_from_resting(group, shared, members, parts)
        return [(part, options) for part in parts.values()]

    def _part_from_resting(
        self,
        group: dict[str, Any],
        shared: Sequence[str],
        members: Sequence[int],
        parts: dict[int, list[int]],
    ) -> None:
        """Give scalars of their own to those that go on while others that share them have no gradient."""
        going = set(members)
        state = self.state
        resting = {
            id(state[p].get(shared[0]))
            for i, p in enumerate(group["params"])
            if i not in going and p in state
        }
        for identity, part in parts.items():
            if identity in resting and identity:
                first = state[group["params"][part[0]]]
                own = {name: wrap(first[name]._current()) for name in shared}
                for i in part:
                    state[group["params"][i]].update(own)

    def _unite(self, group: dict[str, Any], shared: Sequence[str], members: Sequence[int]) -> None:
        """Make equal scalars the same tensors again: those of a loaded state are tensors of their own."""
        known: dict[tuple[float, ...], list[Any]] = {}
        for i in members:
            entry = self.state.get(group["params"][i])
            if entry is not None and all(entry.get(name) is not None for name in shared):
                held = [_tensor(entry[name]) for name in shared]
                same = known.setdefault(tuple(float(t) for t in held), held)
                entry.update(zip(shared, same, strict=True))

    def _layout(self, group: dict[str, Any], members: Sequence[int], options: dict[str, Hashable]) -> Layout:
        avals = tuple([group["params"][i]._current().aval for i in members])
        keys = tuple([self._key(group, i) for i in members])
        key = (type(self), tuple(options.values()), keys, avals)
        layout = _layouts.get(key)
        if layout is None:
            rule = self._rule(**dict.fromkeys(self._numbers(group), 0.5), **options)
            layout = _layouts[key] = layout_of(rule, keys, avals, self._names)
        return layout

    @classmethod
    def _whole_rule(cls, **arguments: Any) -> optax.GradientTransformation:
        """The rule, for complex parameters too."""
        return as_real(cls._rule(**arguments))

    def to_optax(self) -> optax.GradientTransformation:
        """The update rule as an Optax transformation, with the numbers that the groups have now.

        It starts with a state of its own (``init``). With several groups the leaves of the parameters' tree are taken
        to be the optimizer's parameters, group after group.

        Example::

            >>> import jax.numpy as jnp, jaxlearn as torch, optax
            >>> rule = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.5).to_optax()
            >>> params = {"w": jnp.array([1.0])}
            >>> updates, state = rule.update({"w": jnp.array([3.0])}, rule.init(params), params)
            >>> optax.apply_updates(params, updates)
            {'w': Array([-0.5], dtype=float32)}
        """
        rules = []
        for group in self.param_groups:
            numbers = {name: float(value) for name, value in self._numbers(group).items()}
            rules.append(self._whole_rule(**numbers, **self._lasting_options(group)))
        if len(rules) == 1:
            return rules[0]
        sizes = [len(group["params"]) for group in self.param_groups]
        labels = [i for i, size in enumerate(sizes) for _ in range(size)]

        def numbered(params: Any) -> Any:
            leaves, structure = jax.tree.flatten(params)
            if len(leaves) != len(labels):
                raise ValueError(
                    f"the optimizer has {len(labels)} parameters in groups of {sizes}, the tree has {len(leaves)}"
                )
            return jax.tree.unflatten(structure, labels)

        return optax.multi_transform(dict(enumerate(rules)), numbered)


class _Update:
    """The update of some of a group's parameters: checked when made, and done by :meth:`commit`.

    It may be used for the next step too, as long as it :meth:`holds`.
    """

    def __init__(
        self,
        optimizer: FusedOptimizer,
        group: dict[str, Any],
        members: Sequence[int],
        options: dict[str, Hashable],
    ) -> None:
        params = group["params"]
        self.group = group
        self.params = [params[i] for i in members]
        self.keys = tuple([optimizer._key(group, i) for i in members])
        self.options = options
        self.layout = layout = optimizer._layout(group, members, options)
        self.state: list[Any] = []  # the tensor of each leaf of the rule's state
        self.made: list[tuple[Any, str, Any]] = []  # those of them that are new, with their places
        common: dict[str, Any] = {}
        state, own = optimizer.state, self.params
        entries = [state.get(p) for p in own]
        for name, i in layout.leaves:
            if i is None:
                entry = entries[0]
                tensor = None if entry is None else entry.get(name)
                if type(tensor) not in TENSOR_TYPES:
                    tensor = self._first(optimizer, name, None) if tensor is None else _tensor(tensor)
                    common[name] = tensor
            else:
                entry = entries[i]
                tensor = None if entry is None else entry.get(name)
                if tensor is None:
                    tensor = self._first(optimizer, name, i)
                    self.made.append((own[i], name, tensor))
            assert tensor is not None
            if name in layout.counts and tensor.is_floating_point():
                # Loading has given it the parameters' dtype.
                tensor = tensor.to(dtypes.from_numpy_dtype(layout.counts[name]))
                if i is None:
                    common[name] = tensor
                else:
                    self.made.append((own[i], name, tensor))
            self.state.append(tensor)
        for name, tensor in common.items():
            self.made += [(p, name, tensor) for p in own]
        self.inputs: list[Value] = []
        # What is to be in the optimizer's state for this to hold: for each parameter its entry, and what is in them.
        self.entries: list[dict[str, Any]] = []
        self.held: list[tuple[dict[str, Any], str]] = []
        self.expected: list[Any] = []

    def holds(self, optimizer: FusedOptimizer, group: dict[str, Any], options: dict[str, Hashable]) -> bool:
        """Whether parameters, state tensors and options are those of the last step; all have a gradient."""
        return (
            self.group is group
            and options == self.options
            and all(map(is_, self.params, group["params"]))
            and all(map(is_, map(optimizer.state.get, self.params), self.entries))
            and all(map(is_, [entry.get(name) for entry, name in self.held], self.expected))
        )

    def prepare(self, optimizer: FusedOptimizer) -> None:
        """Take the present values, and find the operation for their types."""
        inputs = [p._cell.value if p._view is None else p._current() for p in self.params]
        inputs += [g._cell.value if g._view is None else g._current() for g in [p._grad for p in self.params]]
        inputs += [t._cell.value if t._view is None else t._current() for t in self.state]
        self.inputs = inputs
        avals = tuple([v.aval for v in inputs])
        keys, options = self.keys, self.options
        key = (type(optimizer), tuple(options.values()), keys, avals)
        signature = _signatures.get(key)
        if signature is None:
            signature = _signatures[key] = _signature(
                type(optimizer).__name__,
                optimizer._whole_rule,
                options,
                tuple(optimizer._numbers(self.group)),
                keys,
                self.layout,
                avals,
            )
        self.signature = signature

    def _first(self, optimizer: FusedOptimizer, name: str, i: int | None) -> Any:
        """A new state tensor as it starts: of the parameter number ``i``, or shared by all."""
        p = self.params[0 if i is None else i]
        array = optimizer._initial(self, name, i)
        aval = intern(tuple(array.shape), np.dtype(array.dtype), _value(p).aval.device)
        return wrap(concrete(array, aval))

    def commit(self, optimizer: FusedOptimizer) -> None:
        """Record the update and rebind parameters and state to its results."""
        if not self.entries:
            self._enter(optimizer)
        inputs, self.inputs = self.inputs, []  # whoever holds a value keeps its memory from being reused
        if optimizer.defaults.get("differentiable"):
            self._commit_with_history(optimizer)
            return
        group, params = self.group, self.params
        capture = recorder.capture
        if capture is not None:
            capture.read(params)
            capture.read([p._grad for p in params])
            capture.keep([t._cell for t in self.state])
            hyper = capture.draw(lambda: _vector(optimizer._next_numbers(group, params)))
        else:
            vector = _vector(optimizer._next_numbers(group, params))
            hyper = concrete(vector, intern(vector.shape, vector.dtype, default_device()))
        inputs.append(hyper)
        results = record_many(self.signature, tuple(inputs))
        for targets, values in ((params, results), (self.state, results[len(params) :])):
            for target, value in zip(targets, values, strict=False):
                if target._view is None:
                    target._cell.rebind(value)
                else:
                    with no_grad():
                        target._alias().copy_(wrap(value))

    def _enter(self, optimizer: FusedOptimizer) -> None:
        """Put what is new into the optimizer's state."""
        state = optimizer.state
        made: dict[int, dict[str, Any]] = {}
        for p, name, tensor in self.made:
            made.setdefault(id(p), {})[name] = tensor
        self.made = []
        for p in self.params:
            if id(p) in made:
                fresh, entry = made[id(p)], state[p]
                # In torch's order: the shared scalars, such as the step count, come first.
                entry.update({name: fresh.pop(name) for name in self.layout.shared if name in fresh})
                entry.update(fresh)
        if self.state:
            self.entries = [state[p] for p in self.params]
        else:
            self.entries = [state.get(p) for p in self.params]  # type: ignore[misc]
        for (name, i), tensor in zip(self.layout.leaves, self.state, strict=True):
            owners = self.entries if i is None else [self.entries[i]]
            self.held += [(entry, name) for entry in owners]
            self.expected += [tensor] * len(owners)

    def _commit_with_history(self, optimizer: FusedOptimizer) -> None:
        """The same as an operation that gradients flow through, to parameters, state and rates alike."""
        with enable_grad():
            for p in self.params:
                check_writable(p)
            hyper = _hyper(optimizer._next_numbers(self.group, self.params))
            tensors = [*self.params, *[p._grad for p in self.params], *self.state, hyper]
            if recorder.capture is not None:
                recorder.capture.read(tensors)
            grad = any(t.requires_grad for t in tensors)
            inputs = tuple([t._current() for t in tensors])
            results = apply_signature(self.signature, tensors, inputs, (), grad)
            for target, result in zip([*self.params, *self.state], results, strict=True):
                write(target, result if target.is_floating_point() else result.detach())


def _value(tensor: Any) -> Value:
    value: Value = tensor._cell.value if tensor._view is None else tensor._current()
    return value


def _tensor(x: Any) -> Any:
    return x if type(x) in TENSOR_TYPES else wrap(concrete(np.asarray(x, state_dtype())))


def _vector(numbers: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The numbers as one array: twenty scalars would cost more than the rest of the call, and a program that holds
    them as constants would be compiled anew when they change."""
    return np.array([float(v) for v in numbers.values()], np.float64)


def _hyper(numbers: dict[str, Any]) -> Any:
    """The numbers as one tensor, with the history of those that are tensors."""
    if not any(type(v) in TENSOR_TYPES and v.requires_grad for v in numbers.values()):
        return wrap(concrete(_vector(numbers)))
    return stack(
        [
            v.to(dtypes.float64).reshape(())
            if type(v) in TENSOR_TYPES
            else wrap(concrete(np.array(v, np.float64)))
            for v in numbers.values()
        ]
    )


def _signature(
    name: str,
    rule: Rule,
    options: dict[str, Hashable],
    names: tuple[str, ...],
    keys: tuple[Any, ...],
    layout: Layout,
    avals: tuple[Aval, ...],
) -> Signature:
    """The update as an operation on parameters, gradients, state and the vector of numbers."""
    n = len(keys)

    def fn(*arrays: Any) -> Any:
        values = dict(zip(keys, arrays[:n], strict=True))
        grads = dict(zip(keys, arrays[n : 2 * n], strict=True))
        kept, vector = arrays[2 * n : -1], arrays[-1]
        numbers = {name: weak_number(vector[i], float) for i, name in enumerate(names)}
        transformation = rule(**numbers, **options)
        before = jax.tree.unflatten(layout.structure, kept)
        updates, after = transformation.update(grads, before, values)
        changed = optax.apply_updates(values, updates)
        state = [a.astype(b.dtype) for a, b in zip(jax.tree.leaves(after), kept, strict=True)]
        return (*[changed[key] for key in keys], *state)

    vector = intern((len(names),), np.dtype(np.float64), default_device())
    signature = Signature(
        f"optimizer {name}",
        fn,
        (*avals, vector),
        training=True,
        replaces=[*range(n), *range(2 * n, len(avals))],
    )
    signature.grad_name = "OptimizerStepBackward0"
    # What is written keeps the layout of what it replaces.
    held = [avals[i] for i in signature.replaces]
    signature.out = tuple(
        [
            o if a.strides is None or a.shape != o.shape else intern(o.shape, o.dtype, o.device, a.strides)
            for o, a in zip(signature.out, held, strict=True)
        ]
    )
    return signature
