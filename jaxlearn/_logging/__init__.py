"""``torch._logging``: what programs call to see more of what compiling does."""

from __future__ import annotations

from typing import Any

__all__ = ["set_logs"]


def set_logs(*, modules: Any = None, **logs: Any) -> None:
    """Accepted: nothing is logged. ``jaxlearn.stats()`` tells what was compiled and why.

    Args:
        modules: names and levels of modules.
        logs: levels or switches, by the names that PyTorch knows (``recompiles``, ``graph_breaks``, ``dynamo``).

    Raises:
        ValueError: a level is neither a number nor a switch.

    Example::

        >>> import jaxlearn as torch
        >>> torch._logging.set_logs(recompiles=True)
    """
    for name, level in {**logs, **(modules or {})}.items():
        if not isinstance(level, (bool, int)):
            raise ValueError(f"{name}: a log level is a number or a switch, not {level!r}")
