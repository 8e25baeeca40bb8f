"""What programs import from torch's C module, ``torch._C``: the exception of singular matrices, and what disables
overrides of functions."""

from __future__ import annotations

from ._naming import publish
from ._overrides.protocol import has_torch_function as _has_torch_function
from ._overrides.protocol import has_torch_function_unary as _has_torch_function_unary
from ._overrides.protocol import has_torch_function_variadic as _has_torch_function_variadic
from ._overrides.state import DisableTorchFunction as DisableTorchFunction
from ._overrides.state import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from ._overrides.state import disabled as _disabled_torch_function_impl
from ._tensor.generator import Generator as Generator
from ._tensor.linalg_errors import LinAlgError as _LinAlgError

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "Generator",
    "_LinAlgError",
    "_disabled_torch_function_impl",
    "_has_torch_function",
    "_has_torch_function_unary",
    "_has_torch_function_variadic",
]

publish(__name__, ("DisableTorchFunction", "DisableTorchFunctionSubclass", "Generator"))
