import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(5)


class Attn(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h = h
        self.qkv, self.o = nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x, past=None):
        B, T, C = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (t.view(B, T, self.h, -1).transpose(1, 2) for t in (q, k, v))
        if past is not None:
            k, v = torch.cat([past[0], k], dim=-2), torch.cat([past[1], v], dim=-2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None and T > 1)
        return self.o(y.transpose(1, 2).reshape(B, T, C)), (k, v)


class LM(nn.Module):
    def __init__(self, vocab=50, d=32, n=2):
        super().__init__()
        self.e = nn.Embedding(vocab, d)
        self.blocks = nn.ModuleList(Attn(d, 4) for _ in range(n))
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(n))
        self.head = nn.Linear(d, vocab)

    def forward(self, ids, past=None):
        x = self.e(ids)
        new = []
        for i, (b, n) in enumerate(zip(self.blocks, self.norms)):
            y, kv = b(n(x), None if past is None else past[i])
            x = x + y
            new.append(kv)
        return self.head(x), new


m = LM().eval()
prompt = torch.randint(0, 50, (1, 5))
with torch.inference_mode():
    ids, past = prompt, None
    inp = ids
    for _ in range(20):
        logits, past = m(inp, past)
        inp = logits[:, -1:].argmax(-1)
        ids = torch.cat([ids, inp], 1)
    print(ids)
    full = prompt
    for _ in range(20):
        full = torch.cat([full, m(full)[0][:, -1:].argmax(-1)], 1)
    print(torch.equal(full, ids), past[0][0].shape)
    # top-p sampling
    logits = m(prompt)[0][:, -1] * 3
    sorted_logits, idx = torch.sort(logits, descending=True)
    cum = torch.cumsum(F.softmax(sorted_logits, dim=-1), dim=-1)
    remove = cum > 0.8
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = 0
    mask = remove.scatter(1, idx, remove)
    logits = logits.masked_fill(mask, float("-inf"))
    print((~mask).sum().item(), torch.multinomial(F.softmax(logits, -1), 3))
