"""The optimizers, schedules and losses of :mod:`random_training`."""

from __future__ import annotations

from .random_models import CLASSES


def optimizers(lib):
    """Optimizers, each a function of parameters (or groups of them) and a random stream."""
    optim = lib.optim
    return [
        lambda p, r: optim.SGD(p, 0.05),
        lambda p, r: optim.SGD(p, 0.02, momentum=0.9, nesterov=r.random() < 0.5, weight_decay=0.01),
        lambda p, r: optim.SGD(p, 0.02, momentum=0.5, dampening=0.1, maximize=r.random() < 0.3),
        lambda p, r: optim.Adam(p, 0.01, weight_decay=r.choice([0, 0.01]), amsgrad=r.random() < 0.3),
        lambda p, r: optim.AdamW(p, 0.01, betas=(0.8, 0.95), foreach=r.choice([None, True, False])),
        lambda p, r: optim.RMSprop(p, 0.005, momentum=r.choice([0, 0.9]), centered=r.random() < 0.5),
        lambda p, r: optim.Adagrad(p, 0.05, lr_decay=0.01),
        lambda p, r: optim.Adadelta(p, 0.5),
        lambda p, r: optim.Adamax(p, 0.01),
        lambda p, r: optim.NAdam(p, 0.01),
        lambda p, r: optim.RAdam(p, 0.01),
        lambda p, r: optim.ASGD(p, 0.02, t0=2),
        lambda p, r: optim.Adam(p, lib.tensor(0.01), capturable=False, foreach=False),
    ]


def schedules(lib):
    s = lib.optim.lr_scheduler
    return [
        lambda o, r: s.StepLR(o, 2, 0.5),
        lambda o, r: s.ExponentialLR(o, 0.9),
        lambda o, r: s.CosineAnnealingLR(o, 4),
        lambda o, r: s.LambdaLR(o, lambda n: 1 / (n + 1)),
        lambda o, r: s.OneCycleLR(o, 0.05, total_steps=30, cycle_momentum=False),
        lambda o, r: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=2), s.ExponentialLR(o, 0.8)], milestones=[2]
        ),
        lambda o, r: s.CyclicLR(o, 0.001, 0.05, step_size_up=2, cycle_momentum=False),
        lambda o, r: s.ReduceLROnPlateau(o, patience=1, factor=0.5),
        lambda o, r: s.MultiStepLR(o, [1, 3]),
        lambda o, r: s.CosineAnnealingWarmRestarts(o, 2),
        lambda o, r: s.PolynomialLR(o, 5),
        lambda o, r: s.ConstantLR(o, 0.5, 2),
        lambda o, r: s.MultiplicativeLR(o, lambda n: 0.9),
    ]


LOSSES = [
    lambda f, y, t: f.cross_entropy(y, t),
    lambda f, y, t: f.cross_entropy(y, t, label_smoothing=0.1),
    lambda f, y, t: f.nll_loss(f.log_softmax(y, -1), t),
    lambda f, y, t: f.mse_loss(y, f.one_hot(t, CLASSES).to(y.dtype)),
    lambda f, y, t: f.smooth_l1_loss(y, f.one_hot(t, CLASSES).to(y.dtype), reduction="sum") / len(t),
    lambda f, y, t: f.binary_cross_entropy_with_logits(y, f.one_hot(t, CLASSES).to(y.dtype)),
    lambda f, y, t: f.multi_margin_loss(y, t),
    lambda f, y, t: -y.log_softmax(1).gather(1, t[:, None]).squeeze(1).mean(),
    lambda f, y, t: -y.softmax(1)[range(len(t)), t].log().mean(),
]
