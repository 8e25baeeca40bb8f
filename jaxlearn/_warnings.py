"""PyTorch's warnings, shown at the line of the program that caused them."""

from __future__ import annotations

import os
import sys
import warnings

__all__ = ["Warned", "warn", "warn_once"]

# Frames of this library, and of JAX, which traces its functions, are not the program's.
_INSIDE = (os.path.dirname(__file__) + os.sep, f"{os.sep}jax{os.sep}", f"{os.sep}flax{os.sep}")


class Warned:
    """What was shown, and whether it is to be shown again."""

    texts: set[str] = set()  # noqa: RUF012
    always = False


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Show a warning at the innermost line outside of the library.

    Args:
        text: what it says.
        category: its class.
    """
    level, frame, traced, recorded = 1, sys._getframe(1), False, False
    while frame.f_back is not None and any(part in frame.f_code.co_filename for part in _INSIDE):
        traced = traced or _INSIDE[1] in frame.f_code.co_filename
        recorded = recorded or frame.f_code.co_name == "make_signature"
        level, frame = level + 1, frame.f_back
    if traced and not recorded:
        return  # an operation is compiled: it was said when it was recorded
    warnings.warn(text, category, stacklevel=level + 1)


def warn_once(text: str, category: type[Warning] = UserWarning) -> None:
    """Show a warning that a program is shown once, wherever the cause is met again.

    Args:
        text: what it says.
        category: its class.
    """
    if Warned.always or text not in Warned.texts:
        Warned.texts.add(text)
        warn(text, category)
