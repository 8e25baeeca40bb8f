"""Measuring statements: https://docs.pytorch.org/docs/stable/benchmark_utils.html

What a statement makes is computed in each run: an operation whose result nobody reads would cost only its recording.
"""

from __future__ import annotations

from .comparing import Colorize as Colorize
from .comparing import Compare as Compare
from .measurement import Measurement as Measurement
from .measurement import TaskSpec as TaskSpec
from .measurement import ordered_unique as ordered_unique
from .measurement import select_unit as select_unit
from .measurement import trim_sigfig as trim_sigfig
from .measurement import unit_to_english as unit_to_english
from .timing import Language as Language
from .timing import Timer as Timer
from .timing import timer as timer

__all__ = [
    "Colorize",
    "Compare",
    "Language",
    "Measurement",
    "TaskSpec",
    "Timer",
    "ordered_unique",
    "select_unit",
    "timer",
    "trim_sigfig",
    "unit_to_english",
]
