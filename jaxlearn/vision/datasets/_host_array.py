"""An array of a dataset that is NumPy's for fast reading and a Tensor for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from jaxlearn import Tensor


class HostArray:
    """A NumPy array with a Tensor face: in-place changes of the Tensor show in the array.

    Args:
        value: a NumPy array or a Tensor.
    """

    def __init__(self, value: np.ndarray | Tensor) -> None:
        self._tensor: Any = None
        self._version = 0
        if isinstance(value, np.ndarray):
            self._array = value
        else:
            self._array = np.asarray(value.numpy())
            self._tensor, self._version = value, value._version

    def tensor(self) -> Tensor:
        """The Tensor; the same object on every call."""
        if self._tensor is None:
            from jaxlearn import from_numpy

            self._tensor = from_numpy(self._array)
            self._version = self._tensor._version
        return self._tensor

    def numpy(self) -> np.ndarray:
        """The array, with what was written into the Tensor since."""
        if self._tensor is not None and self._tensor._version != self._version:
            self._array = np.asarray(self._tensor.numpy())
            self._version = self._tensor._version
        return self._array

    def __len__(self) -> int:
        return len(self._array)

    def __getstate__(self) -> dict[str, Any]:
        return {"_array": self.numpy(), "_tensor": None, "_version": 0}
