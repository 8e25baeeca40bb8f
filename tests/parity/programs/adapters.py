# LoRA by parametrize and by wrapper, adapters by hooks, prompt tuning, mixture of experts
import math, re
from functools import partial
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.utils.parametrize as parametrize


class LoRAParametrization(nn.Module):
    def __init__(self, fan_in, fan_out, fan_in_fan_out=False, rank=2, alpha=1):
        super().__init__()
        self.swap = (lambda x: (x[1], x[0])) if fan_in_fan_out else (lambda x: x)
        self.lora_A = nn.Parameter(torch.zeros(self.swap((rank, fan_in))))
        self.lora_B = nn.Parameter(torch.zeros(self.swap((fan_out, rank))))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.alpha, self.rank = alpha, rank
        self.scaling = alpha / rank
        self.forward_fn = self.lora_forward

    def lora_forward(self, X):
        return X + torch.matmul(*self.swap((self.lora_B, self.lora_A))).view(X.shape) * self.scaling

    def forward(self, X):
        return self.forward_fn(X)

    def disable(self):
        self.forward_fn = lambda x: x

    def enable(self):
        self.forward_fn = self.lora_forward

    @classmethod
    def from_linear(cls, layer, rank=2, alpha=1):
        fan_out, fan_in = layer.weight.shape
        return cls(fan_in, fan_out, False, rank, alpha)


default = {nn.Linear: {"weight": partial(LoRAParametrization.from_linear, rank=2)}}


def apply_lora(layer, register=True, merge=False, lora_config=default):
    if register:
        if type(layer) in lora_config:
            for attr, p in lora_config[type(layer)].items():
                parametrize.register_parametrization(layer, attr, p(layer))
    elif hasattr(layer, "parametrizations"):
        for attr in list(layer.parametrizations.keys()):
            parametrize.remove_parametrizations(layer, attr, leave_parametrized=merge)


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
x, y = torch.randn(10, 6), torch.randint(0, 3, (10,))
before = model(x)
model.apply(apply_lora)
print(model)
print(torch.equal(before, model(x)), [n for n, _ in model.named_parameters()])
lora_params = [p for n, p in model.named_parameters() if "lora" in n]
for n, p in model.named_parameters():
    p.requires_grad_("lora" in n)
opt = torch.optim.AdamW([{"params": lora_params}], lr=5e-2)
for i in range(4):
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"lora {loss.item():.6f}", model[0].parametrizations.weight.original.grad)
sd = {k: v for k, v in model.state_dict().items() if re.search("lora_[AB]", k)}
print({k: tuple(v.shape) for k, v in sd.items()})
with parametrize.cached():
    print(model[0].weight is model[0].weight, parametrize.is_parametrized(model[0], "weight"))
model.apply(lambda m: m.disable() if isinstance(m, LoRAParametrization) else None)
print(torch.allclose(model(x), before))
model.apply(lambda m: m.enable() if isinstance(m, LoRAParametrization) else None)
after = model(x)
model.apply(partial(apply_lora, register=False, merge=True))
print(model, torch.allclose(model(x), after), type(model[0]), model[0].weight.requires_grad)


class LoRALinear(nn.Linear):
    def __init__(self, in_features, out_features, r=0, lora_alpha=1, merge_weights=True, **kw):
        nn.Linear.__init__(self, in_features, out_features, **kw)
        self.r, self.merged, self.merge_weights = r, False, merge_weights
        if r > 0:
            self.lora_A = nn.Parameter(self.weight.new_zeros((r, in_features)))
            self.lora_B = nn.Parameter(self.weight.new_zeros((out_features, r)))
            self.scaling = lora_alpha / r
            self.weight.requires_grad = False
        self.reset_parameters()

    def reset_parameters(self):
        nn.Linear.reset_parameters(self)
        if hasattr(self, "lora_A"):
            nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
            nn.init.zeros_(self.lora_B)

    def train(self, mode=True):
        nn.Linear.train(self, mode)
        if mode and self.merge_weights and self.merged:
            self.weight.data -= self.lora_B @ self.lora_A * self.scaling
            self.merged = False
        elif not mode and self.merge_weights and not self.merged:
            self.weight.data += self.lora_B @ self.lora_A * self.scaling
            self.merged = True

    def forward(self, x):
        if self.r > 0 and not self.merged:
            return (
                F.linear(x, self.weight, bias=self.bias)
                + (x @ self.lora_A.transpose(0, 1) @ self.lora_B.transpose(0, 1)) * self.scaling
            )
        return F.linear(x, self.weight, bias=self.bias)


