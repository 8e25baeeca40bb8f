"""Calls of ``nn`` on empty tensors and with arguments that do not fit: result or exception and its text, as torch's."""

from __future__ import annotations

import copy
from collections import OrderedDict

import numpy as np
import pytest

import jaxlearn

from .helper import same

CALLS = """
F.fractional_max_pool2d(torch.ones(2, 3, 6, 6).to(memory_format=torch.channels_last), 2, output_size=2).stride()
nn.Linear(2, 2).to(torch.complex64).weight.dtype
copy.deepcopy(nn.Buffer(torch.ones(2)))
nn.utils.clip_grad_norm_([nn.Parameter(torch.ones(2))], 1.0, -float("inf"))
nn.utils.get_total_norm([torch.tensor([3.0, -4.0]), torch.tensor([2.0])], -float("inf"))
nn.utils.get_total_norm([None])
nn.Hardtanh(float("nan"), 1.0)(torch.ones(2))
nn.RReLU(0.1, float("nan"))(torch.ones(2))
nn.LocalResponseNorm(0)(torch.ones(2, 4, 3, 3))
nn.Fold((4, 5), (2, 2))(torch.ones(4, 12).long())
nn.ReflectionPad1d(-2)(torch.ones(2, 3, 3))
nn.ReplicationPad2d((-1, -2, 0, 0))(torch.ones(2, 3, 3, 2))
nn.ReflectionPad2d(1)(torch.ones(2, 3, 3) > 0)
nn.LPPool1d(2, 2)(torch.arange(24).reshape(2, 3, 4) / 7)
nn.LPPool1d(2, 2)((torch.arange(24).reshape(2, 3, 4) / 7).bfloat16())
nn.LPPool1d(2, 2)(torch.arange(24).reshape(2, 3, 4))
nn.LPPool3d(2, 2)(torch.ones(2, 3, 4, 4, 4).bfloat16())
nn.Parameter(torch.ones(2), requires_grad="a")
setattr(torch.ones(2), "requires_grad", 1)
torch.func.vmap(nn.BatchNorm1d(4))(torch.ones(3, 2, 4))
nn.MSELoss()(torch.ones(2), None)
nn.LPPool1d(2, 2)(None)
nn.AdaptiveAvgPool2d(2)("a")
nn.Softsign()([1.0])
nn.Tanhshrink()(torch.ones(2) > 0)
nn.Softmin(0)(torch.ones(2) > 0)
nn.Dropout().eval()(None)
nn.BatchNorm2d(3)(np.ones((1, 3, 2, 2), np.float32))
nn.NLLLoss()(None, torch.tensor([1]))
nn.CosineEmbeddingLoss()(torch.ones(2, 3), torch.ones(2, 3), [1.0])
nn.TripletMarginLoss()(torch.ones(2, 3), "a", torch.ones(2, 3))
nn.CTCLoss()(None, torch.tensor([[1]]), (1,), (1,))
nn.CosineSimilarity()(torch.ones(2, 3, dtype=torch.complex64), torch.ones(2, 3))
nn.LayerNorm(2.5)
nn.LayerNorm(None)
nn.LayerNorm({}).weight
nn.RMSNorm(torch.ones(2))
nn.Embedding(5, 3, padding_idx=2.5)
str(nn.EmbeddingBag(5, 3, scale_grad_by_freq="a"))
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
nn.MultiheadAttention(8, 2, kdim=4)(torch.ones(3, 2, 8), torch.ones(3, 2, 8), torch.ones(3, 2, 8))
nn.MultiheadAttention(8, 2, vdim=4)(torch.ones(3, 2, 8), torch.ones(3, 2, 8), torch.ones(3, 2, 8))
F.scaled_dot_product_attention(*[torch.ones(2, 4 - i, 3, 4) for i in (0, 1, 1)], enable_gqa=True)
F.scaled_dot_product_attention(torch.ones(3, 4), torch.ones(5, 4), torch.ones(6, 2))
F.scaled_dot_product_attention(torch.ones(2, 3, 4), torch.ones(2, 5, 4), torch.ones(2, 6, 2))
F.scaled_dot_product_attention(torch.ones(2, 3, 4), torch.ones(2, 5, 4), torch.ones(2, 5, 2), torch.ones(3, 6))
F.scaled_dot_product_attention(*[torch.ones(2, 3, 4, dtype=torch.int64)] * 3)
F.scaled_dot_product_attention(*IMAGES, torch.tensor([[False, False], [True, True]]), is_causal=True)
F.scaled_dot_product_attention(*IMAGES, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), is_causal=True)
F.scaled_dot_product_attention(*VALUES, torch.zeros(2, 2), is_causal=True)
F.scaled_dot_product_attention(*IMAGES, torch.zeros(2, 2, requires_grad=True), is_causal=True)
F.scaled_dot_product_attention(*VALUES, dropout_p=1.5)
F.embedding_bag(torch.tensor([1, 10]), torch.ones(10, 3), torch.tensor([0]))
F.embedding_bag(torch.tensor([1, 10]), torch.ones(10, 3, dtype=torch.float64), torch.tensor([0]))
F.embedding_bag(torch.tensor([[1, -1]]), torch.ones(10, 3), mode='max')
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([1]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([0, 3]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([[0]]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([0.0]))
F.embedding_bag(torch.tensor([1.0, 2.0]), torch.ones(10, 3), torch.tensor([0]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10), torch.tensor([0]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3, dtype=torch.int64), torch.tensor([0]))
F.embedding_bag(torch.ones(10, 3), torch.tensor([1, 2]), torch.tensor([0]))
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([0]), mode='max', scale_grad_by_freq=True)
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([0]), mode='max', sparse=True)
F.embedding_bag(torch.tensor([1, 2]), torch.ones(10, 3), torch.tensor([0]), padding_idx=10)
F.embedding_bag(torch.tensor([[1, 2]]), torch.ones(3, 3), mode='sum', per_sample_weights=torch.ones(1, 2).double())
F.ctc_loss(torch.zeros(9, 3, 5), torch.ones(2, 4).long(), [9, 9, 9], [4, 4, 4])
F.ctc_loss(torch.zeros(9, 3, 5), torch.ones(3, 4).long(), [-1, 9, 9], [4, 4, 4])
F.ctc_loss(torch.zeros(9, 3, 5), torch.ones(3, 4), [9, 9, 9], [4, 4, 4])
"""


