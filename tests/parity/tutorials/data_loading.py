"""Loaders with all their options, samplers, datasets, nested batches, and what they refuse."""

import collections
import math
import random
from collections import namedtuple

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
    random_split,
)
from torch.utils.data.dataloader import default_collate as dc2

torch.manual_seed(0)


class Toy(Dataset):
    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(f"index {i} out of range")
        return {
            "x": torch.full((2,), float(i)),
            "meta": {"id": i, "name": f"s{i}", "w": i / 2, "arr": np.arange(i, i + 2)},
            "pair": (i, [float(i), i * 2]),
        }


def worker_init_fn(worker_id):
    np.random.seed(np.random.get_state()[1][0] + worker_id)


def seed_worker(worker_id):
    worker_seed = torch.initial_seed() % 2**32
    np.random.seed(worker_seed)
    random.seed(worker_seed)


b = next(iter(DataLoader(Toy(), batch_size=3)))
print(b)
g = torch.Generator()
g.manual_seed(0)
for dl in (
    DataLoader(Toy(), batch_size=4, shuffle=True, generator=g),
    DataLoader(
        Toy(),
        batch_size=4,
        shuffle=True,
        drop_last=True,
        num_workers=2,
        worker_init_fn=seed_worker,
        generator=g,
        persistent_workers=True,
        prefetch_factor=2,
        pin_memory=True,
    ),
    DataLoader(Toy(), batch_sampler=BatchSampler(SequentialSampler(range(7)), 3, False)),
    DataLoader(Toy(), sampler=SubsetRandomSampler([1, 3, 5])),
    DataLoader(Toy(), batch_size=None),
    DataLoader(Toy(), 5, sampler=RandomSampler(Toy(), replacement=True, num_samples=7)),
):
    print(
        len(dl),
        [
            d["meta"]["id"].tolist() if isinstance(d["meta"]["id"], torch.Tensor) else d["meta"]["id"]
            for d in dl
        ],
        dl.batch_size,
        dl.drop_last,
        dl.num_workers,
        type(dl.sampler).__name__,
    )
Point = namedtuple("Point", "x y")
print(
    default_collate([Point(1, 2.0), Point(3, 4.0)]),
    default_collate([(1, "a"), (2, "b")]),
    default_collate([np.float32(1), np.float32(2)]),
    dc2([True, False]),
    default_collate([[torch.zeros(1)], [torch.ones(1)]]),
)
print(
    default_collate([collections.OrderedDict(a=1, b="x"), collections.OrderedDict(a=2, b="y")]),
    default_collate([np.array([1, 2], dtype=np.uint8)] * 2),
    default_collate([b"a", b"b"]),
)
for bad in (
    [torch.zeros(2), torch.zeros(3)],
    [None, None],
    [[1, 2], [1]],
    [{"a": 1}, {"b": 1}],
    [np.array(["x"]), np.array(["y"])],
    [object()],
):
    try:
        print(default_collate(bad))
    except Exception as e:
        print(type(e).__name__, str(e)[:170])


class Stream(IterableDataset):
    def __init__(self, start, end):
        self.start, self.end = start, end

    def __iter__(self):
        info = get_worker_info()
        if info is None:
            a, b = self.start, self.end
        else:
            per = int(math.ceil((self.end - self.start) / float(info.num_workers)))
            a = self.start + info.id * per
            b = min(a + per, self.end)
        return iter(range(a, b))


