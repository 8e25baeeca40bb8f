"""Several things wrong at once: which of them convolutions, poolings and others name, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from .helper import same

CALLS = """
F.conv1d(ones(1, 1, 4), ones(1, 2, 2), stride=0)
F.conv1d(ones(1, 1, 4), ones(1, 2, 2), padding=-1, stride=0, dilation=-1)
F.conv1d(ones(1, 1, 4), ones(1, 2, 2), dilation=-1)
F.conv1d(ones(1, 1, 4), ones(1, 1, 2), dilation=0)
F.conv1d(ones(1, 1, 4), ones(1, 2, 2), groups=0, stride=0)
F.conv1d(ones(1, 4), ones(1, 1))
F.conv1d(ones(1, 1, 4), ones(1, 1, 2, 2))
F.conv1d(ones(1, 1, 4), ones(1, 1, 2, 2), padding="same")
F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 2))
F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 2), padding="same")
F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 2, 2), ones(3), stride=0)
F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 2, 2), ones(3).double(), stride=0)
F.conv2d(ones(1, 1, 4, 4), ones(1, 1, 2, 2).double(), stride=0)
F.conv3d(ones(1, 1, 4, 4, 4), ones(1, 1, 2, 2))
F.conv_transpose1d(ones(1, 1, 4), ones(2, 1, 2), output_padding=-1)
F.conv_transpose2d(ones(1, 1, 4, 4), ones(1, 1, 2))
F.conv_transpose2d(ones(1, 1, 4, 4), ones(1, 1, 2, 2), dilation=0, stride=0)
F.adaptive_avg_pool1d(ones(1, 4), -2)
F.adaptive_avg_pool3d(ones(1, 4, 4, 4), (-2, 3, 1))
F.adaptive_avg_pool2d(ones(2, 3, 3, 0), 2)
F.adaptive_avg_pool1d(ones(2, 3, 0), 2)
F.adaptive_avg_pool3d(ones(2, 4, 4, 4, 0), 1)
F.adaptive_max_pool1d(ones(2, 1, 4), -1)
F.adaptive_max_pool2d(ones(2, 1, 4, 4), (3,))
F.adaptive_max_pool2d(ones(2, 0, 4, 4), 1)
F.adaptive_max_pool2d(ones(2, 4, 4, 4).int(), -1)
F.adaptive_max_pool3d(ones(3, 3, 0, 3), (2, 2))
F.avg_pool1d(ones(3, 49), 2, -1, 0)
F.avg_pool1d(ones(1, 0, 49), 2, 50, 4)
F.avg_pool2d(ones(1, 1, 49, 49), 2, 2, -1, divisor_override=0)
F.avg_pool2d(ones(1, 1, 1, 1, 49), 2, 2, -1)
F.avg_pool2d(ones(3, 3, 49), -1, 1, 0)
F.avg_pool3d(ones(3, 0, 1, 49), 2, 2, 0, divisor_override=0)
F.avg_pool3d(ones(1, 3, 2, 2), 3, 2, 1)
F.avg_pool3d(ones(0, 3, 1, 2), 4, 2, 0)
F.max_pool1d(ones(1, 1, 49), 3, 1, 2, 2, return_indices=True)
F.max_pool1d(ones(49), 2, 1, 0, return_indices=True)
F.max_pool1d(ones(1, 1, 2), 5, return_indices=True)
F.max_pool1d(ones(1, 1, 2), 5)
F.max_pool1d(ones(1, 1, 49), 2, -1)
F.max_pool2d(ones(1, 4, 4), 2, padding=2, dilation=3)
F.max_pool2d(ones(1, 1, 4, 4), 2, stride=-1)
F.max_pool2d(ones(1, 4, 4), 2, dilation=0, padding=-1)
F.max_pool3d(ones(2, 2, 2, 2), 2, 1, 2, 3)
F.max_pool3d(ones(2, 3, 0, 2), 1, 1, 0, 1)
F.max_unpool1d(ones(8, 8), ones(8, 7).long(), 3, 2, 0)
F.multi_margin_loss(ones(5, 4), ones(6).long() * 7, weight=ones(5))
F.multi_margin_loss(ones(5, 4), ones(5).long() * 7, weight=ones(5))
F.multi_margin_loss(ones(5, 4), ones(5) * 7)
F.multi_margin_loss(ones(5, 4), ones(5).long(), weight=ones(4).double())
F.multilabel_margin_loss(ones(5, 0), ones(5, 4))
F.multilabel_margin_loss(ones(4), ones(5).long() * 7)
F.multilabel_margin_loss(ones(5, 4), ones(5, 4).int())
F.prelu(torch.tensor(1.0), ones(2))
torch.multinomial(torch.tensor([[1.0, 0, 0], [1, float("nan"), 1]]), 2, True)
torch.multinomial(torch.tensor([1.0, float("inf"), 1]), 2, True)
torch.multinomial(torch.tensor([[0.0, 0, 0], [1, -1, 1]]), 2, True)
torch.multinomial(-ones(1, 2), 2, out=ones(1, 2))
torch.amax(ones(2, 2), 0, out=ones(2).int())
torch.polar(ones(2), ones(2), out=ones(2))
""".strip().split("\n")


@pytest.mark.parametrize("call", CALLS)
def test_what_is_named_first(call: str) -> None:
    code = compile(call, call, "eval")
    same(
        lambda torch: eval(code, {"torch": torch, "F": torch.nn.functional, "ones": torch.ones}), message=True
    )


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_an_out_that_is_a_view_grows_over_its_memory() -> None:
    def program(torch: Any) -> Any:
        base = torch.zeros(4)
        part = base[1:2]
        returned = torch.add(torch.arange(3.0), 1, out=part)
        return base, part, returned is part

    same(program)


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_an_out_that_grows_over_what_is_read() -> None:
    def program(torch: Any) -> Any:
        index = torch.tensor([0, 1, 2])
        return torch.gather(torch.arange(3), 0, index[1:], out=index[:1])

    same(program, message=True)
