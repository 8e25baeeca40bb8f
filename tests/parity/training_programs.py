"""Training programs for :mod:`tests.parity.test_training`: each is written for PyTorch and returns its losses.

``python -m tests.parity.training_programs`` runs them with torch and rewrites ``training_losses.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("training_losses.json")

Program = Callable[[Any], list[float]]


def lenet(torch: Any) -> Any:
    nn = torch.nn
    functional = torch.nn.functional

    class LeNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1 = nn.Linear(16 * 4 * 4, 120)
            self.fc2 = nn.Linear(120, 84)
            self.fc3 = nn.Linear(84, 10)

        def forward(self, x: Any) -> Any:
            x = functional.max_pool2d(functional.relu(self.conv1(x)), (2, 2))
            x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
            x = x.view(-1, 16 * 4 * 4)
            x = functional.relu(self.fc1(x))
            x = functional.relu(self.fc2(x))
            return self.fc3(x)

    return LeNet()


def mlp(torch: Any, norm: Any = None) -> Any:
    nn = torch.nn
    layers = [nn.Flatten(), nn.Linear(64, 32)]
    if norm is not None:
        layers.append(norm(32))
    return nn.Sequential(*layers, nn.ReLU(), nn.Linear(32, 10))


def image_batches(torch: Any, size: int, *, samples: int = 40, batch: int = 8) -> Any:
    """A shuffled loader of images with labels that can be learned."""
    x = torch.randn(samples, 1, size, size)
    y = (x.mean(dim=(1, 2, 3)) * size).mul(3).long().remainder(10)
    data = torch.utils.data.TensorDataset(x, y)
    return torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True)


def train(torch: Any, model: Any, optimizer: Any, loader: Any, epochs: int) -> list[float]:
    criterion = torch.nn.CrossEntropyLoss()
    losses = []
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def optimizers(torch: Any) -> dict[str, Callable[[Any], Any]]:
    optim = torch.optim
    return {
        "sgd": lambda p: optim.SGD(p, lr=0.05),
        "momentum": lambda p: optim.SGD(p, lr=0.02, momentum=0.9),
        "nesterov_decay": lambda p: optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
        "adam": lambda p: optim.Adam(p, lr=0.002),
        "amsgrad_decay": lambda p: optim.Adam(
            p, lr=0.002, betas=(0.8, 0.99), weight_decay=0.01, amsgrad=True
        ),
        "adamw": lambda p: optim.AdamW(p, lr=0.002, weight_decay=0.1),
    }


OPTIMIZERS = ("sgd", "momentum", "nesterov_decay", "adam", "amsgrad_decay", "adamw")


def plain(model: str, optimizer: str) -> Program:
    """The plain loop, 4 epochs of 5 batches: 20 losses."""

    def program(torch: Any) -> list[float]:
        torch.manual_seed(7)
        if model == "lenet":
            loader = image_batches(torch, 28)
            net = lenet(torch)
        else:
            loader = image_batches(torch, 8)
            norms = {"mlp": None, "batchnorm": torch.nn.BatchNorm1d, "layernorm": torch.nn.LayerNorm}
            net = mlp(torch, norms[model])
        return train(torch, net, optimizers(torch)[optimizer](net.parameters()), loader, 4)

    return program


def conv_batchnorm(torch: Any) -> list[float]:
    nn = torch.nn
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 8, 3, stride=2),
        nn.BatchNorm2d(8),
        nn.GELU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 10),
    )
    loader = image_batches(torch, 12)
    losses = train(torch, net, torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9), loader, 4)
    buffers = [b.double().sum().item() for b in net.buffers()]
    return losses + buffers


def smaller_last_batch(torch: Any) -> list[float]:
    """7 batches of 6, the last of 4."""
    torch.manual_seed(3)
    loader = image_batches(torch, 28, batch=6)
    net = lenet(torch)
    return train(torch, net, torch.optim.Adam(net.parameters(), lr=0.002), loader, 3)


def learning_rates(torch: Any) -> list[float]:
    """The learning rate changed by hand every step, for one of two groups."""
    torch.manual_seed(2)
    loader = image_batches(torch, 8)
    net = mlp(torch)
    optimizer = torch.optim.SGD(
        [{"params": net[1].parameters()}, {"params": net[3].parameters(), "lr": 0.01}], lr=0.1, momentum=0.9
    )
    criterion = torch.nn.CrossEntropyLoss()
    losses = []
    step = 0
    for _ in range(4):
        for inputs, labels in loader:
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = 0.1 / step
            optimizer.param_groups[1]["weight_decay"] = 0.001 * step
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def accumulation(torch: Any) -> list[float]:
    """Gradients of two batches for each step, clipped; the norms before clipping are returned too."""
    torch.manual_seed(4)
    loader = image_batches(torch, 8, samples=80, batch=4)
    net = mlp(torch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.005)
    criterion = torch.nn.CrossEntropyLoss()
    losses, norms = [], []
    optimizer.zero_grad()
    for i, (inputs, labels) in enumerate(loader):
        loss = criterion(net(inputs), labels) / 2
        loss.backward()
        losses.append(loss.item())
        if i % 2 == 1:
            norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5).item())
            optimizer.step()
            optimizer.zero_grad()
    return losses + norms


def clip_value(torch: Any) -> list[float]:
    torch.manual_seed(5)
    loader = image_batches(torch, 8)
    net = mlp(torch)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    criterion = torch.nn.CrossEntropyLoss()
    losses = []
    for _ in range(4):
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            torch.nn.utils.clip_grad_value_(net.parameters(), 0.01)
            optimizer.step()
            losses.append(loss.item())
    return losses


def zero_grad_keeps(torch: Any) -> list[float]:
    """zero_grad(set_to_none=False) on the optimizer and zero_grad() on the model, in turn; momentum shows it."""
    torch.manual_seed(6)
    loader = image_batches(torch, 8)
    net = mlp(torch)
    unused = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([*net.parameters(), unused], lr=0.05, momentum=0.9, weight_decay=0.1)
    (unused * 2).sum().backward()
    criterion = torch.nn.CrossEntropyLoss()
    losses = []
    for _ in range(4):
        for i, (inputs, labels) in enumerate(loader):
            if i % 2:
                optimizer.zero_grad(set_to_none=False)
            else:
                net.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses + unused.tolist() + unused.grad.tolist()


def evaluation_between(torch: Any) -> list[float]:
    """random_split, and a pass over the held-out part with eval() and no_grad() after every epoch."""
    nn = torch.nn
    data_tools = torch.utils.data
    torch.manual_seed(8)
    x = torch.randn(60, 16)
    y = (x[:, :4].sum(1) > 0).long()
    train_set, test_set = data_tools.random_split(data_tools.TensorDataset(x, y), [44, 16])
    net = nn.Sequential(
        nn.Linear(16, 12), nn.BatchNorm1d(12), nn.Tanh(), nn.Linear(12, 2), nn.LogSoftmax(dim=1)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    criterion = nn.NLLLoss()
    results = []
    train_loader = data_tools.DataLoader(train_set, batch_size=10, shuffle=True)
    test_loader = data_tools.DataLoader(test_set, batch_size=6)
    for _ in range(4):
        net.train()
        running = 0.0
        for inputs, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
            results.append(loss.item())
        results.append(running / len(train_loader))
        net.eval()
        correct = total = 0
        with torch.no_grad():
            for inputs, labels in test_loader:
                outputs = net(inputs)
                results.append(criterion(outputs, labels).item())
                _, predicted = torch.max(outputs.data, 1)
                total += labels.size(0)
                correct += (predicted == labels).sum().item()
        results.append(correct / total)
    return results


def embedding(torch: Any) -> list[float]:
    """A bag of tokens with padding, LayerNorm and a regression loss; SGD sees zero gradients for unseen rows."""
    nn = torch.nn

    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(30, 8, padding_idx=0)
            self.norm = nn.LayerNorm(8)
            self.out = nn.Linear(8, 1)

        def forward(self, tokens: Any) -> Any:
            mask = (tokens != 0).unsqueeze(-1).float()
            mean = (self.embedding(tokens) * mask).sum(1) / mask.sum(1).clamp(min=1)
            return self.out(self.norm(mean)).squeeze(-1)

    torch.manual_seed(9)
    tokens = torch.randint(0, 30, (40, 5))
    target = (tokens % 2).float().mean(1)
    data = torch.utils.data.TensorDataset(tokens, target)
    loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True, drop_last=True)
    net = Bag()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    criterion = nn.MSELoss()
    losses = []
    for _ in range(4):
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def binary(torch: Any) -> list[float]:
    """BCE and BCE with logits and a class weight, summed; L1 penalty on the weights; a tied weight."""
    nn = torch.nn
    torch.manual_seed(10)
    x = torch.rand(32, 6)
    y = (x.sum(1, keepdim=True) > 3).float()
    first = nn.Linear(6, 6)
    tied = nn.Linear(6, 6)
    tied.weight = first.weight
    net = nn.Sequential(first, nn.Sigmoid(), tied, nn.ReLU(), nn.Linear(6, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5, dampening=0.1)
    with_logits = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0]))
    losses = []
    for step in range(20):
        picked = torch.randperm(32)[:8]
        logits = net(x[picked])
        loss = with_logits(logits, y[picked]) + nn.functional.binary_cross_entropy(
            logits.sigmoid(), y[picked]
        )
        loss = loss + 0.001 * sum(p.abs().sum() for p in net.parameters())
        loss = loss * (1.0 / (1 + step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


def frozen(torch: Any) -> list[float]:
    """A frozen backbone, a new head, then unfrozen and put into the optimizer with add_param_group."""
    nn = torch.nn
    torch.manual_seed(11)
    loader = image_batches(torch, 28)
    net = lenet(torch)
    for parameter in net.parameters():
        parameter.requires_grad = False
    net.fc3 = nn.Linear(84, 10)
    optimizer = torch.optim.SGD(net.fc3.parameters(), lr=0.05, momentum=0.9)
    losses = train(torch, net, optimizer, loader, 2)
    for parameter in net.fc2.parameters():
        parameter.requires_grad_(True)
    optimizer.add_param_group({"params": net.fc2.parameters(), "lr": 0.01})
    return losses + train(torch, net, optimizer, loader, 2)


def restarted(torch: Any) -> list[float]:
    """Model and optimizer state carried into new objects in the middle."""
    torch.manual_seed(12)
    loader = image_batches(torch, 8)
    net = mlp(torch, torch.nn.BatchNorm1d)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    losses = train(torch, net, optimizer, loader, 2)
    again = mlp(torch, torch.nn.BatchNorm1d)
    again.load_state_dict(net.state_dict())
    second = torch.optim.Adam(again.parameters(), lr=0.1)
    second.load_state_dict(optimizer.state_dict())
    return losses + train(torch, again, second, loader, 2)


def by_hand(torch: Any) -> list[float]:
    """No module, no optimizer: weights updated in place under no_grad, gradients zeroed in place."""
    torch.manual_seed(13)
    x = torch.linspace(-3, 3, 50).unsqueeze(1)
    y = torch.sin(x)
    w1 = torch.randn(1, 16, requires_grad=True)
    b1 = torch.zeros(16, requires_grad=True)
    w2 = torch.randn(16, 1).mul_(0.1).requires_grad_()
    losses = []
    for _ in range(20):
        loss = ((torch.tanh(x @ w1 + b1) @ w2 - y) ** 2).mean()
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for w in (w1, b1, w2):
                w -= 0.05 * w.grad
                w.grad.zero_()
    return losses


PROGRAMS: dict[str, Program] = {
    **{f"{m}-{o}": plain(m, o) for m in ("lenet", "mlp", "batchnorm") for o in OPTIMIZERS},
    **{f"layernorm-{o}": plain("layernorm", o) for o in ("momentum", "adam")},
    "conv_batchnorm": conv_batchnorm,
    "smaller_last_batch": smaller_last_batch,
    "learning_rates": learning_rates,
    "accumulation": accumulation,
    "clip_value": clip_value,
    "zero_grad_keeps": zero_grad_keeps,
    "evaluation_between": evaluation_between,
    "embedding": embedding,
    "binary": binary,
    "frozen": frozen,
    "restarted": restarted,
    "by_hand": by_hand,
}


def write_golden() -> None:
    """Run every program with torch and write its losses down."""
    import torch

    losses = {name: program(torch) for name, program in PROGRAMS.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(values)}" for name, values in losses.items())
    GOLDEN.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    write_golden()
