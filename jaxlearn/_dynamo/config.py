"""``torch._dynamo.config``: settings that programs assign to. None has an effect: programs are bounded in number all
together, an error in a compiled function is always raised, and there is nothing to be verbose about."""

from __future__ import annotations

import functools
from typing import Any

cache_size_limit = 8
recompile_limit = 8
accumulated_cache_size_limit = 256
suppress_errors = False
verbose = False
dynamic_shapes = True
assume_static_by_default = True
automatic_dynamic_shapes = True
capture_scalar_outputs = False
capture_dynamic_output_shape_ops = False
optimize_ddp = True
inline_inbuilt_nn_modules = True
guard_nn_modules = True
allow_unspec_int_on_nn_module = False
specialize_int = False


class patch:
    """Set some of these for a while, as a context or a decorator; ``patch(name=value)``, ``patch("name", value)`` or
    ``patch({"name": value})``.

    Args:
        changes: names and values.

    Example::

        >>> import jaxlearn as torch
        >>> with torch._dynamo.config.patch(suppress_errors=True):
        ...     torch._dynamo.config.suppress_errors
        True
        >>> torch._dynamo.config.suppress_errors
        False
    """

    def __init__(self, *names: Any, **changes: Any) -> None:
        if names:
            changes = {**(names[0] if isinstance(names[0], dict) else {names[0]: names[1]}), **changes}
        unknown = [name for name in changes if name not in globals()]
        if unknown:
            raise AttributeError(f"{__name__}.{unknown[0]} does not exist")
        self.changes = changes

    def __enter__(self) -> None:
        self.before = {name: globals()[name] for name in self.changes}
        globals().update(self.changes)

    def __exit__(self, *exc: object) -> None:
        globals().update(self.before)

    def __call__(self, function: Any) -> Any:
        @functools.wraps(function)
        def patched(*args: Any, **kwargs: Any) -> Any:
            with patch(self.changes):
                return function(*args, **kwargs)

        return patched
