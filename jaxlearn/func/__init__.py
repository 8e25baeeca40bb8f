"""Transforms of functions: https://docs.pytorch.org/docs/stable/func.html

Reverse and forward mode run on the recorded operations, so a transformed function may branch on values and read them;
``vmap`` records the function once on the shapes of one sample. Everything becomes part of the step's program.
"""

from .forward import jvp as jvp
from .forward import linearize as linearize
from .functionalization import debug_unwrap as debug_unwrap
from .functionalization import functionalize as functionalize
from .jacobians import hessian as hessian
from .jacobians import jacfwd as jacfwd
from .jacobians import jacrev as jacrev
from .modules import functional_call as functional_call
from .modules import replace_all_batch_norm_modules_ as replace_all_batch_norm_modules_
from .modules import stack_module_state as stack_module_state
from .reverse import grad as grad
from .reverse import grad_and_value as grad_and_value
from .reverse import vjp as vjp
from .vectorize import vmap as vmap

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
