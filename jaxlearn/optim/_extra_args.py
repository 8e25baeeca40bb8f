"""What Optax calls extra arguments: the loss, and the loss as a function of the parameters for line searches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._engine.device import default_device
from .._engine.recorder import recorder
from .._engine.signature import weak_number, x64
from .._engine.subgraph import Subgraph
from .._engine.value import Aval, Value, concrete, intern

__all__ = ["ExtraArguments", "asks_for_function"]


class ExtraArguments:
    """The extra arguments of one update: ``value``, ``grad`` and, where it is asked for, ``value_fn``.

    The function is the graph that the closure has recorded and nobody has computed yet, with the parameters as its
    arguments. What else it takes (a batch, a random key) become operands of the update.

    Args:
        loss: the closure's result.
        params: the parameters' values in it.
        function: whether ``value_fn`` is wanted.

    Raises:
        RuntimeError: it is wanted, but the loss is computed already.
    """

    def __init__(self, loss: Value, params: Sequence[Value], function: bool) -> None:
        self.inputs: list[Value] = [loss]
        self.key: Hashable = function
        self._graph: Subgraph | None = None
        if not function:
            return
        if loss.array is not None:
            raise RuntimeError(
                "this transformation searches along a line and needs the loss as a function: step() must be given a "
                "closure that computes the loss anew and does not read its value"
            )
        recording: Any = SimpleNamespace(nodes=recorder.nodes, origins={})
        self._graph = graph = Subgraph(recording, params, [loss], lambda node: ())
        self.inputs += graph.closures
        self._kinds = graph.number_kinds()
        self._dtypes = [value.aval.dtype for value in params]
        self.key = graph.key
        graph.forget()
        if graph.numbers:
            vector = np.array([float(x) for x in graph.numbers], np.float64)
            self.inputs.append(concrete(vector, intern(vector.shape, vector.dtype, default_device())))

    def arguments(self, keys: Sequence[Any], grads: Any, arrays: Sequence[Any]) -> dict[str, Any]:
        """The arguments for the transformation's ``update``.

        Args:
            keys: of the parameters in their tree.
            grads: the gradients.
            arrays: those of ``inputs``.
        """
        value = arrays[0].reshape(())
        given = {"value": value, "grad": grads}
        if self._graph is not None:
            given["value_fn"] = self._function(self._graph, keys, arrays[1:])
        return given

    def _function(self, graph: Subgraph, keys: Sequence[Any], arrays: Sequence[Any]) -> Callable[..., Any]:
        numbers: list[Any] = []
        if graph.numbers:
            vector, arrays = arrays[-1], arrays[:-1]
            numbers = [weak_number(vector[i], kind) for i, kind in enumerate(self._kinds)]

        def value_fn(params: Any, **others: Any) -> Any:
            # Optax's step lengths are of 64 bits here
            points = [params[key].astype(dtype) for key, dtype in zip(keys, self._dtypes, strict=True)]
            (loss,) = graph.run([*points, *arrays], numbers)
            return loss.reshape(())

        return value_fn


def asks_for_function(rule: optax.GradientTransformation, keys: Sequence[Any], avals: Sequence[Aval]) -> bool:
    """Whether the transformation's update calls ``value_fn``."""
    asked = []

    def value_fn(params: Any, **others: Any) -> Any:
        asked.append(True)
        return jnp.zeros((), jnp.result_type(*jax.tree.leaves(params)))

    def trial(params: Any) -> Any:
        value = value_fn(params)
        asked.clear()
        return rule.update(params, rule.init(params), params, value=value, grad=params, value_fn=value_fn)

    with x64():
        jax.eval_shape(trial, {key: aval.struct for key, aval in zip(keys, avals, strict=True)})
    return bool(asked)
