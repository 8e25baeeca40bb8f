"""The user's line: where in the program, outside of the library, the present call comes from."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

__all__ = ["PACKAGE", "Line", "user_line"]

PACKAGE = str(Path(__file__).resolve().parent.parent) + "/"
# Python's own modules may be between the user's line and the library: decorators, context managers, pickle, copy.
_PYTHON = linecache.__file__.removesuffix("linecache.py")
_INSTALLED = (_PYTHON + "site-packages", _PYTHON + "dist-packages")


class Line(NamedTuple):
    """A line of a file; its text is read when it is shown."""

    file: str
    number: int

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        return f"{self.file}:{self.number}" + (f" (`{text}`)" if text else "")


def user_line() -> Line:
    """The innermost line on the stack that is not the library's."""
    frame: FrameType | Any = sys._getframe(1)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith(PACKAGE) and (not file.startswith(_PYTHON) or file.startswith(_INSTALLED)):
            break
        frame = frame.f_back
    return Line(frame.f_code.co_filename, frame.f_lineno)