@pytest.mark.parametrize("call", CALLS.strip().splitlines())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_call(call: str) -> None:
    def program(torch):  # type: ignore[no-untyped-def]
        values = [torch.arange(i, i + 4.0).reshape(2, 2) for i in range(3)]
        names = {
            "copy": copy,
            "np": np,
            "torch": torch,
            "nn": torch.nn,
            "F": torch.nn.functional,
            "VALUES": values,
            "IMAGES": [x[None, None] for x in values],
        }
        return eval(call, names)

    same(program, message=True)


@pytest.mark.parametrize("log_input", [True, False])
def test_poisson_gradient_by_small_targets(log_input: bool) -> None:
    """NaN where the logarithm of the target is not defined, though the term does not count there."""

    def program(torch):  # type: ignore[no-untyped-def]
        x = torch.tensor([0.5, 1.0, 2.0, 3.0])
        y = torch.tensor([-1.0, 0.0, 0.5, 4.0], requires_grad=True)
        torch.nn.functional.poisson_nll_loss(x, y, log_input, full=True).backward()
        return y.grad

    same(program)


LAID_OUT = """
nn.Conv2d(4, 5, 3).to(memory_format=torch.channels_last)(torch.ones(4, 5, 5))
nn.ConvTranspose2d(4, 5, 3).to(memory_format=torch.channels_last)(torch.ones(4, 5, 5))
nn.PReLU()(image)
nn.GroupNorm(3, 3)(image)
nn.RMSNorm((3, 4, 5))(image)
nn.LocalResponseNorm(2)(image)
nn.AvgPool3d(2)(image)
nn.LPPool3d(2, 2)(image)
nn.AdaptiveMaxPool3d(2)(image)
nn.PoissonNLLLoss(reduction='none', full=True)(image, image)
nn.GaussianNLLLoss(reduction='none')(image, image, image)
"""


@pytest.mark.parametrize("call", LAID_OUT.strip().splitlines())
def test_strides_of_channels_last(call: str) -> None:
    def program(torch):  # type: ignore[no-untyped-def]
        torch.manual_seed(0)
        image = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last)
        result = eval(call, {"torch": torch, "nn": torch.nn, "image": image})
        return result, result.stride()

    same(program)


def test_state_of_numpy_arrays_is_refused() -> None:
    def program(torch):  # type: ignore[no-untyped-def]
        state = {"weight": np.ones((1, 2), np.float32), "bias": torch.ones(1)}
        return torch.nn.Linear(2, 1).load_state_dict(state)

    same(program, message=True)


