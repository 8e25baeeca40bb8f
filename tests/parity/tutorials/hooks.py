"""Grad-CAM, guided gradients, features, summaries and attacks through hooks."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable

torch.manual_seed(0)


class GradCAM:
    def __init__(self, model, target_layer):
        self.model, self.gradients, self.activations = model, None, None
        self.handles = [
            target_layer.register_forward_hook(self.save_activation),
            target_layer.register_full_backward_hook(self.save_gradient),
        ]

    def save_activation(self, module, input, output):
        self.activations = output

    def save_gradient(self, module, grad_input, grad_output):
        self.gradients = grad_output[0].detach()

    def __call__(self, x, class_idx=None):
        logit = self.model(x)
        score = logit[:, logit.max(1)[-1]].squeeze() if class_idx is None else logit[:, class_idx].squeeze()
        self.model.zero_grad()
        score.backward(retain_graph=True)
        b, k, u, v = self.gradients.size()
        alpha = self.gradients.view(b, k, -1).mean(2)
        weights = alpha.view(b, k, 1, 1)
        m = F.relu((weights * self.activations).sum(1, keepdim=True))
        m = F.interpolate(m, size=x.shape[2:], mode="bilinear", align_corners=False)
        lo, hi = m.min(), m.max()
        return (m - lo).div(hi - lo).data, logit


model = nn.Sequential(
    OrderedDict(
        conv1=nn.Conv2d(3, 4, 3, padding=1),
        relu1=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        conv2=nn.Conv2d(4, 6, 3, padding=1),
        relu2=nn.ReLU(),
        gap=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        fc=nn.Linear(6, 3),
    )
).eval()
x = torch.rand(1, 3, 8, 8)
cam = GradCAM(model, model.conv2)
m, l = cam(x)
print(m[0, 0, ::3], l)
[h.remove() for h in cam.handles]


class Guided:
    def __init__(self, model):
        self.h = [
            mod.register_full_backward_hook(self.hook) for mod in model.modules() if isinstance(mod, nn.ReLU)
        ]

    def hook(self, module, gi, go):
        return (torch.clamp(gi[0], min=0.0),)


g = Guided(model)
xi = x.clone().requires_grad_()
model(xi)[0, 1].backward()
print(xi.grad.abs().sum(), xi.grad[0, 0, 0])
[h.remove() for h in g.h]


class FeatureExtractor(nn.Module):
    def __init__(self, model, layers):
        super().__init__()
        self.model, self.layers = model, layers
        self._features = {layer: torch.empty(0) for layer in layers}
        for layer_id in layers:
            dict([*self.model.named_modules()])[layer_id].register_forward_hook(
                self.save_outputs_hook(layer_id)
            )

    def save_outputs_hook(self, layer_id):
        def fn(_, __, output):
            self._features[layer_id] = output

        return fn

    def forward(self, x):
        _ = self.model(x)
        return self._features


print({k: tuple(v.shape) for k, v in FeatureExtractor(model, ["conv1", "pool"])(x).items()})


def summary(model, size):
    rows = OrderedDict()
    hooks = []

    def register(mod):
        def hook(module, input, output):
            key = "%s-%i" % (str(module.__class__).split(".")[-1].split("'")[0], len(rows) + 1)
            n = 0
            if hasattr(module, "weight") and hasattr(module.weight, "size"):
                n += torch.prod(torch.LongTensor(list(module.weight.size())))
            if hasattr(module, "bias") and hasattr(module.bias, "size"):
                n += torch.prod(torch.LongTensor(list(module.bias.size())))
            rows[key] = (list(output.size()), n)

        if not isinstance(mod, nn.Sequential):
            hooks.append(mod.register_forward_hook(hook))

    model.apply(register)
    model(torch.rand(2, *size).type(torch.FloatTensor))
    [h.remove() for h in hooks]
    for k, (s, n) in rows.items():
        print("{:>20}  {:>25} {:>15}".format(k, str(s), "{0:,}".format(n)))


summary(model, (3, 8, 8))
log = []


def pre(m, i):
    log.append(("pre", m.__class__.__name__, i[0].shape))
    return (i[0] * 2,)


def post(m, i, o):
    log.append(("post", i[0].mean().item() > 0))
    return o + 1


def kw(m, args, kwargs, out):
    log.append(("kw", sorted(kwargs)))
    return out


lin = nn.Linear(2, 2)
nn.init.ones_(lin.weight)
nn.init.zeros_(lin.bias)
h1, h2, h3 = (
    lin.register_forward_pre_hook(pre),
    lin.register_forward_hook(post),
    lin.register_forward_hook(kw, with_kwargs=True),
)
print(lin(torch.ones(1, 2)), lin(input=torch.ones(1, 2)) if False else "", log)
h1.remove()
print(lin(torch.ones(1, 2)))
h2.remove()
h3.remove()
grads = {}
y = torch.ones(3, requires_grad=True)
z = y * 2
z.register_hook(lambda g: grads.__setitem__("z", g))
z.retain_grad()
hh = y.register_hook(lambda g: g * 10)
(z**2).sum().backward()
print(grads, z.grad, y.grad, z.is_leaf, y.is_leaf, z.retains_grad)
hh.remove()
from functools import partial

stats = {}


def stat(name, m, i, o):
    stats[name] = (o.data.mean().item(), o.data.std().item())


hs = [m.register_forward_hook(partial(stat, n)) for n, m in model.named_children()]
model(x)
print({k: "%.4f %.4f" % v for k, v in stats.items()})
[h.remove() for h in hs]


class Sal(nn.Module):
    def forward(self, x):
        return x.view_as(x)


from torch.autograd import Function


class GradReverse(Function):
    @staticmethod
    def forward(ctx, x, lambd):
        ctx.lambd = lambd
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.neg() * ctx.lambd, None


f = torch.ones(2, 2, requires_grad=True)
GradReverse.apply(f, 0.5).sum().backward()
print(f.grad, GradReverse.apply(f, 1))
xi = Variable(x, requires_grad=True)
s = model(xi)
s[0, s.argmax()].backward()
sal, _ = torch.max(xi.grad.data.abs(), dim=1)
print(sal.shape, sal.sum())
eps = 0.03
adv = torch.clamp(xi + eps * xi.grad.sign(), 0, 1)
print(adv.max(), (adv - x).abs().max(), adv.requires_grad)
delta = torch.zeros_like(x).uniform_(-eps, eps).requires_grad_(True)
for _ in range(2):
    F.cross_entropy(model(x + delta), torch.tensor([1])).backward()
    delta.data = (delta + 0.01 * delta.grad.detach().sign()).clamp(-eps, eps)
    delta.grad.zero_()
print(delta.abs().max(), delta.sum())
print(
    list(model.named_children())[0],
    [n for n, _ in model.named_modules()],
    nn.Sequential(*list(model.children())[:-2]),
    model[:2],
    model[-1],
    model.get_submodule("conv2"),
    model.get_parameter("fc.bias"),
)
try:
    model.get_submodule("nope")
except AttributeError as e:
    print(e)
try:
    model.register_forward_hook(3)(x)
except Exception as e:
    print(type(e).__name__, e)
