"""Four optimizers as people write them for PyTorch, for either library."""

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


OPTIMIZERS = {"Lion": lion, "LAMB": lamb, "SAM": sam, "Lookahead": lookahead}
