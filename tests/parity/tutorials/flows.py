"""RealNVP, planar flows, Glow-like invertible 1x1 convolution, MAF masks, log determinants."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import distributions
from torch.distributions import (
    AffineTransform,
    SigmoidTransform,
    TransformedDistribution,
    Uniform,
)


class RealNVP(nn.Module):
    def __init__(self, nets, nett, mask, prior):
        super(RealNVP, self).__init__()
        self.prior = prior
        self.mask = nn.Parameter(mask, requires_grad=False)
        self.t = torch.nn.ModuleList([nett() for _ in range(len(mask))])
        self.s = torch.nn.ModuleList([nets() for _ in range(len(mask))])

    def g(self, z):
        x = z
        for i in range(len(self.t)):
            x_ = x * self.mask[i]
            s = self.s[i](x_) * (1 - self.mask[i])
            t = self.t[i](x_) * (1 - self.mask[i])
            x = x_ + (1 - self.mask[i]) * (x * torch.exp(s) + t)
        return x

    def f(self, x):
        log_det_J, z = x.new_zeros(x.shape[0]), x
        for i in reversed(range(len(self.t))):
            z_ = self.mask[i] * z
            s = self.s[i](z_) * (1 - self.mask[i])
            t = self.t[i](z_) * (1 - self.mask[i])
            z = (1 - self.mask[i]) * (z - t) * torch.exp(-s) + z_
            log_det_J -= s.sum(dim=1)
        return z, log_det_J

    def log_prob(self, x):
        z, logp = self.f(x)
        return self.prior.log_prob(z) + logp

    def sample(self, batchSize):
        z = self.prior.sample((batchSize, 1))
        logp = self.prior.log_prob(z)
        x = self.g(z)
        return x


torch.manual_seed(0)
nets = lambda: nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 2), nn.Tanh())
nett = lambda: nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 2))
masks = torch.from_numpy(np.array([[0, 1], [1, 0]] * 2).astype(np.float32))
prior = distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
flow = RealNVP(nets, nett, masks, prior)
optimizer = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad == True], lr=1e-3)
rng = np.random.RandomState(0)
th = rng.rand(64) * np.pi
moons = np.stack([np.cos(th), np.sin(th)], 1) + rng.randn(64, 2) * 0.1
for t in range(4):
    loss = -flow.log_prob(torch.from_numpy(moons.astype(np.float32))).mean()
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()
    print("iter %s:" % t, "loss = %.3f" % loss)
z = flow.f(torch.from_numpy(moons).float())[0].detach().numpy()
print(z.shape, z.dtype, np.round(z[:2], 4))
x = flow.sample(3).detach().numpy()
print(x.shape, np.round(x[:, 0, 0], 4))
print(
    torch.dist(flow.g(flow.f(torch.from_numpy(moons).float())[0]), torch.tensor(moons, dtype=torch.float))
    < 1e-4
)


class PlanarTransform(nn.Module):
    def __init__(self, dim=2):
        super().__init__()
        self.u = nn.Parameter(torch.randn(1, dim) * 0.01)
        self.w = nn.Parameter(torch.randn(1, dim) * 0.01)
        self.b = nn.Parameter(torch.randn(()) * 0.01)

    def m(self, x):
        return -1 + torch.log(1 + torch.exp(x))

    def forward(self, z):
        u = self.u
        if torch.mm(u, self.w.T) < -1:
            u = u + (self.m(torch.mm(u, self.w.T)) - torch.mm(u, self.w.T)) * (
                self.w / torch.norm(self.w, p=2, dim=1) ** 2
            )
        lin = torch.mm(z, self.w.T) + self.b
        phi = (1 - torch.tanh(lin) ** 2) * self.w
        return z + u * torch.tanh(lin), torch.log(torch.abs(1 + torch.mm(phi, u.T)) + 1e-4)


class PlanarFlow(nn.Module):
    def __init__(self, K=3):
        super().__init__()
        self.transforms = nn.ModuleList([PlanarTransform() for k in range(K)])

    def forward(self, z):
        logdet = 0
        for tr in self.transforms:
            z, d = tr(z)
            logdet += d
        return z, logdet


pf = PlanarFlow()
out, ld = pf(prior.sample(torch.Size([4])))
(ld.mean() + out.pow(2).sum()).backward()
print(out, ld.T, pf.transforms[0].b.grad, pf)


class InvConv2d(nn.Module):
    def __init__(self, c):
        super().__init__()
        w = torch.linalg.qr(torch.randn(c, c))[0]
        p, l, u = torch.linalg.lu(w)
        self.register_buffer("p", p)
        self.register_buffer("u_mask", torch.triu(torch.ones_like(u), 1))
        self.register_buffer("l_mask", self.u_mask.T)
        s = torch.diag(u)
        self.register_buffer("s_sign", torch.sign(s))
        self.register_buffer("l_eye", torch.eye(c))
        self.l = nn.Parameter(l)
        self.s = nn.Parameter(torch.log(torch.abs(s)))
        self.u = nn.Parameter(torch.triu(u, 1))

    def weight(self):
        return (
            (
                self.p
                @ (self.l * self.l_mask + self.l_eye)
                @ ((self.u * self.u_mask) + torch.diag(self.s_sign * torch.exp(self.s)))
            )
            .unsqueeze(2)
            .unsqueeze(3)
        )

    def forward(self, x):
        _, _, h, w = x.shape
        weight = self.weight()
        return F.conv2d(x, weight), h * w * torch.sum(self.s)

    def reverse(self, out):
        return F.conv2d(out, self.weight().squeeze().inverse().unsqueeze(2).unsqueeze(3))


ic = InvConv2d(4)
x = torch.randn(2, 4, 3, 3)
y, ld = ic(x)
print(
    torch.slogdet(ic.weight().squeeze())[1] * 9 - ld < 1e-4,
    (ic.reverse(y) - x).abs().max() < 1e-4,
    ld.shape,
    list(dict(ic.named_buffers())),
)
base = Uniform(torch.zeros(2), torch.ones(2))
logistic = TransformedDistribution(
    base, [SigmoidTransform().inv, AffineTransform(torch.zeros(2), 2 * torch.ones(2))]
)
s = logistic.sample((3,))
print(logistic, s, logistic.log_prob(s).sum(1))
