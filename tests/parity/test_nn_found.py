"""Calls of ``nn`` on empty tensors and with arguments that do not fit: result or exception and its text, as torch's."""

from __future__ import annotations

import pytest

from .helper import same

CALLS = """
nn.LayerNorm(2.5)
nn.LayerNorm(None)
nn.LayerNorm({}).weight
nn.RMSNorm(torch.ones(2))
nn.Embedding(5, 3, padding_idx=2.5)
nn.EmbeddingBag(5, 3, scale_grad_by_freq='a').extra_repr()
nn.PReLU(init='a')
nn.LinearCrossEntropyLoss(4, 3, label_smoothing=None)
nn.RNNBase([2], 3, 4)
nn.ModuleDict(torch.ones(2))
nn.ParameterDict(torch.ones(2))
nn.LSTM(2, 3, 2)._flat_weights_names
nn.GRU(2, 3, bidirectional=True, bias=False)._all_weights
F.instance_norm(torch.ones(0, 3, 4), weight=torch.ones(3))
F.instance_norm(torch.ones(0, 3, 4), torch.zeros(3), torch.ones(3), use_input_stats=False)
F.instance_norm(torch.ones(1, 0, 4), torch.zeros(3), torch.ones(3), use_input_stats=False)
F.instance_norm(torch.ones(1, 0, 4), torch.zeros(3), torch.ones(3))
F.instance_norm(torch.ones(2, 4, 4), torch.zeros(3), torch.ones(2))
F.instance_norm(torch.ones(2, 4, 4), bias=torch.ones(2))
F.instance_norm(torch.ones(2, 4, 4), torch.zeros(4), None)
F.cross_entropy(torch.tensor(3.0), torch.tensor(1))
F.cross_entropy(torch.tensor(3.0), torch.tensor(1.0))
str(F.cross_entropy(torch.ones(0, 3), torch.ones(0, 3), reduction='sum'))
F.bilinear(torch.tensor(1.0), torch.tensor(1.0), torch.ones(1, 1, 1))
F.multi_margin_loss(torch.ones(2, 0), torch.tensor([0, 0]))
F.pixel_unshuffle(torch.ones(0, 1, 4, 4), 2)
F.max_unpool1d(torch.ones(1, 1, 3), torch.full((1, 1, 3), 99), 2)
F.max_unpool2d(torch.ones(1, 1, 3, 3), torch.full((1, 1, 3, 3), -1), 2)
F.max_unpool2d(torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 3, 3, dtype=torch.int32), 2)
F.max_unpool2d(torch.ones(1, 0, 3, 3), torch.zeros(1, 0, 3, 3, dtype=torch.int64), 2)
F.max_unpool3d(torch.ones(1, 3, 3), torch.zeros(1, 3, 3, dtype=torch.int64), 2)
F.max_unpool3d(torch.ones(3, 3), torch.zeros(3, 3, dtype=torch.int64), 2)
F.max_unpool1d(torch.ones(1, 1, 3), torch.zeros(1, 1, 3, dtype=torch.int64), 2, output_size=(9, 1))
F.fractional_max_pool2d(torch.ones(0, 5, 7), 2, output_size=2)
F.fractional_max_pool2d(torch.ones(1, 0, 5, 7), 2, output_size=2)
F.fractional_max_pool2d(torch.ones(2, 5, 7), 2, output_size=0)
F.fractional_max_pool2d(torch.ones(2, 5, 7), 2, output_ratio=0.5)
F.fractional_max_pool2d(torch.ones(2, 5, 7), (2, 2, 2), output_size=2)
F.fractional_max_pool3d(torch.ones(2, 5, 5, 7), 2, output_size=9)
F.fractional_max_pool3d(torch.ones(2, 5, 5, 7), 2, output_size=2, _random_samples=torch.rand(1, 2, 2))
"""


@pytest.mark.parametrize("call", CALLS.strip().splitlines())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_call(call: str) -> None:
    same(lambda torch: eval(call, {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}), message=True)


@pytest.mark.parametrize("log_input", [True, False])
def test_poisson_gradient_by_small_targets(log_input: bool) -> None:
    """NaN where the logarithm of the target is not defined, though the term does not count there."""

    def program(torch):  # type: ignore[no-untyped-def]
        x = torch.tensor([0.5, 1.0, 2.0, 3.0])
        y = torch.tensor([-1.0, 0.0, 0.5, 4.0], requires_grad=True)
        torch.nn.functional.poisson_nll_loss(x, y, log_input, full=True).backward()
        return y.grad

    same(program)
