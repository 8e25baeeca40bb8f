"""What datasets, collation, preprocessing and small loops do with tensors on the host: a dictionary for each family.

Each function takes the library, torch or jaxlearn, and makes its own tensors: the same program on both sides.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FAMILIES", "Programs", "by_programs"]

Programs = dict[str, Callable[[], Any]]


def _arithmetic(torch: Any) -> Programs:
    x, y = torch.arange(12.0).reshape(3, 4), torch.ones(3, 4)
    image, row = torch.zeros(3, 32, 32), torch.ones(4)
    counts, scalar = torch.arange(12).reshape(3, 4), torch.tensor(2.0)
    mask = x > 3
    total = torch.zeros(3, 4)
    return {
        "x + y": lambda: x + y,
        "x - y": lambda: x - y,
        "x * y": lambda: x * y,
        "x / y": lambda: x / y,
        "x * 2": lambda: x * 2,
        "1 - x": lambda: 1 - x,
        "x + row": lambda: x + row,
        "x * scalar": lambda: x * scalar,
        "counts + 1": lambda: counts + 1,
        "counts * 0.5": lambda: counts * 0.5,
        "counts // 2": lambda: counts // 2,
        "counts % 3": lambda: counts % 3,
        "x ** 2": lambda: x**2,
        "-x": lambda: -x,
        "(image - 0.5) / 0.25": lambda: (image - 0.5) / 0.25,
        "x > 3": lambda: x > 3,
        "counts == 5": lambda: counts == 5,
        "x <= y": lambda: x <= y,
        "mask & ~mask": lambda: mask & ~mask,
        "x.abs()": lambda: x.abs(),
        "x.sqrt()": lambda: x.sqrt(),
        "x.clamp(0, 1)": lambda: x.clamp(0, 1),
        "x.round()": lambda: x.round(),
        "torch.maximum(x, y)": lambda: torch.maximum(x, y),
        "torch.where(mask, x, y)": lambda: torch.where(mask, x, y),
        "torch.where(mask, x, 0.)": lambda: torch.where(mask, x, 0.0),
        "x.masked_fill(mask, 0.)": lambda: x.masked_fill(mask, 0.0),
        "total += x": lambda: total.add_(x),
        "total.mul_(0.9)": lambda: total.mul_(0.9),
        "total.zero_()": lambda: total.zero_(),
        "total.copy_(x)": lambda: total.copy_(x),
    }


def _reductions(torch: Any) -> Programs:
    x, y = torch.arange(12.0).reshape(3, 4), torch.arange(12.0).reshape(3, 4)
    labels, mask = torch.arange(100) % 10, torch.arange(12.0).reshape(3, 4) > 3
    return {
        "x.sum()": lambda: x.sum(),
        "x.sum().item()": lambda: x.sum().item(),
        "x.sum(dim=1)": lambda: x.sum(dim=1),
        "x.mean()": lambda: x.mean(),
        "x.mean(0)": lambda: x.mean(0),
        "x.max()": lambda: x.max(),
        "x.min()": lambda: x.min(),
        "x.argmax().item()": lambda: x.argmax().item(),
        "x.argmax(dim=1)": lambda: x.argmax(dim=1),
        "mask.any()": lambda: mask.any(),
        "mask.all()": lambda: mask.all(),
        "mask.sum().item()": lambda: mask.sum().item(),
        "(labels == 5).sum().item()": lambda: (labels == 5).sum().item(),
        "bool(mask.any())": lambda: bool(mask.any()),
        "torch.equal(x, y)": lambda: torch.equal(x, y),
        "torch.allclose(x, y)": lambda: torch.allclose(x, y),
        "mask.nonzero()": lambda: mask.nonzero(),
        "labels.unique()": lambda: labels.unique(),
        "labels.bincount()": lambda: labels.bincount(),
    }


def _shapes(torch: Any) -> Programs:
    x, image = torch.arange(12.0).reshape(3, 4), torch.zeros(3, 32, 32)
    pixels, column = torch.zeros(28, 28, 3, dtype=torch.uint8), torch.ones(3, 1)
    rows, pair = [torch.ones(3, 8, 8) for _ in range(16)], [torch.ones(4), torch.zeros(4)]
    numbers = [torch.tensor(float(i)) for i in range(16)]
    functional = torch.nn.functional
    return {
        "x.view(-1)": lambda: x.view(-1),
        "x.view(4, 3)": lambda: x.view(4, 3),
        "x.reshape(2, 6)": lambda: x.reshape(2, 6),
        "x.flatten()": lambda: x.flatten(),
        "x.permute(1, 0)": lambda: x.permute(1, 0),
        "pixels.permute(2, 0, 1)": lambda: pixels.permute(2, 0, 1),
        "x.transpose(0, 1)": lambda: x.transpose(0, 1),
        "x.t()": lambda: x.t(),
        "x.T": lambda: x.T,
        "x.unsqueeze(0)": lambda: x.unsqueeze(0),
        "column.squeeze(1)": lambda: column.squeeze(1),
        "column.squeeze()": lambda: column.squeeze(),
        "column.expand(3, 4)": lambda: column.expand(3, 4),
        "x.repeat(2, 1)": lambda: x.repeat(2, 1),
        "x.contiguous()": lambda: x.contiguous(),
        "x.detach()": lambda: x.detach(),
        "x.cpu()": lambda: x.cpu(),
        "x.narrow(0, 1, 2)": lambda: x.narrow(0, 1, 2),
        "torch.stack of 16": lambda: torch.stack(rows),
        "torch.stack of 16 numbers": lambda: torch.stack(numbers),
        "torch.cat of 16": lambda: torch.cat(rows),
        "torch.cat of 2": lambda: torch.cat(pair),
        "x.split(1)": lambda: x.split(1),
        "x.chunk(2)": lambda: x.chunk(2),
        "x.unbind(0)": lambda: x.unbind(0),
        "rows of x": lambda: list(x),
        "F.pad(image, (4, 4, 4, 4))": lambda: functional.pad(image, (4, 4, 4, 4)),
        "image.flip(-1)": lambda: image.flip(-1),
        "x.roll(1, 0)": lambda: x.roll(1, 0),
        "x.tril()": lambda: x.tril(),
    }


def _indexing(torch: Any) -> Programs:
    x, samples = torch.arange(12.0).reshape(3, 4), torch.arange(60000.0).reshape(1000, 60)
    image, chosen, mask = torch.zeros(3, 32, 32), torch.tensor([0, 2]), torch.arange(3) > 0
    written, values, index = torch.zeros(3, 4), torch.ones(4), torch.tensor([[0], [1], [2]])
    labels, place = torch.arange(100), torch.tensor(7)
    return {
        "samples[7]": lambda: samples[7],
        "samples[-1]": lambda: samples[-1],
        "samples[place]": lambda: samples[place],
        "labels[7]": lambda: labels[7],
        "labels[7].item()": lambda: labels[7].item(),
        "int(labels[7])": lambda: int(labels[7]),
        "samples[3:9]": lambda: samples[3:9],
        "x[1, 2].item()": lambda: x[1, 2].item(),
        "x[:, 1]": lambda: x[:, 1],
        "x[..., None]": lambda: x[..., None],
        "x[None]": lambda: x[None],
        "image[:, 2:30, 3:31]": lambda: image[:, 2:30, 3:31],
        "x[indices]": lambda: x[chosen],
        "x[[0, 2]]": lambda: x[[0, 2]],
        "x[mask]": lambda: x[mask],
        "x[x > 3]": lambda: x[x > 3],
        "x[:, indices]": lambda: x[:, chosen],
        "x.gather(1, index)": lambda: x.gather(1, index),
        "x.index_select(0, indices)": lambda: x.index_select(0, chosen),
        "x[0] = 1": lambda: written.__setitem__(0, 1),
        "x[1] = row": lambda: written.__setitem__(1, values),
        "x[1, 2] = 3.": lambda: written.__setitem__((1, 2), 3.0),
        "x[:, 1:3] = 0": lambda: written.__setitem__((slice(None), slice(1, 3)), 0),
        "x[mask] = 0": lambda: written.__setitem__(mask, 0),
        "x[indices] = 1.": lambda: written.__setitem__(chosen, 1.0),
        "x[...] = y": lambda: written.__setitem__(..., x),
        "written[1].fill_(2)": lambda: written[1].fill_(2),
    }


def _making(torch: Any) -> Programs:
    array, bytes_ = np.ones((28, 28), np.float32), np.zeros((28, 28, 3), np.uint8)
    number, x = np.float32(3), torch.arange(12.0).reshape(3, 4)
    classes, functional = torch.tensor([1, 0, 3]), torch.nn.functional
    return {
        "torch.tensor([1., 2., 3.])": lambda: torch.tensor([1.0, 2.0, 3.0]),
        "torch.tensor([[1, 2], [3, 4]])": lambda: torch.tensor([[1, 2], [3, 4]]),
        "torch.tensor(3)": lambda: torch.tensor(3),
        "torch.tensor(0.5)": lambda: torch.tensor(0.5),
        "torch.tensor(array)": lambda: torch.tensor(array),
        "torch.tensor(np.float32)": lambda: torch.tensor(number),
        "torch.tensor([0], dtype=long)": lambda: torch.tensor([0], dtype=torch.long),
        "torch.from_numpy(array)": lambda: torch.from_numpy(array),
        "torch.from_numpy(bytes)": lambda: torch.from_numpy(bytes_),
        "torch.as_tensor(array)": lambda: torch.as_tensor(array),
        "torch.as_tensor([1, 2])": lambda: torch.as_tensor([1, 2]),
        "torch.FloatTensor([1, 2])": lambda: torch.FloatTensor([1, 2]),
        "torch.zeros(3, 4)": lambda: torch.zeros(3, 4),
        "torch.ones(3, dtype=bool)": lambda: torch.ones(3, dtype=torch.bool),
        "torch.empty(3)": lambda: torch.empty(3),
        "torch.full((3,), 2.)": lambda: torch.full((3,), 2.0),
        "torch.arange(10)": lambda: torch.arange(10),
        "torch.linspace(0, 1, 5)": lambda: torch.linspace(0, 1, 5),
        "torch.eye(3)": lambda: torch.eye(3),
        "torch.zeros_like(x)": lambda: torch.zeros_like(x),
        "x.new_zeros(3)": lambda: x.new_zeros(3),
        "F.one_hot(classes, 4)": lambda: functional.one_hot(classes, 4),
    }


def _random(torch: Any) -> Programs:
    written, chances, image = torch.zeros(3, 4), torch.full((3, 4), 0.5), torch.zeros(3, 32, 32)
    torch.manual_seed(0)
    return {
        "torch.rand(1).item()": lambda: torch.rand(1).item(),
        "torch.rand(3, 4)": lambda: torch.rand(3, 4),
        "torch.rand(3, 32, 32)": lambda: torch.rand(3, 32, 32),
        "torch.randn(3)": lambda: torch.randn(3),
        "torch.randn(3, 4)": lambda: torch.randn(3, 4),
        "torch.randn(3, 32, 32)": lambda: torch.randn(3, 32, 32),
        "torch.randn_like(image)": lambda: torch.randn_like(image),
        "torch.randint(0, 10, (1,)).item()": lambda: torch.randint(0, 10, (1,)).item(),
        "torch.randint(0, 10, (16,))": lambda: torch.randint(0, 10, (16,)),
        "torch.randperm(10)": lambda: torch.randperm(10),
        "torch.randperm(100)": lambda: torch.randperm(100),
        "torch.randperm(1000)": lambda: torch.randperm(1000),
        "torch.bernoulli(chances)": lambda: torch.bernoulli(chances),
        "torch.multinomial(row, 1)": lambda: torch.multinomial(chances[0], 1),
        "x.normal_()": lambda: written.normal_(),
        "x.uniform_(-1, 1)": lambda: written.uniform_(-1, 1),
    }


def _conversion(torch: Any) -> Programs:
    x, one = torch.arange(12.0).reshape(3, 4), torch.tensor(2.5)
    pixels, counts = torch.zeros(28, 28, 3, dtype=torch.uint8), torch.arange(4)
    packed = pickle.dumps(x)
    return {
        "one.item()": lambda: one.item(),
        "float(one)": lambda: float(one),
        "if one > 2": lambda: bool(one > 2),
        "x.tolist()": lambda: x.tolist(),
        "x.numpy()": lambda: x.numpy(),
        "np.asarray(x)": lambda: np.asarray(x),
        "x.detach().cpu().numpy()": lambda: x.detach().cpu().numpy(),
        "x.clone()": lambda: x.clone(),
        "x.to(float64)": lambda: x.to(torch.float64),
        "x.to('cpu')": lambda: x.to("cpu"),
        "x.float() of float": lambda: x.float(),
        "x.long()": lambda: x.long(),
        "x.bool()": lambda: x.bool(),
        "counts.float()": lambda: counts.float(),
        "x.type(torch.int64)": lambda: x.type(torch.int64),
        "pixels.float() / 255": lambda: pixels.float() / 255,
        "len(x)": lambda: len(x),
        "x.shape": lambda: x.shape,
        "x.size(0)": lambda: x.size(0),
        "x.dim()": lambda: x.dim(),
        "x.numel()": lambda: x.numel(),
        "x.dtype == float32": lambda: x.dtype == torch.float32,
        "x.device": lambda: x.device,
        "torch.is_tensor(x)": lambda: torch.is_tensor(x),
        "repr(x)": lambda: repr(x),
        "repr(one)": lambda: repr(one),
        "f'{one:.2f}'": lambda: f"{one:.2f}",
        "copy.copy(x)": lambda: copy.copy(x),
        "copy.deepcopy(x)": lambda: copy.deepcopy(x),
        "pickle.dumps(x)": lambda: pickle.dumps(x),
        "pickle.loads(x)": lambda: pickle.loads(packed),
    }


def by_programs(torch: Any) -> Programs:
    """What a program of XLA computes when it is read, read at once; the last bits would differ in NumPy.

    Args:
        torch: the library.
    """
    x = torch.arange(12.0).reshape(3, 4)
    return {
        "x.exp().tolist()": lambda: x.exp().tolist(),
        "torch.softmax(x, -1).tolist()": lambda: torch.softmax(x, -1).tolist(),
        "(x @ x.T).tolist()": lambda: (x @ x.T).tolist(),
        "x.norm().item()": lambda: x.norm().item(),
        "x.std().item()": lambda: x.std().item(),
        "x.cumsum(0).tolist()": lambda: x.cumsum(0).tolist(),
        "x.max(dim=1).values.tolist()": lambda: x.max(dim=1).values.tolist(),
        "x.sort().values.tolist()": lambda: x.sort().values.tolist(),
    }


def _data(torch: Any) -> Programs:
    utils = torch.utils.data
    samples = [(torch.zeros(1, 28, 28), i) for i in range(32)]
    dictionaries = [{"x": torch.zeros(8), "y": float(i)} for i in range(32)]
    dataset = utils.TensorDataset(torch.zeros(256, 20), torch.arange(256))
    in_order = utils.DataLoader(dataset, batch_size=32)
    shuffled = utils.DataLoader(dataset, batch_size=32, shuffle=True)
    subset = utils.Subset(dataset, list(range(100, 200)))
    return {
        "dataset[7]": lambda: dataset[7],
        "subset[7]": lambda: subset[7],
        "default_collate of 32": lambda: utils.default_collate(samples),
        "default_collate of 32 dictionaries": lambda: utils.default_collate(dictionaries),
        "DataLoader of 8 batches": lambda: list(in_order),
        "DataLoader of 8 batches, shuffled": lambda: list(shuffled),
    }


def _transforms(torch: Any) -> Programs:
    pixels, image = np.zeros((32, 32, 3), np.uint8), torch.ones(3, 32, 32)
    mean, std, functional = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.2, 0.2]), torch.nn.functional
    rows = torch.arange(160.0).reshape(16, 10)
    return {
        "pixels to floats": lambda: torch.from_numpy(pixels).permute(2, 0, 1).float() / 255,
        "pixels to floats, contiguous": lambda: (
            torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        ),
        "normalize": lambda: (image - mean[:, None, None]) / std[:, None, None],
        "normalize in place": lambda: image.clone().sub_(mean[:, None, None]).div_(std[:, None, None]),
        "grayscale": lambda: 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2],
        "flip if rand(1) < 0.5": lambda: image.flip(-1) if torch.rand(1) < 0.5 else image,
        "random crop": lambda: image[:, int(torch.randint(0, 5, (1,))) : 28, 2:30],
        "erase": lambda: image.clone().__setitem__((slice(None), slice(3, 9), slice(3, 9)), 0.0),
        "F.pad with a number": lambda: functional.pad(image, (4, 4, 4, 4), value=0.5),
        "F.pad reflecting": lambda: functional.pad(image, (4, 4, 4, 4), mode="reflect"),
        "image[:, ::2, ::2]": lambda: image[:, ::2, ::2],
        "image.mean((1, 2))": lambda: image.mean((1, 2)),
        "mixup": lambda: 0.3 * rows + 0.7 * rows.flip(0),
        "to [0, 1]": lambda: (rows - rows.min()) / (rows.max() - rows.min()),
        "rows / row sums": lambda: rows / rows.sum(1, keepdim=True),
        "rows[1:] - rows[:-1]": lambda: rows[1:] - rows[:-1],
    }


def _metrics(torch: Any) -> Programs:
    scores, labels = (torch.arange(160) % 7).float().reshape(16, 10), torch.arange(16) % 10
    confusion, sums, total = torch.zeros(10, 10, dtype=torch.int64), torch.zeros(10), torch.zeros(10)
    boxes = torch.tensor([[1.0, 2.0, 5.0, 6.0], [2.0, 3.0, 8.0, 9.0]])

    def confuse() -> None:
        confusion[3, 4] += 1

    def add_up() -> None:
        sums[3] += 0.5

    return {
        "right ones": lambda: (scores.argmax(1) == labels).sum().item(),
        "accuracy": lambda: (scores.argmax(dim=1) == labels).float().mean().item(),
        "right ones by max(1)": lambda: scores.max(1)[1].eq(labels).sum().item(),
        "confusion[i, j] += 1": confuse,
        "sums[i] += 0.5": add_up,
        "total += row": lambda: total.add_(scores[3]),
        "isnan().any().item()": lambda: torch.isnan(scores).any().item(),
        "isfinite().all()": lambda: bool(torch.isfinite(scores).all()),
        "count_nonzero().item()": lambda: torch.count_nonzero(scores > 0.5).item(),
        "unique with counts": lambda: labels.unique(return_counts=True),
        "bincount(minlength=10)": lambda: torch.bincount(labels, minlength=10),
        "scores of labels": lambda: scores[torch.arange(16), labels],
        "gather, squeeze": lambda: scores.gather(1, labels.unsqueeze(1)).squeeze(1),
        "scores[scores > 0.5]": lambda: scores[scores > 0.5],
        "torch.where(mask)": lambda: torch.where(scores > 0.5),
        "largest magnitude": lambda: scores.abs().max().item(),
        "areas": lambda: (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]),
        "intersections": lambda: (
            torch.min(boxes[:, None, 2:], boxes[:, 2:]) - torch.max(boxes[:, None, :2], boxes[:, :2])
        ),
        "boxes.clamp(min=0, max=4)": lambda: boxes.clamp(min=0, max=4),
        "squared distances": lambda: ((scores[:, None] - scores[None]) ** 2).sum(-1),
    }


def _replay(torch: Any) -> Programs:
    seen, rewards, actions = (
        torch.zeros(100000, 8),
        torch.zeros(100000),
        torch.zeros(100000, dtype=torch.int64),
    )
    done, chosen, state = torch.zeros(100000, dtype=torch.bool), torch.arange(64) * 700, torch.ones(8)
    place, one = iter(range(10**9)), torch.tensor(1.5)

    def write(buffer: Any, value: Any) -> None:
        buffer[next(place) % 100000] = value

    def rows() -> Any:
        made = torch.zeros(8, 8)
        for i in range(8):
            made[i] = state
        return made

    return {
        "buffer[i] = state": lambda: write(seen, state),
        "rewards[i] = 1.": lambda: write(rewards, 1.0),
        "rewards[i] = tensor": lambda: write(rewards, one),
        "actions[i] = 3": lambda: write(actions, 3),
        "done[i] = True": lambda: write(done, True),
        "buffer[chosen]": lambda: seen[chosen],
        "actions[chosen].unsqueeze(1)": lambda: actions[chosen].unsqueeze(1),
        "zeros, 8 rows written": rows,
        "float(r[0] + 0.99 * r[1])": lambda: float(rewards[0] + 0.99 * rewards[1]),
    }


def _texts(torch: Any) -> Programs:
    lines = [torch.arange(n) for n in (3, 5, 2, 7)]
    tokens, end, functional = torch.arange(16) % 5, torch.tensor([1]), torch.nn.functional
    numbers = list(range(100))
    return {
        "pad_sequence": lambda: torch.nn.utils.rnn.pad_sequence(lines, batch_first=True),
        "pad_sequence with -1": lambda: torch.nn.utils.rnn.pad_sequence(
            lines, batch_first=True, padding_value=-1
        ),
        "torch.tensor of 100 integers": lambda: torch.tensor(numbers),
        "tokens, end": lambda: torch.cat([tokens, end]),
        "tokens[1:].clone()": lambda: tokens[1:].clone(),
        "(tokens != 0).unsqueeze(0)": lambda: (tokens != 0).unsqueeze(0),
        "masked_fill(tokens == 0, -100)": lambda: tokens.masked_fill(tokens == 0, -100),
        "causal mask": lambda: torch.triu(torch.ones(5, 5), diagonal=1).bool(),
        "one_hot of a line, float": lambda: functional.one_hot(lines[1], 10).float(),
        "tokens.repeat_interleave(2)": lambda: tokens.repeat_interleave(2),
        "(tokens * 2 + 1) // 3": lambda: (tokens * 2 + 1) // 3,
        "tokens / 2": lambda: tokens / 2,
        "tokens.tolist()": lambda: tokens.tolist(),
    }


FAMILIES: dict[str, Callable[[Any], Programs]] = {
    "arithmetic": _arithmetic,
    "reductions": _reductions,
    "shapes": _shapes,
    "indexing": _indexing,
    "making": _making,
    "random": _random,
    "conversion": _conversion,
    "data": _data,
    "transforms": _transforms,
    "metrics": _metrics,
    "replay": _replay,
    "texts": _texts,
}
