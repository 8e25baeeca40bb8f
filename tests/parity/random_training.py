"""A small language of random training programs: models, optimizers, schedules and the habits of training scripts.

A program is made from a seed: a model of a few blocks, optimizers, a schedule, and what each step does. :func:`run`
runs it with either library. The step takes batches and returns its losses; it may be compiled. Between steps the
program does what scripts do there: schedules, freezing, saving and loading, copies. All is in float64, so that no
rounding differs; Rprop, which goes by signs, is left out, as some gradients are zero but for rounding.
"""

from __future__ import annotations

import copy
import io
import random

import numpy as np

from .random_models import CLASSES, FEATURES, TOKENS, blocks
from .random_optimizers import LOSSES, optimizers, schedules

# What happens between steps, and how often.
BETWEEN = [
    "nothing", "nothing", "schedule", "schedule", "freeze", "unfreeze", "save and load", "copy", "eval", "zero",
    "other size", "data", "add group", "lr", "grad none", "swap", "load other", "hyper", "load optimizer", "average",
    "replace", "inference", "no grad loss", "clone grads", "hook", "remove hook",
]  # fmt: skip


def clamped(p):
    if p.grad is not None:
        p.grad.clamp_(-0.05, 0.05)


class Program:
    """A training program.

    Args:
        lib: the library.
        seed: what program.
        compiler: makes the step a compiled one, or leaves it.
    """

    def __init__(self, lib, seed, compiler=None):
        self.lib = lib
        self.r = r = random.Random(seed)
        self.events = []
        lib.manual_seed(seed)
        nn = lib.nn
        made = blocks(lib)
        names = list(range(len(made)))
        layers = [made[r.choice(names)](r) for _ in range(r.randrange(1, 4))]
        if r.random() < 0.2:
            layers.append(layers[0])  # tied
        self.embeds = r.random() < 0.25
        if self.embeds:
            padding = r.choice([None, 0])
            first = nn.Embedding(TOKENS, FEATURES, padding_idx=padding, scale_grad_by_freq=r.random() < 0.2)
            layers.insert(0, r.choice([first, nn.EmbeddingBag(TOKENS, FEATURES, mode="mean")]))
            self.bag = isinstance(layers[0], nn.EmbeddingBag)
            if not self.bag:
                layers.insert(1, nn.Flatten(0, 1))
        self.model = nn.Sequential(*layers, nn.Linear(FEATURES, CLASSES)).double()
        data = np.random.RandomState(seed)
        self.rows = data.randn(40, FEATURES)
        self.tokens = data.randint(0, TOKENS, (40, 2))
        self.labels = data.randint(0, CLASSES, 40)
        self.size = r.choice([2, 3, 4])
        with lib.no_grad():
            self.model.eval()(self.batch(0)[0])  # materialises what is lazy
            self.model.train()
        if r.random() < 0.15 and not self.embeds:
            self.model[-1].bias = nn.Parameter(self.model[-1].bias.detach().clone(), requires_grad=False)
        self.loss = r.choice(LOSSES)
        self.accumulate = r.choice([1, 1, 2])
        self.clip = r.choice([None, None, "norm", "value", "inf"])
        self.penalty = r.choice([None, None, "l2", "l1", "gradient"])
        self.none = r.choice([True, False])
        self.habit = r.choice(
            ["plain", "plain", "closure", "scaler", "manual", "functional", "two", "post hook", "grad"]
        )
        self.ema = r.choice([None, None, "copy", "averaged", "foreach", "lerp"])
        self.state = r.choice([None, None, "hidden", "buffer", "metrics", "weight"])
        self.zero_first = r.random() < 0.5
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        groups = parameters
        if r.random() < 0.4 and len(parameters) > 1 and self.habit != "two":
            cut = r.randrange(1, len(parameters))
            groups = [{"params": parameters[:cut], "lr": 0.01}, {"params": parameters[cut:]}]
            if r.random() < 0.3:
                groups = [{"params": list(self.model.named_parameters())}] if r.random() < 0.5 else groups
        make = r.choice(optimizers(lib))
        if self.habit == "two":
            cut = max(1, len(parameters) // 2)
            self.optimizers = [
                make(parameters[:cut], r),
                r.choice(optimizers(lib))(parameters[cut:] or parameters, r),
            ]
        else:
            self.optimizers = [make(groups, r)]
        self.optimizer = self.optimizers[0]
        self.schedulers = [r.choice(schedules(lib))(o, r) for o in self.optimizers if r.random() < 0.6]
        self.scaler = (
            lib.amp.GradScaler("cpu", init_scale=16.0, growth_interval=2) if self.habit == "scaler" else None
        )
        if self.habit == "post hook":
            self.each = {p: make([p], random.Random(seed)) for p in parameters}
            for p in parameters:
                p.register_post_accumulate_grad_hook(self.update_one)
        if self.ema == "copy" or self.ema in ("foreach", "lerp"):
            self.average = copy.deepcopy(self.model).requires_grad_(False)
        elif self.ema == "averaged":
            swa = lib.optim.swa_utils
            how = r.choice([None, swa.get_ema_multi_avg_fn(0.8), swa.get_swa_multi_avg_fn()])
            self.average = swa.AveragedModel(self.model, multi_avg_fn=how, use_buffers=r.random() < 0.5)
        self.hidden = lib.zeros(FEATURES, dtype=lib.float64)
        self.buffer = lib.zeros(5, FEATURES, dtype=lib.float64)
        self.pointer = lib.tensor(0)
        self.metrics = lib.zeros(CLASSES, CLASSES, dtype=lib.int64)
        self.count = 0
        self.handles = []
        if r.random() < 0.3:
            self.add_hook()
        compiler = compiler or (lambda f: f)
        self.compiler = compiler
        how = r.randrange(3)
        self.step = compiler(self.train_step) if how else self.train_step
        if how == 0:
            self.forward = compiler(self.model)
        else:
            self.forward = None
        self.compiled_forward = self.forward

    def update_one(self, p):
        self.each[p].step()
        self.each[p].zero_grad()

    def add_hook(self):
        r = self.r
        which = r.randrange(6)
        p = r.choice(list(self.model.parameters()))
        if which == 0 and p.requires_grad:
            self.handles.append(p.register_hook(lambda g: g * 0.5))
        elif which == 1:
            self.handles.append(self.model[-1].register_forward_hook(lambda m, a, out: out * 1.1))
        elif which == 2:
            self.handles.append(self.model.register_forward_pre_hook(lambda m, a: None))
        elif which == 3:
            self.handles.append(
                self.model[-1].register_full_backward_hook(
                    lambda m, i, o: tuple(None if g is None else g * 0.9 for g in i)
                )
            )
        elif which == 4 and p.requires_grad:
            self.handles.append(p.register_post_accumulate_grad_hook(clamped))
        elif which == 5:
            self.handles.append(self.optimizer.register_step_pre_hook(lambda o, a, k: None))

    def batch(self, n):
        """The n-th batch."""
        start = n * self.size % (40 - self.size)
        chosen = slice(start, start + self.size)
        labels = self.lib.tensor(self.labels[chosen])
        if not self.embeds:
            return self.lib.tensor(self.rows[chosen]), labels
        tokens = self.lib.tensor(self.tokens[chosen])
        return tokens, labels if self.bag else labels.repeat_interleave(2)

    def objective(self, x, y, weight):
        lib, functional = self.lib, self.lib.nn.functional
        noise = self.penalty == "gradient" and not self.embeds
        if noise:
            x = x.detach().requires_grad_()
        out = (self.forward or self.model)(x)
        loss = self.loss(functional, out, y) * weight
        if self.penalty == "l2":
            loss = loss + 0.01 * sum(p.pow(2).sum() for p in self.model.parameters())
        elif self.penalty == "l1":
            loss = loss + 0.001 * sum(p.abs().sum() for p in self.model.parameters() if p.requires_grad)
        elif noise and lib.is_grad_enabled():
            (g,) = lib.autograd.grad(out.sum(), x, create_graph=True)
            loss = loss + 0.1 * ((g.norm(2, dim=1) - 1) ** 2).mean()
        return loss, out

    def backward(self, x, y, weight):
        loss, out = self.objective(x, y, weight)
        loss = loss / self.accumulate
        if self.scaler is not None:
            self.scaler.scale(loss).backward()
        else:
            loss.backward()
        return loss.detach(), out

    def clip_gradients(self):
        nn = self.lib.nn
        if self.clip == "norm":
            return nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        if self.clip == "inf":
            return nn.utils.clip_grad_norm_(self.model.parameters(), 0.1, norm_type=float("inf"))
        if self.clip == "value" and any(p.grad is not None for p in self.model.parameters()):
            nn.utils.clip_grad_value_(self.model.parameters(), 0.02)
        return None

    def train_step(self, batches, weight):
        """One step on some batches."""
        lib, results = self.lib, []
        model = self.model
        if self.zero_first:
            for o in self.optimizers:
                o.zero_grad(set_to_none=self.none)
        if self.habit == "closure":

            def closure():
                self.optimizer.zero_grad()
                total = 0
                for x, y in batches:
                    total = total + self.backward(x, y, weight)[0]
                return total

            results.append(self.optimizer.step(closure))
        elif self.habit == "functional":
            params = {k: p for k, p in model.named_parameters() if p.requires_grad}
            fixed = {k: p for k, p in model.named_parameters() if not p.requires_grad}
            fixed |= dict(model.named_buffers())

            def compute(params):
                out = lib.func.functional_call(model, (params, fixed), (batches[0][0],))
                return self.loss(lib.nn.functional, out, batches[0][1])

            grads, value = lib.func.grad_and_value(compute)(params)
            results.append(value.detach())
            for k, p in params.items():
                p.grad = grads[k].detach()
            self.optimizer.step()
        elif self.habit == "manual":
            for x, y in batches:
                results.append(self.backward(x, y, weight)[0])
            with lib.no_grad():
                for p in model.parameters():
                    if p.grad is not None:
                        p -= 0.02 * p.grad
                        p.grad.zero_() if not self.none else setattr(p, "grad", None)
        elif self.habit == "grad":
            x, y = batches[0]
            loss, _ = self.objective(x, y, weight)
            params = [p for p in model.parameters() if p.requires_grad]
            grads = lib.autograd.grad(loss, params, allow_unused=True)
            for p, g in zip(params, grads, strict=True):
                if g is not None:
                    p.grad = g if p.grad is None or self.none else p.grad + g
            self.optimizer.step()
            results.append(loss.detach())
        else:
            for x, y in batches:
                results.append(self.backward(x, y, weight)[0])
            if self.scaler is not None:
                self.scaler.unscale_(self.optimizer)
            results.append(self.clip_gradients())
            for o in self.optimizers:
                if self.habit == "post hook":
                    break
                if self.scaler is not None:
                    self.scaler.step(o)
                    self.scaler.update()
                else:
                    o.step()
        if not self.zero_first:
            for o in self.optimizers:
                o.zero_grad(set_to_none=self.none)
        x, y = batches[-1]
        self.keep_average()
        if self.state == "hidden" and not self.embeds:
            self.hidden.copy_((self.hidden * 0.5 + x.mean(0)).tanh().detach())
            results.append(self.hidden.clone())
        elif self.state == "buffer" and not self.embeds:
            self.buffer[self.pointer % 5] = x[0].detach()
            self.pointer += 1
            results.append(self.buffer.mean(0))
        elif self.state == "metrics":
            with lib.no_grad():
                out = self.model(x)
                predicted = out.argmax(1)
                index = y * CLASSES + predicted
                self.metrics.view(-1).index_add_(0, index, lib.ones_like(index))
                results.append((predicted == y).double().mean())
        elif self.state == "weight":
            with lib.no_grad():
                self.model[-1].weight.data.clamp_(-0.6, 0.6)
                self.model[-1].weight[0].mul_(0.99)
        return results

    def keep_average(self):
        lib = self.lib
        if self.ema == "averaged":
            self.average.update_parameters(self.model)
        elif self.ema == "copy":
            with lib.no_grad():
                for a, p in zip(self.average.parameters(), self.model.parameters(), strict=True):
                    a.mul_(0.9).add_(p, alpha=0.1)
                for a, p in zip(self.average.buffers(), self.model.buffers(), strict=True):
                    a.copy_(p)
        elif self.ema == "lerp":
            for k, v in self.average.state_dict().items():
                if v.is_floating_point():
                    v.lerp_(self.model.state_dict()[k].detach(), 0.1)
        elif self.ema == "foreach":
            a, p = list(self.average.parameters()), [q.detach() for q in self.model.parameters()]
            lib._foreach_mul_(a, 0.9)
            lib._foreach_add_(a, p, alpha=0.1)

    def between(self, what):
        lib, r, model = self.lib, self.r, self.model
        parameters = list(model.parameters())
        p = r.choice(parameters)
        layer = r.randrange(len(model))
        number = r.choice([0.003, 0.01, 0.02])
        if what == "schedule":
            for s in self.schedulers:
                s.step(number) if isinstance(s, lib.optim.lr_scheduler.ReduceLROnPlateau) else s.step()
            self.events.append([[g["lr"] for g in o.param_groups] for o in self.optimizers])
        elif what == "freeze":
            model[layer].requires_grad_(False)
        elif what == "unfreeze":
            model.requires_grad_(True)
        elif what == "save and load":
            file = io.BytesIO()
            lib.save({"m": model.state_dict(), "o": self.optimizer.state_dict()}, file)
            file.seek(0)
            found = lib.load(file)
            self.events.append(str(model.load_state_dict(found["m"])))
            self.optimizer.load_state_dict(found["o"])
        elif what == "load optimizer":
            self.optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        elif what == "copy":
            other = copy.deepcopy(model)
            x, y = self.batch(99)
            self.events.append(self.loss(lib.nn.functional, other(x), y).detach())
        elif what == "eval":
            model.eval() if number > 0.005 else model[layer].eval()
            with lib.no_grad():
                self.events.append((self.compiled_forward or model)(self.batch(3)[0]))
            model.train(number < 0.02)
        elif what == "inference":
            with lib.inference_mode():
                self.events.append(model(self.batch(3)[0]).clone())
        elif what == "no grad loss":
            with lib.no_grad():
                x, y = self.batch(5)
                self.events.append(self.objective(x, y, 1.0)[0])
        elif what == "zero":
            model.zero_grad(set_to_none=number < 0.005)
        elif what == "other size":
            self.size = r.choice([2, 3, 4, 5])
        elif what == "data":
            p.data.mul_(0.9)
            p.data = p.data * 0.9
        elif what == "replace":
            with lib.no_grad():
                p.copy_(lib.full_like(p, 0.1) + p * 0.5)
        elif what == "add group":
            extra = lib.nn.Parameter(lib.zeros(2, dtype=lib.float64))
            if self.habit != "two":
                self.optimizer.add_param_group({"params": [extra], "lr": number})
        elif what == "lr":
            for g in self.optimizer.param_groups:
                if not isinstance(g["lr"], lib.Tensor):
                    g["lr"] = number
                else:
                    g["lr"].fill_(number)
        elif what == "hyper":
            for g in self.optimizer.param_groups:
                if "weight_decay" in g:
                    g["weight_decay"] = number
                if g.get("momentum"):
                    g["momentum"] = 0.8
        elif what == "grad none":
            p.grad = None if number < 0.015 or not p.requires_grad else lib.full_like(p, number)
        elif what == "load other":
            model.load_state_dict(
                {k: v * 0.9 if v.is_floating_point() else v for k, v in model.state_dict().items()}
            )
        elif what == "average" and self.ema is not None:
            with lib.no_grad():
                self.average.eval()
                self.events.append(self.average(self.batch(7)[0]))
        elif what == "clone grads":
            self.events.append([None if q.grad is None else q.grad.clone() for q in parameters])
        elif what == "hook":
            self.add_hook()
        elif what == "remove hook" and self.handles:
            self.handles.pop().remove()
        elif what == "swap" and isinstance(model[layer], lib.nn.Linear):
            new = lib.nn.Linear(*model[layer].weight.shape[::-1]).double()
            new.load_state_dict(
                {"weight": model[layer].weight.detach() * 0.5, "bias": lib.zeros(len(model[layer].weight))}
            )
            model[layer] = new
            if self.habit != "two":
                self.optimizer.add_param_group({"params": list(new.parameters()), "lr": number})

    def seen(self):
        """What the program leaves behind."""
        model = self.model
        return {
            "events": self.events,
            "model": dict(model.state_dict()),
            "grads": [None if p.grad is None else p.grad.detach() for p in model.parameters()],
            "needs": [p.requires_grad for p in model.parameters()],
            "optimizers": [o.state_dict() for o in self.optimizers],
            "average": dict(self.average.state_dict()) if self.ema else None,
            "hidden": [self.hidden, self.buffer, self.pointer, self.metrics],
            "versions": [p._version for p in model.parameters()] if self.compiler is None else None,
        }


def run(lib, seed, compiler=None, steps=4):
    """What a program leaves behind; see :class:`Program`."""
    program = Program(lib, seed, compiler)
    r = random.Random(seed + 1)
    n = 0
    for _ in range(steps):
        batches = []
        for _ in range(program.accumulate):
            batches.append(program.batch(n))
            n += 1
        weight = r.choice([1.0, 1.0, 0.5, 0.25])
        try:
            program.events.append(program.step(batches, weight))
        except Exception as error:
            if compiler is not None and "compile" in str(error):
                raise
            program.events.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        for _ in range(r.randrange(3)):
            what = r.choice(BETWEEN)
            try:
                program.events.append(what)
                program.between(what)
            except Exception as error:
                program.events.append(f"{what}: {type(error).__name__}: {str(error).splitlines()[0]}")
    return program.seen()
