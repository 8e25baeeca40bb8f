"""``torch.compiler``: compiled functions and what controls them.

https://docs.pytorch.org/docs/stable/torch.compiler_api.html
"""

from __future__ import annotations

from ._compile import OptimizedModule as OptimizedModule
from ._compile import compile as compile
from ._control import allow_in_graph as allow_in_graph
from ._control import assume_constant_result as assume_constant_result
from ._control import cudagraph_mark_step_begin as cudagraph_mark_step_begin
from ._control import disable as disable
from ._control import get_default_backend as get_default_backend
from ._control import is_compiling as is_compiling
from ._control import is_dynamo_compiling as is_dynamo_compiling
from ._control import is_exporting as is_exporting
from ._control import list_backends as list_backends
from ._control import reset as reset
from ._control import set_default_backend as set_default_backend
from ._control import set_stance as set_stance
from ._control import wrap_numpy as wrap_numpy

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "get_default_backend",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_default_backend",
    "set_stance",
    "wrap_numpy",
]
