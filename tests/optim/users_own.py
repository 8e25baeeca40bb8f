"""Optimizers as people write them for PyTorch, for either library."""

from __future__ import annotations


def lion(torch, params):
    class Lion(torch.optim.Optimizer):
        def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
            super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

        @torch.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    p.data.mul_(1 - group["lr"] * group["weight_decay"])
                    state = self.state[p]
                    if len(state) == 0:
                        state["exp_avg"] = torch.zeros_like(p)
                    update = state["exp_avg"] * beta1 + p.grad * (1 - beta1)
                    p.add_(update.sign_(), alpha=-group["lr"])
                    state["exp_avg"].mul_(beta2).add_(p.grad, alpha=1 - beta2)
            return loss

    return Lion(params, lr=0.01, weight_decay=0.1)


def lamb(torch, params):
    class LAMB(torch.optim.Optimizer):
        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
            super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

        def step(self, closure=None):
            loss = closure() if closure is not None else None
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.data
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = torch.zeros_like(p.data)
                        state["exp_avg_sq"] = torch.zeros_like(p.data)
                    mean, square = state["exp_avg"], state["exp_avg_sq"]
                    beta1, beta2 = group["betas"]
                    state["step"] += 1
                    mean.mul_(beta1).add_(grad, alpha=1 - beta1)
                    square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                    first, second = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
                    step = (mean / first) / (square / second).sqrt().add(group["eps"])
                    step.add_(p.data, alpha=group["weight_decay"])
                    weight_norm = p.data.pow(2).sum().sqrt().clamp(0, 10)
                    step_norm = step.pow(2).sum().sqrt()
                    one = torch.ones_like(step_norm)
                    known = (weight_norm > 0) & (step_norm > 0)
                    ratio = torch.where(known, weight_norm / step_norm, one)
                    p.data.add_(step * ratio, alpha=-group["lr"])
            return loss

    return LAMB(params, lr=0.01)


def sam(torch, params):
    class SAM(torch.optim.Optimizer):
        def __init__(self, params, base_optimizer, rho=0.05, **kwargs):
            super().__init__(params, {"rho": rho, **kwargs})
            self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
            self.param_groups = self.base_optimizer.param_groups
            self.defaults.update(self.base_optimizer.defaults)

        @torch.no_grad()
        def first_step(self, zero_grad=False):
            norm = self._grad_norm()
            for group in self.param_groups:
                scale = group["rho"] / (norm + 1e-12)
                for p in group["params"]:
                    if p.grad is not None:
                        self.state[p]["old_p"] = p.data.clone()
                        p.add_(p.grad * scale.to(p))
            if zero_grad:
                self.zero_grad()

        @torch.no_grad()
        def second_step(self, zero_grad=False):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.data = self.state[p]["old_p"]
            self.base_optimizer.step()
            if zero_grad:
                self.zero_grad()

        @torch.no_grad()
        def step(self, closure=None):
            closure = torch.enable_grad()(closure)
            self.first_step(zero_grad=True)
            closure()
            self.second_step()

        def _grad_norm(self):
            device = self.param_groups[0]["params"][0].device
            norms = [
                p.grad.norm(p=2).to(device)
                for g in self.param_groups
                for p in g["params"]
                if p.grad is not None
            ]
            return torch.norm(torch.stack(norms), p=2)

    return SAM(params, torch.optim.SGD, lr=0.1, momentum=0.9)


def lookahead(torch, params):
    class Lookahead(torch.optim.Optimizer):
        def __init__(self, base, k=3, alpha=0.5):
            self.base, self.k, self.alpha, self.count = base, k, alpha, 0
            super().__init__(base.param_groups, base.defaults)
            self.param_groups = base.param_groups

        @torch.no_grad()
        def step(self, closure=None):
            loss = self.base.step(closure)
            self.count += 1
            if self.count % self.k == 0:
                for group in self.param_groups:
                    for p in group["params"]:
                        state = self.state[p]
                        if "slow" not in state:
                            state["slow"] = p.detach().clone()
                        state["slow"].add_(p - state["slow"], alpha=self.alpha)
                        p.copy_(state["slow"])
            return loss

    return Lookahead(torch.optim.Adam(params, lr=0.01))


def radam_old(torch, params):
    class RAdamOld(torch.optim.Optimizer):
        """As it was written before rectification was in the library: ``p.data.add_`` on copies in float."""

        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
            self.buffer = [[None, None, None] for _ in range(10)]
            super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

        def __setstate__(self, state):
            super().__setstate__(state)

        def step(self, closure=None):
            loss = None
            if closure is not None:
                loss = closure()
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.data.float()
                    if grad.is_sparse:
                        raise RuntimeError("RAdam does not support sparse gradients")
                    data = p.data.float()
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = torch.zeros_like(data)
                        state["exp_avg_sq"] = torch.zeros_like(data)
                    else:
                        state["exp_avg"] = state["exp_avg"].type_as(data)
                        state["exp_avg_sq"] = state["exp_avg_sq"].type_as(data)
                    mean, square = state["exp_avg"], state["exp_avg_sq"]
                    beta1, beta2 = group["betas"]
                    square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                    mean.mul_(beta1).add_(grad, alpha=1 - beta1)
                    state["step"] += 1
                    held = self.buffer[state["step"] % 10]
                    if held[0] != state["step"]:
                        power = beta2 ** state["step"]
                        longest = 2 / (1 - beta2) - 1
                        length = longest - 2 * state["step"] * power / (1 - power)
                        size = group["lr"] / (1 - beta1 ** state["step"])
                        if length >= 5:
                            size *= (
                                (1 - power)
                                * (length - 4)
                                / (longest - 4)
                                * (length - 2)
                                / length
                                * longest
                                / (longest - 2)
                            ) ** 0.5
                        held[:] = [state["step"], length, size]
                    length, size = held[1], held[2]
                    if group["weight_decay"] != 0:
                        data.add_(data, alpha=-group["weight_decay"] * group["lr"])
                    if length >= 5:
                        data.addcdiv_(mean, square.sqrt().add_(group["eps"]), value=-size)
                    else:
                        data.add_(mean, alpha=-size)
                    p.data.copy_(data)
            return loss

    return RAdamOld(params, lr=0.01, weight_decay=0.1, betas=(0.9, 0.9))


