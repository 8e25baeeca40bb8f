"""Any Optax transformation as an optimizer in torch's style."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable
from typing import Any

import jax
import optax

from .._engine.graph import materialize
from .._engine.signature import x64
from .._tensor.dispatch import TENSOR_TYPES
from ._extra_args import ExtraArguments, asks_for_function
from ._fused import FusedOptimizer
from ._update import Update

__all__ = ["OptaxOptimizer", "from_optax"]


class OptaxOptimizer(FusedOptimizer):
    """Base of the classes that :func:`from_optax` makes.

    Args:
        params: parameters or groups of them; ``named_parameters()`` too.
        options: values for the transformation's arguments, where it was given as a function.

    Raises:
        TypeError: an option is not an argument of the function, or one without default is missing.
    """

    _completes_state = True
    _defaults: dict[str, Any] = {}  # noqa: RUF012
    # Of the defaults, those that enter the program as numbers; "lr" stands for Optax's learning_rate.
    _operands: tuple[str, ...] = ()
    # The function that makes the class, with its arguments.
    _source: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

    def __init__(self, params: Any, **options: Any) -> None:
        if "learning_rate" in options:
            options["lr"] = options.pop("learning_rate")
        unknown = set(options) - set(self._defaults)
        if unknown:
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument '{min(unknown)}'")
        defaults = {**self._defaults, **options}
        missing = [name for name, value in defaults.items() if value is inspect.Parameter.empty]
        if missing:
            raise TypeError(f"{type(self).__name__}() missing the argument '{missing[0]}'")
        super().__init__(params, defaults)

    def __reduce__(self) -> Any:
        return _blank, self._source, self.__getstate__()

    def _numbers(self, group: dict[str, Any]) -> dict[str, Any]:
        return {_optax_name(n): group[n] for n in self._operands if _is_number(group[n])}

    def _options(self, group: dict[str, Any]) -> dict[str, Hashable]:
        return {
            _optax_name(n): group[n]
            for n in self._defaults
            if not (n in self._operands and _is_number(group[n]))
        }

    def _key(self, group: dict[str, Any], i: int) -> Any:
        return group["param_names"][i] if "param_names" in group else i

    @classmethod
    def _whole_rule(cls, **arguments: Any) -> optax.GradientTransformation:
        return cls._rule(**arguments)  # Optax has its own way with complex numbers

    def _extra_arguments(self, update: Update, loss: Any) -> ExtraArguments | None:
        if type(loss) not in TENSOR_TYPES:
            return None
        params = [p._current() for p in update.params]
        if "takes" not in update.notes:
            rule = self._rule(**dict.fromkeys(self._numbers(update.group), 0.5), **update.options)
            takes = update.notes["takes"] = isinstance(rule, optax.GradientTransformationExtraArgs)
            avals = [v.aval for v in params]
            update.notes["searches"] = takes and asks_for_function(rule, update.keys, avals)
        if not update.notes["takes"]:
            return None
        return ExtraArguments(loss._current(), params, update.notes["searches"])

    def _initial(self, update: Update, name: str, i: int | None) -> Any:
        """All state at once, from the parameters' values: an update asks for it leaf by leaf."""
        first = update.notes.get("first")
        if first is None:
            numbers = {k: float(v) for k, v in self._numbers(update.group).items()}
            rule = self._rule(**numbers, **update.options)
            values = [p._current() for p in update.params]
            arrays = [v.array if v.array is not None else materialize(v) for v in values]
            with x64():
                state = jax.jit(rule.init)(dict(zip(update.keys, arrays, strict=True)))
            leaves = jax.tree.leaves(state)
            first = update.notes["first"] = dict(zip(update.layout.leaves, leaves, strict=True))
        return first.pop((name, i))  # nobody else is to hold its memory


