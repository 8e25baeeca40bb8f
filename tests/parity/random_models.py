"""The models of :mod:`random_training`: blocks that training scripts are made of, and what they do inside."""

from __future__ import annotations

import functools

FEATURES, CLASSES, TOKENS = 6, 3, 7


def blocks(lib):
    """The blocks for batches of rows, each a function of a random stream."""
    nn, functional = lib.nn, lib.nn.functional

    class Residual(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return x + self.inner(x)

    class Running(nn.Module):
        """Keeps a running mean of what it sees in a buffer, which is written in place."""

        def __init__(self, how):
            super().__init__()
            self.how = how
            self.register_buffer("mean", lib.zeros(FEATURES))
            self.register_buffer("calls", lib.tensor(0), persistent=how != 1)

        def forward(self, x):
            if self.training:
                with lib.no_grad():
                    if self.how == 0:
                        self.mean.mul_(0.9).add_(x.mean(0), alpha=0.1)
                    elif self.how == 1:
                        self.mean.lerp_(x.detach().mean(0), 0.1)
                    else:
                        self.mean.copy_(self.mean * 0.9 + 0.1 * x.mean(0))
                    self.calls += 1
            return x - self.mean

    class Flat(nn.Module):
        """Weights that are views of one parameter."""

        def __init__(self, how):
            super().__init__()
            self.how = how
            self.flat = nn.Parameter(lib.randn(FEATURES * FEATURES + FEATURES) * 0.3)

        def forward(self, x):
            if self.how == 0:
                weight, bias = self.flat.split([FEATURES * FEATURES, FEATURES])
            else:
                weight, bias = self.flat[: FEATURES * FEATURES], self.flat[-FEATURES:]
            return functional.linear(x, weight.view(FEATURES, FEATURES), bias)

    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, scale):
            ctx.save_for_backward(x)
            ctx.scale = scale
            return x * x * scale

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * ctx.scale * x * grad, None

    def scaled(factor, x):
        return Double.apply(x, factor)

    class Straight(lib.autograd.Function):
        @staticmethod
        def forward(x):
            return x.round()

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, grad):
            return grad.clamp(-0.1, 0.1)

    class Apply(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def forward(self, x):
            return self.function(x)

    class Checkpointed(nn.Module):
        def __init__(self, inner, reentrant):
            super().__init__()
            self.inner, self.reentrant = inner, reentrant

        def forward(self, x):
            if self.reentrant and not x.requires_grad:
                return self.inner(x)
            return lib.utils.checkpoint.checkpoint(self.inner, x, use_reentrant=self.reentrant)

    class Attention(nn.Module):
        """Attention over the features of a row."""

        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(2, 1, batch_first=True)

        def forward(self, x):
            rows = x.view(x.shape[0], 3, 2)
            return self.attention(rows, rows, rows, need_weights=False)[0].reshape(x.shape)

    class Recurrent(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.cell = getattr(nn, kind)(2, FEATURES, batch_first=True)

        def forward(self, x):
            return self.cell(x.view(x.shape[0], 3, 2))[0][:, -1]

    class Image(nn.Module):
        def __init__(self, how):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 2, padding=how % 2)
            self.norm = nn.BatchNorm2d(2) if how < 2 else nn.GroupNorm(1, 2)
            self.out = nn.LazyLinear(FEATURES) if how == 3 else nn.Linear(24 if how % 2 else 4, FEATURES)

        def forward(self, x):
            return self.out(self.norm(self.conv(x.view(-1, 1, 2, 3))).relu().flatten(1))

    class InPlace(nn.Module):
        def __init__(self, how):
            super().__init__()
            self.how = how

        def forward(self, x):
            y = x * 1.5
            if self.how == 0:
                y[:, 0] = y[:, 1].tanh()
            elif self.how == 1:
                y.add_(x).clamp_(-2, 2)
            elif self.how == 2:
                out = lib.zeros_like(x)
                for i in range(x.shape[1]):
                    out[:, i] = y[:, i] * (i + 1) * 0.2
                y = out
            else:
                y[:, :3] += y[:, 3:] * 0.3
                y[y > 1] = 0.5
            return y

    def linear():
        return nn.Linear(FEATURES, FEATURES)

    utils = nn.utils
    return [
        lambda r: linear(),
        lambda r: nn.Sequential(linear(), nn.ReLU()),
        lambda r: nn.Sequential(nn.Linear(FEATURES, 4, bias=False), nn.GELU(), nn.Linear(4, FEATURES)),
        lambda r: nn.LayerNorm(FEATURES),
        lambda r: nn.BatchNorm1d(FEATURES, momentum=r.choice([0.1, None]), affine=r.random() < 0.7),
        lambda r: nn.Dropout(0.0),
        lambda r: Residual(nn.Sequential(linear(), nn.Tanh())),
        lambda r: Running(r.randrange(3)),
        lambda r: Flat(r.randrange(2)),
        lambda r: Apply(functools.partial(scaled, r.choice([0.5, 0.25]))),
        lambda r: Apply(lambda x: x + 0.1 * Straight.apply(x * 3)),
        lambda r: Checkpointed(nn.Sequential(linear(), nn.Sigmoid()), r.random() < 0.4),
        lambda r: Attention(),
        lambda r: Recurrent(r.choice(["LSTM", "GRU", "RNN"])),
        lambda r: Image(r.randrange(4)),
        lambda r: InPlace(r.randrange(4)),
        lambda r: nn.PReLU(),
        lambda r: utils.parametrizations.weight_norm(linear()),
        lambda r: utils.parametrizations.spectral_norm(linear()),
        lambda r: utils.parametrizations.orthogonal(linear()) if r.random() < 0.3 else linear(),
        lambda r: utils.weight_norm(linear()) if r.random() < 0.5 else utils.spectral_norm(linear()),
        lambda r: nn.TransformerEncoderLayer(FEATURES, 2, 4, 0.0, batch_first=True, norm_first=r.random() < 0.5),
        lambda r: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.InstanceNorm1d(2, track_running_stats=True), nn.Flatten()),
        lambda r: nn.Softmax(-1),
        lambda r: nn.RMSNorm(FEATURES),
        lambda r: nn.SiLU(inplace=True) if r.random() < 0.3 else nn.ELU(),
    ]  # fmt: skip