m = LoRALinear(6, 3, r=2, lora_alpha=4)
opt = torch.optim.SGD([p for p in m.parameters() if p.requires_grad], 0.1)
for i in range(3):
    m.train()
    loss = F.cross_entropy(m(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    a = m(x)
    m.eval()
    b = m(x)
    print(f"merged {loss.item():.6f} {torch.allclose(a, b, atol=1e-6)} {m.merged}")

# adapters added by hooks
base = nn.TransformerEncoder(
    nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 2, enable_nested_tensor=False
)
for p in base.parameters():
    p.requires_grad = False
adapters = nn.ModuleList([nn.Sequential(nn.Linear(8, 2), nn.GELU(), nn.Linear(2, 8)) for _ in range(2)])
handles = [
    l.register_forward_hook(lambda mod, inp, out, a=a: out + a(out)) for l, a in zip(base.layers, adapters)
]
prompt = nn.Parameter(torch.randn(3, 8) * 0.02)
head = nn.Linear(8, 3)
opt = torch.optim.Adam(
    [
        {"params": adapters.parameters(), "lr": 1e-2},
        {"params": [prompt], "lr": 0.1},
        {"params": head.parameters()},
    ],
    lr=1e-3,
)
seq = torch.randn(4, 5, 8)
for i in range(3):
    h = base(torch.cat([prompt.expand(4, -1, -1), seq], 1))
    loss = F.cross_entropy(head(h[:, 0]), y[:4])
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(
        f"adapter {loss.item():.6f} {prompt.grad.norm():.6f} {sum(p.requires_grad for p in base.parameters())}"
    )
[h.remove() for h in handles]


class MoE(nn.Module):
    def __init__(self, d, n, k):
        super().__init__()
        self.gate = nn.Linear(d, n, bias=False)
        self.experts = nn.ModuleList(
            [nn.Sequential(nn.Linear(d, 2 * d), nn.SiLU(), nn.Linear(2 * d, d)) for _ in range(n)]
        )
        self.n, self.k = n, k

    def forward(self, hs):
        b, s, d = hs.shape
        hs = hs.view(-1, d)
        logits = self.gate(hs)
        rw = F.softmax(logits, dim=1, dtype=torch.float)
        rw, sel = torch.topk(rw, self.k, dim=-1)
        rw /= rw.sum(dim=-1, keepdim=True)
        rw = rw.to(hs.dtype)
        out = torch.zeros((b * s, d), dtype=hs.dtype, device=hs.device)
        expert_mask = torch.nn.functional.one_hot(sel, num_classes=self.n).permute(2, 1, 0)
        hit = torch.greater(expert_mask.sum(dim=(-1, -2)), 0).nonzero()
        for e in hit:
            idx, top_x = torch.where(expert_mask[e].squeeze(0))
            cur = hs[None, top_x].reshape(-1, d)
            cur = self.experts[e](cur) * rw[top_x, idx, None]
            out.index_add_(0, top_x, cur.to(hs.dtype))
        load = F.one_hot(sel, self.n).float().mean((0, 1))
        aux = self.n * (load * F.softmax(logits, -1).mean(0)).sum()
        return out.reshape(b, s, d), aux


moe = MoE(8, 4, 2)
opt = torch.optim.AdamW(moe.parameters(), lr=1e-2)
tgt = torch.randn(4, 5, 8)
for i in range(3):
    out, aux = moe(seq)
    loss = F.mse_loss(out, tgt) + 0.01 * aux
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    print(f"moe {loss.item():.6f} {aux.item():.6f} {[e[0].weight.grad is not None for e in moe.experts]}")