META = """
nn.Linear(2, 3, device='meta').cpu()
nn.Linear(2, 3, device='meta').to('cpu')
nn.Linear(2, 3, device='meta').weight.tolist()
nn.Linear(2, 3, device='meta').to(memory_format='channels_last')
nn.LazyLinear(3).share_memory()
nn.Transformer(4, 2, 1, 1, 8, device='meta')(*[torch.ones(3, 1, 4, device='meta')] * 2).shape
nn.LSTM(4, 3, 2, dropout=0.5, device='meta')(torch.ones(3, 1, 4, device='meta'))[0].shape
nn.functional.dropout(torch.ones(3, device='meta')).is_meta
nn.Sequential(OrderedDict(a=nn.ReLU())).insert(0, nn.ELU())
nn.ModuleList([nn.ReLU()]).insert(-3, nn.ELU())
"""


@pytest.mark.parametrize("call", META.strip().splitlines())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_module_without_data(call: str) -> None:
    same(lambda torch: eval(call, {"torch": torch, "nn": torch.nn, "OrderedDict": OrderedDict}), message=True)


MORE = """
nn.Conv2d(0, 3, 2)(torch.ones(2, 0, 4, 4))
nn.ConvTranspose1d(0, 3, 2)(torch.ones(2, 0, 4))
F.conv1d(torch.ones(1, 2, 4), torch.ones(2, 2, 0))
nn.ModuleList([nn.ReLU(), nn.Tanh()]).__iadd__(nn.Sequential(nn.ELU()))
(lambda m: m.extend(m))(nn.ModuleList([nn.ReLU(), nn.Tanh()]))
nn.Sequential(nn.ReLU(), nn.ELU()).insert(-1, nn.Tanh())
F.bilinear(torch.ones(2, 3), torch.ones(2, 3).double(), torch.ones(4, 3, 3))
nn.LSTMCell(3, 4)(torch.ones(2, 3).double())
nn.LSTMCell(3, 4)(torch.ones(2, 3), torch.ones(2, 4))
nn.GRU(3, 4)(torch.ones(5, 2, 3), torch.zeros(1, 2, 4).double())
nn.LSTM(3, 4)(nn.utils.rnn.pack_padded_sequence(torch.ones(5, 2, 7), [5, 3]))
nn.LSTM(3, 4)(nn.utils.rnn.pack_padded_sequence(torch.ones(5, 2, 3).double(), [5, 3]))
torch.baddbmm(torch.ones(1), torch.ones(1, 2, 3), torch.ones(1, 3, 2).double())
torch.addmm(torch.ones(2), torch.ones(2, 3).double(), torch.ones(3, 2))
nn.Linear(2, 3).requires_grad_("no")
torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()
torch.empty(2, 3, memory_format=torch.channels_last)
F.conv1d(torch.ones(1, 2, 4), torch.ones(2, 2, 3), dilation=0)
F.conv2d(torch.ones(1, 2, 4, 4), torch.ones(2, 2, 3, 3), dilation=-1)
F.conv_transpose1d(torch.ones(1, 2, 4), torch.ones(2, 2, 3), dilation=0)
F.conv_transpose1d(torch.ones(1, 2, 4), torch.ones(2, 2, 1), padding=3)
F.conv_transpose3d(torch.ones(1, 2, 4, 4, 4), torch.ones(2, 2, 3, 3, 3), padding=4)
F.conv_transpose3d(torch.ones(1, 2, 4, 4, 4), torch.ones(2, 2, 3, 3, 3), output_padding=2)
F.lp_pool1d(torch.tensor([[1.0, -3.0, 2.0, -5.0]]), float("inf"), 2)
F.lp_pool2d(torch.arange(8.0).reshape(1, 2, 4), -float("inf"), 2)
nn.LPPool3d(float("inf"), 2, ceil_mode=True)(torch.arange(-13.0, 14).reshape(1, 3, 3, 3))
F.adaptive_avg_pool2d(torch.arange(6.0).reshape(2, 3), 1)
F.adaptive_avg_pool2d(torch.arange(6.0).reshape(1, 1, 1, 2, 3), (1, 1))
F.adaptive_avg_pool2d(torch.arange(6.0).reshape(2, 3), 2)
F.adaptive_avg_pool2d(torch.ones(1, 2, 3, 3), 0)
F.adaptive_max_pool1d(torch.ones(2, 3), (2, 2))
F.channel_shuffle(torch.ones(1, 4, 2, 2), 0)
F.fold(torch.ones(1, 4, 9), (4,), 2)
F.unfold(torch.ones(1, 1, 4, 4), 2, (1, 1, 1))
F.unfold(torch.ones(1, 1, 4, 4), (2, 9), stride=3)
F.pad(torch.ones(1, 1, 3, 3, 3), (0, 0, 3, 3, 0, 0), "reflect")
F.fractional_max_pool3d(torch.ones(1, 2, 4, 4, 4), 2, output_size=3)
F.interpolate(torch.arange(64.0).reshape(1, 1, 8, 8) ** 2, size=(13, 4), mode="lanczos", antialias=True)
F.interpolate(torch.arange(64.0).double().reshape(1, 1, 8, 8), scale_factor=0.37, mode="lanczos", antialias=True)
F.interpolate(torch.ones(1, 1, 4, 4), 2, mode="lanczos")
F.interpolate(torch.ones(1, 1, 4, 4), 2, mode="lanczos", antialias=True, align_corners=True)
F.interpolate(torch.ones(1, 1, 4), 2, mode="lanczos", antialias=True)
F.interpolate(torch.ones(1, 1, 4), 2, mode="bicubic")
F.interpolate(torch.ones(1, 1, 4, 4), 2, mode="nope", align_corners=True)
F.interpolate(torch.ones(1, 1, 4, 4), mode="nope", align_corners=True)
F.nll_loss(torch.ones(3, 5), torch.ones(3, 4))
F.nll_loss(torch.ones(3, 5, 2), torch.ones(3, 4))
F.nll_loss(torch.ones(3, 5, 2, 2), torch.ones(3, 2, 3))
F.nll_loss(torch.ones(3, 5, 2, 2), torch.ones(3, 2, 2).long(), weight=torch.ones(4))
F.embedding(torch.tensor([-1.0]), torch.ones(3, 2))
F.kl_div(torch.ones(3, 4), torch.ones(2, 4))
F.poisson_nll_loss(torch.ones(3, 4), torch.ones(2, 4))
F.hinge_embedding_loss(torch.ones(3, 4), torch.ones(2, 4))
(lambda m: (m(torch.ones(3, 4, 0)), m.state_dict()))(nn.InstanceNorm1d(4, track_running_stats=True, affine=True))
nn.utils.parameters_to_vector([])
nn.utils.vector_to_parameters([1.0], [])
nn.utils.rnn.pack_padded_sequence(torch.ones(3, 2), 3)
F._canonical_mask(torch.tensor([True, False]), "mask", F._none_or_dtype(None), "other", torch.float32)
"""


