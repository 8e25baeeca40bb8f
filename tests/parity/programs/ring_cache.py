"""Ring-buffer KV cache, rotary embeddings written in place, sliding window attention and cache reordering."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(5)
D, H, W, V = 16, 2, 6, 20


def rope(x, pos):
    d = x.shape[-1]
    inv = 1.0 / (10000 ** (torch.arange(0, d, 2).float() / d))
    ang = pos.float()[:, None] * inv
    cos, sin = ang.cos(), ang.sin()
    out = torch.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


class Attn(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(D, 3 * D, bias=False)
        self.o = nn.Linear(D, D, bias=False)
        self.register_buffer("k", torch.zeros(1, H, W, D // H), persistent=False)
        self.register_buffer("v", torch.zeros(1, H, W, D // H), persistent=False)
        self.register_buffer("slot_pos", torch.full((W,), -1, dtype=torch.long), persistent=False)

    def forward(self, x, pos):
        B, T, _ = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
        p = torch.arange(pos, pos + T)
        q, k = rope(q, p), rope(k, p)
        if T == 1:
            s = pos % W
            self.k[:B, :, s] = k[:, :, 0]
            self.v[:B, :, s].copy_(v[:, :, 0])
            self.slot_pos[s] = pos
            att = q @ self.k[:B].transpose(-1, -2) / (D // H) ** 0.5
            att = att.masked_fill((self.slot_pos < 0)[None, None, None], float("-inf"))
            y = att.softmax(-1) @ self.v[:B]
        else:
            m = (p[:, None] >= p[None]) & (p[:, None] - p[None] < W)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=m)
            for t in range(max(0, T - W), T):
                s = (pos + t) % W
                self.k[:B, :, s], self.v[:B, :, s] = k[:, :, t], v[:, :, t]
                self.slot_pos[s] = pos + t
        return self.o(y.transpose(1, 2).reshape(B, T, D))


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(V, D)
        self.l = nn.ModuleList([Attn() for _ in range(2)])
        self.n = nn.RMSNorm(D)

    def forward(self, idx, pos=0):
        x = self.e(idx)
        for a in self.l:
            x = x + a(x, pos)
        return self.n(x) @ self.e.weight.T


m = LM().eval()
prompt = torch.randint(0, V, (1, 4))
with torch.inference_mode():
    full = prompt
    logits = m(prompt)[:, -1]
    for t in range(14):
        nxt = logits.argmax(-1, keepdim=True)
        full = torch.cat([full, nxt], 1)
        logits = m(nxt, prompt.shape[1] + t)[:, -1]
print(full, m.l[0].slot_pos, list(m.state_dict()))
with torch.no_grad():
    for a in m.l:
        a.slot_pos.fill_(-1)
    ref = m(full)[:, -1]
print((ref - logits).abs().max() < 1e-4, logits.topk(3))
m.train()
opt = torch.optim.AdamW(m.parameters(), lr=3e-3)
data = torch.randint(0, V, (1, 9))
for it in range(6):
    for a in m.l:
        a.k = a.k.detach().zero_()
        a.v = a.v.detach().zero_()
    loss = F.cross_entropy(m(data[:, :-1]).flatten(0, 1), data[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"{loss.item():.5f}", m.l[0].k.requires_grad)
