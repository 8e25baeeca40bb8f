"""Implicit differentiation of fixed points, as a Function and with a hook."""

import torch

torch.manual_seed(0)


class FixedPoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, W, x):
        with torch.no_grad():
            z = torch.zeros_like(x)
            for i in range(100):
                z2 = torch.tanh(z @ W.T + x)
                if (z2 - z).norm() < 1e-7:
                    break
                z = z2
        ctx.save_for_backward(W, x, z)
        ctx.iters = i
        return z

    @staticmethod
    def backward(ctx, g):
        W, x, z = ctx.saved_tensors
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            W_, x_ = W.detach().requires_grad_(), x.detach().requires_grad_()
            f = torch.tanh(z @ W_.T + x_)
        v = g
        for _ in range(50):
            v = torch.autograd.grad(f, z, v, retain_graph=True)[0] + g
        return torch.autograd.grad(f, (W_, x_), v)


W = (torch.randn(4, 4) * 0.3).requires_grad_()
x = torch.randn(3, 4, requires_grad=True)
z = FixedPoint.apply(W, x)
print(z)
(z**2).sum().backward()
print(W.grad)
print(x.grad)


# deq with hook
class DEQ(torch.nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        with torch.no_grad():
            z = torch.zeros_like(x)
            for _ in range(30):
                z = self.f(z, x)
        z = self.f(z, x)
        z0 = z.clone().detach().requires_grad_()
        f0 = self.f(z0, x)

        def hook(grad):
            g = grad
            for _ in range(30):
                g = torch.autograd.grad(f0, z0, g, retain_graph=True)[0] + grad
            return g

        if z.requires_grad:
            z.register_hook(hook)
        return z


lin = torch.nn.Linear(4, 4)
with torch.no_grad():
    lin.weight.mul_(0.4)
deq = DEQ(lambda z, x: torch.tanh(lin(z) + x))
out = deq(x)
out.sum().backward()
print(lin.weight.grad)