@pytest.mark.parametrize("call", MORE.strip().splitlines())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_more_calls(call: str) -> None:
    def program(torch):  # type: ignore[no-untyped-def]
        torch.manual_seed(0)
        result = eval(call, {"torch": torch, "nn": torch.nn, "F": torch.nn.functional})
        return repr(result) if isinstance(result, torch.nn.Module) else result

    same(program, message=True)


def test_full_backward_hook_of_mixed_arguments() -> None:
    """Tensors that need no gradient get zeros; a result without tensors calls no hook."""

    def program(torch):  # type: ignore[no-untyped-def]
        class Two(torch.nn.Module):  # type: ignore[name-defined,misc]
            def forward(self, x, y, pack):  # type: ignore[no-untyped-def]
                return {"sum": x + y} if pack else (x * 2, y * 3, 5)

        seen = []
        module = Two()
        module.register_full_backward_hook(lambda module, given, results: seen.append((given, results)))
        x, y = torch.ones(2, requires_grad=True), torch.ones(3, 2)
        module(x, y, False)[0].sum().backward()
        module(x, y, True)["sum"].sum().backward()
        return seen, x.grad

    same(program)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_antialias_of_half_types(mode: str) -> None:
    """torch's processors have it for wider types alone; here it is that of float32, rounded."""
    x = jaxlearn.arange(64.0).reshape(1, 1, 8, 8)
    options = {"size": (3, 11), "mode": mode, "antialias": True}
    wide, narrow = (jaxlearn.nn.functional.interpolate(t, **options) for t in (x, x.bfloat16()))
    assert jaxlearn.equal(wide.bfloat16(), narrow)
