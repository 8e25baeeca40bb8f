"""Overriding torch's functions for classes of one's own: the protocol ``__torch_function__``.

https://docs.pytorch.org/docs/stable/torch.overrides.html
"""

from __future__ import annotations

from ._overrides.listing import get_default_nowrap_functions as get_default_nowrap_functions
from ._overrides.listing import get_ignored_functions as get_ignored_functions
from ._overrides.listing import get_overridable_functions as get_overridable_functions
from ._overrides.listing import get_testing_overrides as get_testing_overrides
from ._overrides.listing import is_tensor_method_or_property as is_tensor_method_or_property
from ._overrides.listing import resolve_name as resolve_name
from ._overrides.modes import BaseTorchFunctionMode as BaseTorchFunctionMode
from ._overrides.modes import TorchFunctionMode as TorchFunctionMode
from ._overrides.protocol import handle_torch_function as handle_torch_function
from ._overrides.protocol import has_torch_function as has_torch_function
from ._overrides.protocol import has_torch_function_unary as has_torch_function_unary
from ._overrides.protocol import has_torch_function_variadic as has_torch_function_variadic
from ._overrides.protocol import is_tensor_like as is_tensor_like
from ._overrides.protocol import redispatch_function as redispatch_function
from ._overrides.protocol import wrap_torch_function as wrap_torch_function

__all__ = [
    "BaseTorchFunctionMode",
    "TorchFunctionMode",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]
