"""``torch._dynamo.decorators``: where programs import from what controls compiled functions."""

from __future__ import annotations

from ..compiler import allow_in_graph as allow_in_graph
from ..compiler import assume_constant_result as assume_constant_result
from ..compiler import disable as disable
from .marks import disallow_in_graph as disallow_in_graph
from .marks import graph_break as graph_break
from .marks import mark_dynamic as mark_dynamic
from .marks import mark_static as mark_static
from .marks import mark_static_address as mark_static_address
from .marks import maybe_mark_dynamic as maybe_mark_dynamic

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "disable",
    "disallow_in_graph",
    "graph_break",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
]