def adabelief(torch, params):
    class AdaBelief(torch.optim.Optimizer):
        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-12, weight_decay=0.0, amsgrad=True):
            if not 0.0 <= lr:
                raise ValueError(f"Invalid learning rate: {lr}")
            defaults = {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
            }
            super().__init__(params, defaults)

        def reset(self):
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(p.data, memory_format=torch.preserve_format)
                    state["exp_avg_var"] = torch.zeros_like(p.data, memory_format=torch.preserve_format)

        def step(self, closure=None):
            loss = closure() if closure is not None else None
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    half = p.data.dtype in (torch.float16, torch.bfloat16)
                    data = p.data.float() if half else p.data
                    grad = p.grad.data
                    beta1, beta2 = group["betas"]
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = torch.zeros_like(p.data)
                        state["exp_avg_var"] = torch.zeros_like(p.data)
                        if group["amsgrad"]:
                            state["max_exp_avg_var"] = torch.zeros_like(p.data)
                    data.mul_(1.0 - group["lr"] * group["weight_decay"])
                    mean, variance = state["exp_avg"], state["exp_avg_var"]
                    state["step"] += 1
                    first = 1 - beta1 ** state["step"]
                    second = 1 - beta2 ** state["step"]
                    mean.mul_(beta1).add_(grad, alpha=1 - beta1)
                    residual = grad - mean
                    variance.mul_(beta2).addcmul_(residual, residual, value=1 - beta2)
                    if group["amsgrad"]:
                        largest = state["max_exp_avg_var"]
                        torch.max(largest, variance.add_(group["eps"]), out=largest)
                        bottom = (largest.sqrt() / second**0.5).add_(group["eps"])
                    else:
                        bottom = (variance.add_(group["eps"]).sqrt() / second**0.5).add_(group["eps"])
                    data.addcdiv_(mean, bottom, value=-group["lr"] / first)
            return loss

    return AdaBelief(params, lr=0.01, weight_decay=0.1)


def ranger(torch, params):
    class Ranger(torch.optim.Optimizer):
        """Centred gradients, Adam's means and slow weights in one."""

        def __init__(self, params, lr=1e-3, alpha=0.5, k=3, betas=(0.95, 0.999), eps=1e-5):
            super().__init__(
                params, {"lr": lr, "alpha": alpha, "k": k, "betas": betas, "eps": eps, "step_counter": 0}
            )

        @torch.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                group["step_counter"] += 1
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.detach().clone()
                    if grad.dim() > 1:
                        grad.add_(-grad.mean(dim=tuple(range(1, grad.dim())), keepdim=True))
                    state = self.state[p]
                    if not state:
                        state["exp_avg"] = torch.zeros_like(p)
                        state["exp_avg_sq"] = torch.zeros_like(p)
                        state["slow_buffer"] = torch.empty_like(p.data)
                        state["slow_buffer"].copy_(p.data)
                    mean, square = state["exp_avg"], state["exp_avg_sq"]
                    mean.lerp_(grad, 1 - beta1)
                    square.mul_(beta2).addcmul_(grad, grad.conj(), value=1 - beta2)
                    first = 1 - beta1 ** group["step_counter"]
                    second = 1 - beta2 ** group["step_counter"]
                    bottom = (square.sqrt() / second**0.5).add_(group["eps"])
                    p.addcdiv_(mean, bottom, value=-(group["lr"] / first))
                for p in group["params"]:
                    if p.grad is not None and group["step_counter"] % group["k"] == 0:
                        slow = self.state[p]["slow_buffer"]
                        slow.add_(p.data - slow, alpha=group["alpha"])
                        p.data.copy_(slow)
            return loss

    return Ranger(params, lr=0.01)


def lars(torch, params):
    class LARS(torch.optim.SGD):
        """The rate of each layer by the norms of weights and gradient, on top of the library's own SGD."""

        def __init__(self, params, lr, trust=0.02, eps=1e-8, **options):
            super().__init__(params, lr, **options)
            self.trust, self.eps = trust, eps

        @torch.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            decays = []
            for group in self.param_groups:
                decay = group["weight_decay"]
                decays.append(decay)
                group["weight_decay"] = 0
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    weight, gradient = torch.norm(p.data), torch.norm(p.grad.data)
                    rate = self.trust * weight / (gradient + weight * decay + self.eps)
                    rate = torch.where((weight > 0) & (gradient > 0), rate, torch.ones_like(rate))
                    p.grad.data += decay * p.data
                    p.grad.data *= rate
            super().step()
            for group, decay in zip(self.param_groups, decays, strict=True):
                group["weight_decay"] = decay
            return loss

    return LARS(params, lr=0.5, momentum=0.9, weight_decay=0.01)


OPTIMIZERS = {
    "Lion": lion,
    "LAMB": lamb,
    "SAM": sam,
    "Lookahead": lookahead,
    "RAdamOld": radam_old,
    "AdaBelief": adabelief,
    "Ranger": ranger,
    "LARS": lars,
}
