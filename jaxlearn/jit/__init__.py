"""TorchScript's names, while nothing is scripted: https://docs.pytorch.org/docs/stable/jit.html

Functions and modules stay Python. What they record is compiled by XLA, with or without these names.
"""

from __future__ import annotations

from .._naming import publish
from ..futures import Future as Future
from .annotations import Attribute as Attribute
from .annotations import Final as Final
from .annotations import annotate as annotate
from .annotations import export as export
from .annotations import ignore as ignore
from .annotations import interface as interface
from .annotations import is_scripting as is_scripting
from .annotations import is_tracing as is_tracing
from .annotations import isinstance as isinstance
from .annotations import script_if_tracing as script_if_tracing
from .annotations import unused as unused
from .scripting import Error as Error
from .scripting import ScriptFunction as ScriptFunction
from .scripting import ScriptModule as ScriptModule
from .scripting import TracerWarning as TracerWarning
from .scripting import fork as fork
from .scripting import freeze as freeze
from .scripting import load as load
from .scripting import optimize_for_inference as optimize_for_inference
from .scripting import save as save
from .scripting import script as script
from .scripting import script_method as script_method
from .scripting import trace as trace
from .scripting import trace_module as trace_module
from .scripting import wait as wait

__all__ = [
    "Attribute",
    "Error",
    "Final",
    "Future",
    "ScriptFunction",
    "ScriptModule",
    "TracerWarning",
    "annotate",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "optimize_for_inference",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "trace_module",
    "unused",
    "wait",
]

publish(__name__, ("Error", "ScriptFunction"))
