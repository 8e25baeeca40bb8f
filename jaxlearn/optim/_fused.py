"""Optimizers whose update is an Optax transformation: one recorded node for all parameters that go in step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._autograd.modes import enable_grad
from .._engine.capture import Capture
from .._engine.device import jax_device
from .._engine.recorder import recorder
from .._engine.signature import x64
from .._tensor.dispatch import wrap
from ._extra_args import ExtraArguments
from ._layout import Layout, layout_of, state_dtype
from ._rules import as_real
from ._update import Update, as_tensor, level_of
from .optimizer import Optimizer, running

__all__ = ["FusedOptimizer"]

# From this many elements on, state begins on the device, where the first step's results take over its memory. Smaller
# ones come from the host, which costs no compilation for each shape.
_LARGE = 2**20

_layouts: dict[Hashable, Layout] = {}


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
    # Whether state that a parameter lacks begins anew where it has some already.
    _completes_state = False
    # What parameters that go in step have had in common since the last step: no others are to be compared.
    _apart: Sequence[Any] = ()
    _written: Sequence[Update] = ()
    # Whether the last step, which began some state, was one to leave out, and that state: parameters with names.
    _doubt: tuple[Any, list[tuple[Any, list[str]]]] | None = None

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

    def _initial(self, update: Update, name: str, i: int | None) -> Any:
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
            if aval.device.type == "cpu":
                # Nothing to compile for each shape, and zeros from NumPy take no memory until they are written to.
                host = np.full(aval.shape, start, aval.dtype) if start else np.zeros(aval.shape, aval.dtype)
                return jax.device_put(host, may_alias=False)
            return jnp.full(aval.shape, start, aval.dtype)

    def _start(self, name: str, p: Any, group: dict[str, Any]) -> Any:
        """What the state of this name is filled with as it starts, or an array; ``p`` is None for what all share."""
        return 0.0

    def _extra_arguments(self, update: Update, loss: Any) -> ExtraArguments | None:
        """What the rule is given beside gradients, state and parameters."""
        return None

    def _key(self, group: dict[str, Any], i: int) -> Any:
        """What the rule knows the group's parameter number ``i`` by."""
        return i

    def _static_options(self, group: dict[str, Any]) -> Any:
        return tuple(self._options(group).values())

    @property
    def state(self) -> defaultdict[Any, Any]:
        """What the optimizer remembers, by parameter; between the steps the updates keep it packed."""
        self._unpack()
        return self._state

    @state.setter
    def state(self, state: defaultdict[Any, Any]) -> None:
        self._kept: dict[int, Update] = {}
        vars(self)["state"] = state

    def _identity(self) -> Any:
        return self._kept  # whoever holds the state itself is to see each step

    def _unpack(self) -> None:
        for update in self._kept.values():
            update.unpack()
        if self._doubt is not None:
            self._settle_doubt()

    def _settle_doubt(self) -> None:
        """Take the state away again that began with a step that was to be left out."""
        assert self._doubt is not None
        (bad, begun), self._doubt = self._doubt, None
        if not _number(bad):
            return
        self._unpack()
        self._kept.clear()
        for p, names in begun:
            entry = self._state[p]
            for name in names:
                del entry[name]
            if not entry:
                del self._state[p]

    @property
    def _state(self) -> defaultdict[Any, Any]:
        """The state as it lies: its tensors may be packed."""
        state: defaultdict[Any, Any] = vars(self)["state"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._apart = ()
        self._kept = {}

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
        if self._doubt is not None:
            self._settle_doubt()
        capture = recorder.capture
        updates: list[Update] = []
        if self.defaults.get("differentiable"):
            bundles = False
        elif capture is None:  # where nothing else is recorded before the graph is computed
            bundles = running.ends_with(_step)
        else:
            bundles = type(capture) is Capture and capture.bundles and not self._is_made_by(capture)
        for group in self.param_groups:
            if capture is not None:
                for p in group["params"]:
                    capture.grad_read(p)
            updates.extend(self._updates(group, loss, bundles))
        # Nothing has changed so far: what cannot be updated has said so.
        for update in updates:
            update.commit(self)
        self._written = [] if capture is not None else [u for u in updates if not u.whole and u.layout.shared]
        return loss

    def _finish_step(self) -> None:
        super()._finish_step()
        for update in self._kept.values():
            update.settle()
        self._apart = [update.common() for update in self._written]

    def _updates(self, group: dict[str, Any], loss: Any, bundles: bool) -> list[Update]:
        """The updates of the group's parameters that have a gradient, one for those that go in step.

        Args:
            group: the parameter group.
            loss: what the closure returned.
            bundles: whether the state may be one value.
        """
        params = group["params"]
        members = [i for i, p in enumerate(params) if p._grad is not None]
        if not members:
            return []
        options = self._options(group)
        kept = self._kept
        update = kept.get(id(group))
        whole = len(members) == len(params)
        if update is not None:
            if whole and update.holds(self, group, options):
                update.prepare(self, loss, bundles=bundles)
                return [update]
            update.unpack()
        for i in members:
            self._check(params[i])
        updates = [Update(self, group, part, chosen) for part, chosen in self._parts(group, members, options)]
        kept.pop(id(group), None)
        if self._reusable and len(updates) == 1 and whole:
            kept[id(group)] = updates[0]
        for update in updates:
            update.prepare(self, loss, bundles=bundles and bool(kept) and update is kept.get(id(group)))
        return updates

    def _parts(
        self, group: dict[str, Any], members: Sequence[int], options: dict[str, Hashable]
    ) -> list[tuple[Sequence[int], dict[str, Hashable]]]:
        """The parameters by the scalars that they share: those that have made the same number of steps."""
        shared = self._layout(group, members, options).shared
        if not shared:
            return [(members, options)]
        name = shared[0]
        parts = self._levels(group, name, members)
        if len(parts) > 1 and not parts.keys() <= {id(None), *map(id, self._apart)}:
            self._unite(group, shared, members)
            parts = self._levels(group, name, members)
        return [(part, options) for part in parts.values()]

    def _levels(self, group: dict[str, Any], name: str, members: Sequence[int]) -> dict[int, list[int]]:
        """The parameters by what they have of this name, as far as it is known to be the same."""
        parts: dict[int, list[int]] = {}
        for i in members:
            entry = self._state.get(group["params"][i])
            held = None if entry is None else entry.get(name)
            parts.setdefault(id(level_of(held)), []).append(i)
        return parts

    def _unite(self, group: dict[str, Any], shared: Sequence[str], members: Sequence[int]) -> None:
        """Let equal scalars have the same value: those of a loaded state have each their own."""
        known: dict[tuple[float, ...], list[Any]] = {}
        for i in members:
            entry = self._state.get(group["params"][i])
            if entry is not None and all(entry.get(name) is not None for name in shared):
                held = [as_tensor(entry[name]) for name in shared]
                same = known.setdefault(tuple(map(_number, held)), held)
                for name, own, first in zip(shared, held, same, strict=True):
                    value = first._current()
                    if own._view is not None or own._cell.value.aval is not value.aval:
                        own = wrap(value)
                    own._cell.value = value
                    entry[name] = own

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


# As it is defined: the classes' own is wrapped with hooks.
_step = FusedOptimizer.step


def _number(scalar: Any) -> float:
    """What a tensor of the state holds: a compiled step may see it, as it is recorded anew for another state."""
    capture = recorder.capture
    if capture is None or scalar._current().array is None:
        return float(scalar)
    found: float = capture.unwatched(float, scalar)
    return found
