"""What torch warns of, in the same category and the same words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import torch


def _protected() -> Any:
    array = np.ones(2, np.float32)
    array.setflags(write=False)
    return array


WARNINGS: dict[str, Any] = {
    "float": lambda torch: float(torch.ones(1, requires_grad=True)),
    "complex": lambda torch: complex(torch.ones(1, requires_grad=True)),
    "item": lambda torch: torch.ones(1, requires_grad=True).item(),
    "T 3-d": lambda torch: torch.ones(2, 3, 4).T,
    "T 1-d": lambda torch: torch.ones(2).T,
    "T 0-d": lambda torch: torch.ones(()).T,
    "H 0-d": lambda torch: torch.ones(()).H,
    "mH 0-d": lambda torch: torch.ones(()).mH,
    "T 2-d": lambda torch: torch.ones(2, 3).T,
    "stft": lambda torch: torch.stft(torch.ones(20), 8, return_complex=True).shape,
    "tensor(tensor)": lambda torch: torch.tensor(torch.ones(2)),
    "new_tensor(tensor)": lambda torch: torch.ones(2).new_tensor(torch.ones(2)),
    "tensor(arrays)": lambda torch: torch.tensor([np.ones(2), np.ones(2)]),
    "from_numpy": lambda torch: torch.from_numpy(_protected()),
    "as_tensor": lambda torch: torch.as_tensor(_protected()),
    "tensor(array)": lambda torch: torch.tensor(_protected()),
    "range": lambda torch: torch.range(0, 2),
    "meshgrid": lambda torch: torch.meshgrid(torch.ones(2), torch.ones(3)),
    "meshgrid ij": lambda torch: torch.meshgrid(torch.ones(2), torch.ones(3), indexing="ij"),
    "cross": lambda torch: torch.cross(torch.ones(3, 4), torch.ones(3, 4)),
    "out": lambda torch: torch.add(torch.ones(3), 1, out=torch.empty(2)),
    "empty out": lambda torch: torch.add(torch.ones(3), 1, out=torch.empty(0)),
    "var": lambda torch: torch.ones(1).var(),
    "std": lambda torch: torch.std(torch.ones(3, 1), 1),
    "cov": lambda torch: torch.cov(torch.ones(2, 1)),
    "corrcoef": lambda torch: torch.corrcoef(torch.ones(3, 1)),
    "complex to real": lambda torch: torch.ones(5, dtype=torch.complex64).float(),
    "qr": lambda torch: torch.qr(torch.eye(2)).R.abs(),
    "cholesky": lambda torch: torch.cholesky(torch.eye(2)),
    "lu": lambda torch: torch.lu(torch.eye(2)),
    "chain_matmul": lambda torch: torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 2)),
    "bytes as index": lambda torch: torch.ones(2)[torch.ones(2, dtype=torch.uint8)],
    "bytes as condition": lambda torch: torch.where(torch.ones(3, dtype=torch.uint8), torch.ones(3), 0.0),
    "storage": lambda torch: torch.ones(2).storage().size(),
    "default type": lambda torch: torch.set_default_tensor_type("torch.FloatTensor"),
    "cpu.amp": lambda torch: torch.cpu.amp.autocast(enabled=False) and None,
    "volatile": lambda torch: torch.autograd.Variable(torch.ones(2), volatile=True),
    "searchsorted": lambda torch: torch.searchsorted(torch.arange(6).view(2, 3).t(), torch.ones(3, 1).long()),
    "cummulative_sizes": lambda torch: torch.utils.data.ConcatDataset([[1, 2], [3]]).cummulative_sizes,
    "size_average": lambda torch: torch.nn.functional.mse_loss(
        torch.ones(2), torch.ones(2), size_average=True
    ),
    "reduce": lambda torch: torch.nn.CrossEntropyLoss(reduce=False).reduction,
    "softmax": lambda torch: torch.nn.functional.softmax(torch.ones(2, 3)),
    "mse_loss": lambda torch: torch.nn.functional.mse_loss(torch.ones(2, 1), torch.ones(2)),
    "tanh": lambda torch: torch.nn.functional.tanh(torch.ones(2)),
    "jit.script": lambda torch: torch.jit.script(torch.nn.ReLU()).training,
    "lr_scheduler": lambda torch: torch.optim.lr_scheduler.StepLR(
        torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1), 1
    ).step(),
}


def _told(program: Any, library: Any) -> list[tuple[str, str]]:
    """Category and words; torch's own add where in C++ they come from."""
    library.set_warn_always(True)
    torch.storage._reset_warn_typed_storage_removal()  # which it tells once, whatever is set
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            program(library)
    finally:
        library.set_warn_always(False)
    return sorted({(w.category.__name__, str(w.message).split(" (Triggered")[0]) for w in caught})


@pytest.mark.parametrize("program", WARNINGS.values(), ids=list(WARNINGS))
def test_warnings(program: Any) -> None:
    jaxlearn.clear_cache()  # what is recorded again in the same form is not looked at again
    assert _told(program, jaxlearn) == _told(program, torch)


def test_they_point_to_the_program_and_come_once() -> None:
    from jaxlearn._warnings import Warned

    Warned.texts.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            reversed_ = jaxlearn.ones(7, 7, 7).T
            jaxlearn.ones(6, 1).var(1)
    assert [w.filename for w in caught] == [__file__] * 2 and reversed_.shape == (7, 7, 7)


def test_they_may_be_errors() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="copy construct"):
            jaxlearn.tensor(jaxlearn.ones(2))
