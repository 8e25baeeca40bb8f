import math
import torch
from torch import nn, optim
from torch.nn import functional as F
import torch.distributions as dist
from torch.distributions import kl_divergence, constraints, transform_to

torch.manual_seed(8)


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(12, 16), nn.Linear(16, 3), nn.Linear(16, 3)
        self.fc3, self.fc4 = nn.Linear(3, 16), nn.Linear(16, 12)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 12))
        z = self.reparameterize(mu, logvar)
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 12), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


model = VAE()
opt = optim.Adam(model.parameters(), lr=1e-2)
data = torch.bernoulli(torch.rand(12).repeat(20, 1))
for e in range(3):
    opt.zero_grad()
    r, mu, lv = model(data)
    loss = loss_function(r, data, mu, lv)
    loss.backward()
    opt.step()
    q = dist.Normal(mu, (0.5 * lv).exp())
    print(
        "====> Epoch: {} Average loss: {:.4f}".format(e, loss.item() / len(data)),
        kl_divergence(q, dist.Normal(0, 1)).sum(-1).mean().item(),
    )
# Gumbel-softmax VAE head
logits = torch.randn(4, 5, requires_grad=True)
relaxed = dist.RelaxedOneHotCategorical(torch.tensor(0.7), logits=logits)
s = relaxed.rsample()
print(relaxed, s, relaxed.log_prob(s), relaxed.probs.shape, relaxed.event_shape)
s.pow(2).sum().backward()
print(logits.grad)
rb = dist.RelaxedBernoulli(torch.tensor([0.5]), logits=torch.tensor([0.2, -1.0]))
b = rb.rsample((2,))
print(rb, b, rb.log_prob(b), rb.temperature, rb.logits, rb.probs)
hard = F.gumbel_softmax(logits, tau=1, hard=True)
print(hard, dist.OneHotCategoricalStraightThrough(logits=logits).rsample().argmax(-1))


# Bayes by backprop
class BayesLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.mu = nn.Parameter(torch.empty(o, i).uniform_(-0.2, 0.2))
        self.rho = nn.Parameter(torch.empty(o, i).uniform_(-5, -4))
        self.prior = dist.MixtureSameFamily(
            dist.Categorical(torch.tensor([0.5, 0.5])), dist.Normal(torch.zeros(2), torch.tensor([1.0, 0.05]))
        )

    def forward(self, x):
        sigma = torch.log1p(torch.exp(self.rho))
        q = dist.Normal(self.mu, sigma)
        w = q.rsample()
        self.kl = (q.log_prob(w) - self.prior.log_prob(w)).sum()
        return F.linear(x, w)


X = torch.linspace(-1, 1, 16).unsqueeze(1)
Y = torch.sin(3 * X) + 0.1 * torch.randn_like(X)
net = nn.Sequential(BayesLinear(1, 8), nn.Tanh(), BayesLinear(8, 1))
opt = optim.Adam(net.parameters(), 0.02)
for i in range(4):
    opt.zero_grad()
    nll = -dist.Normal(net(X), 0.1).log_prob(Y).sum()
    kl = net[0].kl + net[2].kl
    (nll + kl / 10).backward()
    opt.step()
    print(f"elbo {-(nll + kl).item():.3f}")

# mean-field ADVI of an eight-schools like model, with constrained parameters
yobs = torch.tensor([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
sig = torch.tensor([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
loc, rho = torch.zeros(10, requires_grad=True), torch.full((10,), -1.0, requires_grad=True)
opt = optim.Adagrad([loc, rho], lr=0.1)
to_pos = transform_to(constraints.positive)
for i in range(3):
    q = dist.Independent(dist.Normal(loc, F.softplus(rho)), 1)
    z = q.rsample()
    mu, tau, eta = z[0], to_pos(z[1]), z[2:]
    lp = (
        dist.Normal(0.0, 5.0).log_prob(mu)
        + dist.HalfCauchy(5.0).log_prob(tau)
        + to_pos.log_abs_det_jacobian(z[1], tau)
        + dist.Normal(0.0, 1.0).log_prob(eta).sum()
        + dist.Normal(mu + tau * eta, sig).log_prob(yobs).sum()
    )
    loss = -(lp + q.entropy())
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(q, loss.item())
# REINFORCE with baseline vs pathwise
theta = torch.tensor([0.3], requires_grad=True)
p = dist.Bernoulli(logits=theta)
x = p.sample((200,))
f = (x - 0.45) ** 2
(g,) = torch.autograd.grad(((f - f.mean()).detach() * p.log_prob(x)).mean(), theta)
print(g, p.enumerate_support(), p.entropy())
a = torch.tensor([2.0, 0.5], requires_grad=True)
gam = dist.Gamma(a, torch.tensor([1.0, 2.0]))
s = gam.rsample((100,))
s.mean(0).sum().backward()
print(s.mean(0), a.grad)
c = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
dd = dist.Dirichlet(c)
s = dd.rsample((50,))
(s**2).sum().backward()
print(s.mean(0), c.grad, dd.entropy(), kl_divergence(dd, dist.Dirichlet(torch.ones(3))))
bb = dist.Beta(torch.tensor([0.5, 2.0]), 3.0)
print(bb.sample(), bb.mean, bb.variance, bb.mode, kl_divergence(bb, dist.Beta(1.0, 1.0)))
