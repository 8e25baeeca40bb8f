"""One update of parameters by an Optax transformation: checked, recorded as one node, its results handed out."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence
from itertools import chain, repeat
from operator import attrgetter
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import enable_grad, no_grad
from .._engine.device import default_device
from .._engine.graph import materialize, record_many, record_whole
from .._engine.recorder import recorder
from .._engine.signature import Signature
from .._engine.value import Bundle, Value, concrete, intern
from .._tensor.dispatch import TENSOR_TYPES, apply_signature, wrap
from .._tensor.inplace import check_writable, write
from ..ops.joining import stack
from ._layout import state_dtype
from ._packed import PackedState
from ._seen import Seen, same
from ._signatures import bundling, update_signature

if TYPE_CHECKING:
    from ._fused import FusedOptimizer

__all__ = ["Update", "as_tensor", "level_of"]

_signatures: dict[Hashable, Signature] = {}
_aval = attrgetter("aval")
_array = attrgetter("_cell.value.array")
_view = attrgetter("_view")


class Update:
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
        self.notes: dict[str, Any] = {}  # what the optimizer has found out about it
        self.state: list[Any] = []  # the tensor of each leaf of the rule's state
        # Of a leaf that all share, such as the step count, the other parameters' tensors: of the same value, as they
        # have made the same steps, but each its own, as in torch.
        self.twins: list[list[Any]] = []
        self.made: list[tuple[Any, str, Any]] = []  # those of them that are new, with their places
        state, own = vars(optimizer)["state"], self.params
        entries = [state.get(p) for p in own]
        for name, i in layout.leaves:
            owners = own if i is None else [own[i]]
            held = [None if e is None else e.get(name) for e in (entries if i is None else [entries[i]])]
            if held[0] is None and not optimizer._completes_state and entries[i or 0]:
                raise KeyError(name)  # as in torch, which makes all of a parameter's state at once
            tensor = self._begun(optimizer, name, i, held[0])
            twins = [
                t if type(t) in TENSOR_TYPES and tensor is held[0] else wrap(tensor._current())
                for t in held[1:]
            ]
            self.state.append(tensor)
            self.twins.append(twins)
            for p, before, now in zip(owners, held, [tensor, *twins], strict=True):
                if now is not before:
                    self.made.append((p, name, now))
        self.inputs: list[Value] = []
        self.avals: tuple[Any, ...] = ()
        # What is to be in the optimizer's state for this to hold: for each parameter its entry, and what is in them.
        self.entries: list[dict[str, Any]] = []
        self.places: list[tuple[dict[str, Any], str]] = []
        self.expected: list[Any] = []
        self.packed: PackedState | None = None
        self.whole = False  # whether the state goes in as one value
        self.seen: Seen | None = None  # the group when the numbers were those of the last step
        self.numbers: list[float] | None = None  # and the value that holds them
        self.vector: Value

    def holds(self, optimizer: FusedOptimizer, group: dict[str, Any], options: dict[str, Hashable]) -> bool:
        """Whether parameters, state tensors and options are those of the last step; all have a gradient."""
        if not (
            self.entries
            and self.group is group
            and options == self.options
            and same(self.params, group["params"])
        ):
            return False
        if self.packed is not None and self.packed.unseen():
            return True
        return self._in_place(vars(optimizer)["state"])

    def _in_place(self, state: dict[Any, Any]) -> bool:
        """Whether the optimizer's state has the tensors that this update writes to, those that go in step as equals."""
        entries = self.entries
        if not same(map(state.get, self.params), entries):
            return False
        if not self.state:
            return True
        # Most often the entries hold what they held, in the same order: seen without a line of Python for each.
        expected = self.expected
        if sum(map(len, entries)) != len(expected) or not same(
            chain.from_iterable(map(dict.values, entries)), expected
        ):
            for (entry, name), tensor in zip(self.places, expected, strict=True):
                if entry.get(name) is not tensor:
                    return False
        for tensor, twins in zip(self.state, self.twins, strict=True):
            if twins and not _share_array(tensor, twins):
                level = level_of(tensor)
                if any(level_of(t) is not level for t in twins):
                    return False
        return True

    def _continues(self, optimizer: FusedOptimizer, bundle: Bundle | None = None) -> bool:
        """Whether a captured step can go on from the state: as one value of this type, or in its tensors."""
        if bundle is None:
            self.unpack()
            return self._in_place(vars(optimizer)["state"])
        assert self.packed is not None
        if not (self.packed.unseen() or self._in_place(vars(optimizer)["state"])):
            return False
        return self.packed.still(bundle)

    def _show(self, optimizer: FusedOptimizer) -> None:
        """After a captured step: have the state in its tensors if others hold them too."""
        assert self.packed is not None
        if self.packed.look(_known(optimizer), self.entries):
            self.packed.unpack()

    def prepare(self, optimizer: FusedOptimizer, loss: Any, *, bundles: bool) -> None:
        """Take the present values, and find the operation for their types.

        Args:
            optimizer: whose update this is.
            loss: what the closure returned.
            bundles: whether the state may be one value.
        """
        inputs, gradients = [], []
        for p in self.params:
            g = p._grad
            if p._view is None:
                inputs.append(p._cell.value)
            else:
                inputs.append(p._current())
                bundles = False
            gradients.append(g._cell.value if g._view is None else g._current())
        inputs += gradients
        bundles = bundles and (bool(self.state) or recorder.capture is None)
        state = self._packed() if bundles else None
        self.whole = state is not None
        if state is None:
            self.unpack()
            optimizer._unpack()  # two groups may share a tensor
            inputs += [t._cell.value if t._view is None else t._current() for t in self.state]
        else:
            inputs.append(state)
        self.extra = extra = optimizer._extra_arguments(self, loss)
        if extra is not None:
            inputs += extra.inputs
        self.inputs = inputs
        avals = tuple(map(_aval, inputs))
        if avals == self.avals and extra is None:
            return
        if self.whole and any(aval.traced for aval in avals):
            # Results that belong to a transformation of the user's cannot be kept in one value.
            self.prepare(optimizer, loss, bundles=False)
            return
        self.avals = avals
        keys, options = self.keys, self.options
        key = (type(optimizer), tuple(options.values()), keys, avals, extra and extra.key)
        signature = _signatures.get(key)
        if signature is None:
            signature = _signatures[key] = update_signature(
                type(optimizer).__name__,
                optimizer._whole_rule,
                options,
                tuple(optimizer._numbers(self.group)),
                keys,
                self.layout,
                avals,
                extra,
            )
        self.signature = signature

    def _begun(self, optimizer: FusedOptimizer, name: str, i: int | None, held: Any) -> Any:
        """The state tensor to go on from, which is ``held`` if that can be updated as it is."""
        if held is None:
            tensor = self._first(optimizer, name, i)
        elif i is None and type(held) not in TENSOR_TYPES:
            tensor = as_tensor(held)
        else:
            tensor = held
        if name in self.layout.counts and tensor.is_floating_point():
            # Loading has given it the parameters' dtype.
            tensor = tensor.to(dtypes.from_numpy_dtype(self.layout.counts[name]))
        return tensor

    def _first(self, optimizer: FusedOptimizer, name: str, i: int | None) -> Any:
        """A new state tensor as it starts: of the parameter number ``i``, or shared by all."""
        p = self.params[0 if i is None else i]
        array = optimizer._initial(self, name, i)
        aval = intern(tuple(array.shape), np.dtype(array.dtype), _value(p).aval.device)
        return wrap(concrete(array, aval))

    def _packed(self) -> Value | None:
        """The state as one value, if it can be."""
        if self.packed is None:
            owners = [i for _, i in self.layout.leaves]
            self.packed = PackedState(self.state, self.twins, owners, len(self.params))
        return self.packed.pack()

    def unpack(self) -> None:
        """Have the state in its tensors."""
        if self.packed is not None:
            self.packed.unpack()

    def common(self) -> Any:
        """What the parameters have in common after the step, to know them by."""
        name = self.layout.shared[0]
        return level_of(self.state[[n for n, _ in self.layout.leaves].index(name)])

    def settle(self) -> None:
        """Hand out what was computed."""
        if self.packed is not None:
            self.packed.settle()

    def commit(self, optimizer: FusedOptimizer) -> None:
        """Record the update and rebind parameters and state to its results."""
        if not self.entries:
            self._enter(optimizer)
        inputs, self.inputs = self.inputs, []  # whoever holds a value keeps its memory from being reused
        if optimizer.defaults.get("differentiable"):
            self._commit_with_history(optimizer)
            return
        group, params = self.group, self.params
        if self.whole and recorder.capture is None:
            assert self.packed is not None
            inputs.append(self._hyper_value(optimizer))
            whole, results = record_whole(self.signature, tuple(inputs), len(params))
            self.packed.taken(whole, results, _known(optimizer), self.entries)
            for p, value in zip(params, results, strict=True):
                cell = p._cell
                cell.value = value
                cell.version += 1
            return
        capture = recorder.capture
        if capture is not None:
            capture.read(params)
            capture.read([p._grad for p in params])
            if optimizer._is_made_by(capture):  # each call starts from its own state and numbers
                hyper = concrete(_vector(optimizer._next_numbers(group, params)))
            else:
                if self.whole:
                    assert self.packed is not None
                    assert self.packed.bundle is not None
                    capture.keep([self.packed])
                    capture.bundled = True
                    capture.begins.append(self.packed.pack)
                    capture.ends.append(functools.partial(self._show, optimizer))
                    capture.guard(functools.partial(self._continues, optimizer, self.packed.bundle))
                else:
                    capture.keep([t._cell for t in self.state])
                    capture.guard(functools.partial(self._continues, optimizer))
                if self.options != optimizer._options(group):
                    capture.guard(lambda: False)  # how the state begins: the next step is another
                hyper = capture.draw(lambda: self._hyper_value(optimizer).array)
        else:
            hyper = self._hyper_value(optimizer)
        inputs.append(hyper)
        if self.whole:
            assert self.packed is not None
            *results, state = record_many(bundling(self.signature, len(params)), tuple(inputs))
            for p, value in zip(params, results, strict=True):
                _rebind(p, value)
            capture.written(self.packed)
            self.packed.value = state
            self.packed.version += 1
            return
        results = record_many(self.signature, tuple(inputs))
        for targets, values in ((params, results), (self.state, results[len(params) :])):
            for target, value in zip(targets, values, strict=False):
                _rebind(target, value)
        for twins, value in zip(self.twins, results[len(params) :], strict=True):
            for twin in twins:
                _rebind(twin, value)

    def _hyper_value(self, optimizer: FusedOptimizer) -> Value:
        """The numbers for this step as one array; that of the last step if they are the same.

        On the host the first time, as a rate may change in every step, and on the device from then on: handing a host
        array to a program takes longer.
        """
        device = default_device()
        if optimizer._reusable and self.seen is not None and self.seen.holds():
            numbers = self.numbers
        else:
            numbers = list(map(float, optimizer._next_numbers(self.group, self.params).values()))
            self.seen = Seen(self.group)
        if numbers != self.numbers or self.vector.aval.device is not device:
            assert numbers is not None
            self.numbers = numbers
            vector = np.array(numbers, np.float64)
            self.vector = concrete(vector, intern(vector.shape, vector.dtype, device))
        elif type(self.vector.array) is np.ndarray:
            materialize(self.vector)
        return self.vector

    def _enter(self, optimizer: FusedOptimizer) -> None:
        """Put what is new into the optimizer's state."""
        state = vars(optimizer)["state"]
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
        if not self.state:
            self.entries = [state.get(p) for p in self.params]
            return
        self.entries = [state[p] for p in self.params]
        own = {name for name, _ in self.layout.leaves}
        self.places = [(entry, name) for entry in self.entries for name in entry if name in own]
        self.expected = [entry[name] for entry, name in self.places]

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
            for tensor, twins in zip(self.state, self.twins, strict=True):
                for twin in twins:
                    write(twin, tensor)


def _share_array(tensor: Any, twins: list[Any]) -> bool:
    """Whether all hold the very same array."""
    array = _array(tensor)
    return (
        array is not None
        and tensor._view is None
        and not any(map(_view, twins))
        and same(map(_array, twins), repeat(array))
    )


def _known(optimizer: FusedOptimizer) -> bool:
    """Whether someone else holds the optimizer's state as a whole."""
    return getrefcount(vars(optimizer)["state"]) > 2  # that dictionary and the argument


def _rebind(target: Any, value: Value) -> None:
    if target._view is None:
        target._cell.rebind(value)
    else:
        with no_grad():
            target._alias().copy_(wrap(value))


def level_of(held: Any) -> Any:
    """Something that is the same object for state tensors that are known to have the same value."""
    if type(held) not in TENSOR_TYPES:
        return held
    value = _value(held)
    return value if value.array is None else value.array


def _value(tensor: Any) -> Value:
    value: Value = tensor._cell.value if tensor._view is None else tensor._current()
    return value


def as_tensor(x: Any) -> Any:
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