def _blank(make: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An optimizer to be filled with the state of another one: of a copied or a pickled one."""
    cls = make(*arguments, **options)
    return cls.__new__(cls)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or type(value) in TENSOR_TYPES


def _optax_name(name: str) -> str:
    return "learning_rate" if name == "lr" else name


def from_optax(
    transformation: optax.GradientTransformation | Callable[..., optax.GradientTransformation],
    params: Any = None,
    **options: Any,
) -> Any:
    """Make an optimizer in torch's style of an Optax transformation, or of a function that returns one.

    The optimizer has parameter groups, ``state``, ``state_dict()`` and hooks, and its update is part of the step's
    program. The transformation sees a dictionary of the parameters that have a gradient: under their names if
    ``named_parameters()`` was given (for masks and labels by name), else under their numbers.

    Of a function, such as ``optax.adamw``, the arguments become options of the groups, with ``lr`` for Optax's
    ``learning_rate``: numbers may change from step to step at no recompilation, so torch's schedules work on them.
    Schedules of Optax's inside a transformation count the optimizer's steps.

    A transformation with extra arguments (``optax.lbfgs``, ``optax.polyak_sgd``) is given ``value`` and ``grad`` if
    ``step`` is called with a closure that returns the loss, and ``value_fn`` if it searches along a line: then the
    closure must not read the loss's value, and what it detaches from the gradient is not detached in the search.

    Args:
        transformation: the transformation or the function.
        params: parameters or groups of them; without them the optimizer's class is returned.
        options: values for the function's arguments.

    Returns:
        The optimizer, or its class.

    Raises:
        TypeError: an option is not an argument of the function, or ``transformation`` is neither.

    Example::

        >>> import jaxlearn as torch, optax
        >>> w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        >>> optimizer = torch.optim.from_optax(optax.lion, [w], lr=0.1, weight_decay=0.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0.9000, 1.9000])
        >>> Chained = torch.optim.from_optax(optax.chain(optax.clip(1.0), optax.sgd(0.5)))
        >>> optimizer = Chained([w])
        >>> optimizer.step()
        >>> w.data
        tensor([0.4000, 1.4000])
    """
    if isinstance(transformation, optax.GradientTransformation):
        if options:
            raise TypeError(
                "options are for functions that return a transformation; this is a transformation"
            )
        made = _of_transformation(transformation)
    elif callable(transformation):
        if "lr" in options:
            options["learning_rate"] = options.pop("lr")
        made = _of_function(transformation, **options)
    else:
        raise TypeError(
            f"expected an optax.GradientTransformation or a function that returns one, "
            f"but got {type(transformation).__name__}"
        )
    return made if params is None else made(params)


# The same class for the same arguments: a copied or unpickled optimizer finds its programs again.
@functools.lru_cache
def _of_transformation(transformation: optax.GradientTransformation) -> type[OptaxOptimizer]:
    return _class_of(
        "OptaxOptimizer", lambda: transformation, {}, (), (_of_transformation, (transformation,), {})
    )


def _of_function(function: Callable[..., Any], **options: Any) -> type[OptaxOptimizer]:
    try:
        hash((function, *options.values()))
    except TypeError:  # a mask is a dictionary
        return _new_of_function(function, options)
    return _known_of_function(function, **options)


@functools.lru_cache(typed=True)
def _known_of_function(function: Callable[..., Any], **options: Any) -> type[OptaxOptimizer]:
    return _new_of_function(function, options)


def _new_of_function(function: Callable[..., Any], options: dict[str, Any]) -> type[OptaxOptimizer]:
    parameters = inspect.signature(function).parameters
    unknown = set(options) - set(parameters)
    if unknown:
        raise TypeError(f"{function.__name__}() got an unexpected keyword argument '{min(unknown)}'")
    defaults = {name: options.get(name, p.default) for name, p in parameters.items()}
    constants = {name: value for name, value in defaults.items() if not _may_be_option(value)}
    defaults = {name: value for name, value in defaults.items() if name not in constants}
    numbers = [n for n, v in defaults.items() if n == "learning_rate" or type(v) is float]
    operands = [n for n in numbers if _traceable(function, defaults, constants, n)]
    name = "".join(part.capitalize() for part in getattr(function, "__name__", "optax").split("_"))
    torch_names = {("lr" if n == "learning_rate" else n): v for n, v in defaults.items()}
    return _class_of(
        name,
        functools.partial(function, **constants),
        torch_names,
        tuple("lr" if n == "learning_rate" else n for n in operands),
        (_of_function, (function,), options),
    )


def _may_be_option(value: Any) -> bool:
    return value is None or value is inspect.Parameter.empty or isinstance(value, (bool, int, float, str))


def _traceable(
    function: Callable[..., Any], defaults: dict[str, Any], constants: dict[str, Any], name: str
) -> bool:
    """Whether the argument may be a traced number: some functions look at one's value, for instance whether it is 0."""
    given = {n: 0.5 if v is inspect.Parameter.empty else v for n, v in defaults.items() if n != name}
    # Masks and labels as trees belong to parameters that are not known yet.
    constants = {n: v for n, v in constants.items() if not isinstance(v, (dict, list, tuple))}

    def trial(x: Any) -> Any:
        rule = function(**{name: x}, **given, **constants)
        params = {"": jax.numpy.ones((2, 2))}
        return rule.update(params, rule.init(params), params)[0]

    try:
        jax.eval_shape(trial, 0.5)
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError):
        return False
    return True


def _class_of(
    name: str,
    rule: Callable[..., Any],
    defaults: dict[str, Any],
    operands: tuple[str, ...],
    source: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]],
) -> type[OptaxOptimizer]:
    class Made(OptaxOptimizer):
        _rule = staticmethod(rule)
        _defaults = defaults
        _operands = operands
        _source = source

    Made.__name__ = Made.__qualname__ = name
    Made.__doc__ = f"The Optax transformation ``{name}`` as an optimizer; see :func:`from_optax`."
    return Made