print(
    list(DataLoader(Stream(3, 7), num_workers=0)),
    list(DataLoader(Stream(3, 7), num_workers=2)),
    list(DataLoader(Stream(0, 7), batch_size=3, num_workers=2)),
    list(DataLoader(ChainDataset([Stream(0, 2), Stream(5, 7)]), batch_size=3)),
)
for bad in (
    lambda: DataLoader(Stream(0, 3), shuffle=True),
    lambda: len(DataLoader(Stream(0, 3))),
    lambda: DataLoader(Toy(), shuffle=True, sampler=SequentialSampler([1])),
    lambda: DataLoader(Toy(), batch_size=0),
    lambda: DataLoader(Toy(), num_workers=-1),
    lambda: DataLoader(Toy(), prefetch_factor=2),
    lambda: DataLoader(Toy(), persistent_workers=True),
    lambda: DataLoader(Toy(), batch_sampler=[[1]], batch_size=2),
    lambda: DataLoader(Toy(), batch_size=None, drop_last=True),
    lambda: RandomSampler([]),
    lambda: RandomSampler(Toy(), num_samples=0),
    lambda: WeightedRandomSampler([1.0], -1),
    lambda: random_split(range(5), [2, 2]),
    lambda: TensorDataset(torch.zeros(2), torch.zeros(3)),
    lambda: BatchSampler([1], 0, False),
    lambda: ConcatDataset([]),
    lambda: ConcatDataset([range(3)])[5],
    lambda: DataLoader(Toy(), timeout=-1),
    lambda: RandomSampler(Toy(), replacement=3),
    lambda: random_split(range(5), [0.5, 0.7]),
    lambda: list(DataLoader([1, 2, "a"], batch_size=3)),
    lambda: DataLoader(Toy(0), shuffle=True),
    lambda: next(iter(DataLoader(Toy(0)))),
    lambda: DataLoader(Toy(), multiprocessing_context="spawnx", num_workers=1),
    lambda: list(DataLoader(Toy(3), sampler=[5])),
):
    try:
        print("->", bad())
    except BaseException as e:
        print(type(e).__name__, str(e).split("\n")[0])
a, b = random_split(range(10), [0.7, 0.3], generator=torch.Generator().manual_seed(42))
print(list(a), list(b), a.indices, len(a), [len(s) for s in random_split(range(11), [0.5, 0.3, 0.2])])
c = ConcatDataset([TensorDataset(torch.arange(3)), TensorDataset(torch.arange(10, 12))])
print(
    len(c),
    c[3],
    c[-1],
    c.cumulative_sizes,
    Subset(c, [0, 4])[1],
    (TensorDataset(torch.arange(2)) + TensorDataset(torch.arange(2)))[3],
)
print(
    StackDataset(a=range(3), b=[5, 6, 7])[1],
    TensorDataset(torch.arange(6).view(3, 2), torch.arange(3))[1:],
    list(WeightedRandomSampler([0.1, 0.9, 0.4], 5, generator=torch.Generator().manual_seed(1))),
)


class EveryOther(Sampler):
    def __init__(self, src):
        self.src = src

    def __iter__(self):
        return iter(range(0, len(self.src), 2))

    def __len__(self):
        return (len(self.src) + 1) // 2


def pad_collate(batch):
    xs = [torch.arange(d["meta"]["id"] + 1) for d in batch]
    return torch.nn.utils.rnn.pad_sequence(xs, batch_first=True, padding_value=-1), torch.tensor(
        [len(x) for x in xs]
    )


for x, n in DataLoader(Toy(6), batch_size=2, sampler=EveryOther(Toy(6)), collate_fn=pad_collate):
    print(x, n)


class Bad(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        if i == 2:
            raise ValueError("broken sample")
        return i


for nw in (0, 1):
    try:
        for x in DataLoader(Bad(), batch_size=1, num_workers=nw):
            print(x)
    except ValueError as e:
        print("ValueError", str(e).split("\n")[0], str(e).strip().split("\n")[-1])
it = iter(DataLoader(Toy(3), batch_size=2))
print(len(it), next(it)["x"], next(it)["x"])
try:
    next(it)
except StopIteration:
    print("stop")


class SimpleCustomBatch:
    def __init__(self, data):
        t = list(zip(*data))
        self.inp = torch.stack(t[0], 0)
        self.tgt = torch.stack(t[1], 0)

    def pin_memory(self):
        self.inp = self.inp.pin_memory()
        return self


for s in DataLoader(
    TensorDataset(torch.arange(4.0).view(2, 2), torch.arange(2)),
    batch_size=2,
    collate_fn=lambda b: SimpleCustomBatch(b),
    pin_memory=True,
):
    print(s.inp, s.tgt, s.inp.shape)
torch.manual_seed(5)
print(
    [x.tolist() for x in DataLoader(torch.arange(8), batch_size=3, shuffle=True)],
    torch.rand(1),
    [x.tolist() for x in DataLoader(range(8), 3, True, num_workers=2)],
    torch.rand(1),
)
dl = DataLoader(Toy(), batch_size=2)
try:
    dl.batch_size = 4
except ValueError as e:
    print(e)
print([torch.utils.data.dataloader.default_convert({"a": np.ones(2), "b": [1, "c"]})])
