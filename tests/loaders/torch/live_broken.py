"""Live modules with one mistake each: the line that must be flagged bears its mark."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from tests.loaders.torch.live_nets import BasicBlock, DoubleConv


class BiasBeforeNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)  # info: [bias-before-batchnorm]
        self.bn = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.relu(self.bn(self.conv(x))).mean((2, 3)))


class SoftmaxTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = BasicBlock(3, 16)
        self.fc = nn.Linear(16, 10)
        self.softmax = nn.Softmax(dim=1)  # error: [double-softmax]

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(self.fc(self.body(x).mean((2, 3))))


class SigmoidTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, 16, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 1, 8),
            nn.Sigmoid(),  # error: [double-sigmoid]
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x).flatten(1)


class LogitsAsProbabilities(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(8, 8)
        self.two = nn.Linear(8, 1)  # error: [logits-to-probability-loss]

    def forward(self, x: Tensor) -> Tensor:
        return self.two(torch.tanh(self.one(x)))


class WrongFeatures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Linear(16 * 7 * 7, 64),  # error: [dense-input-mismatch]
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


class WrongChannels(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 16, 3)
        self.two = nn.Conv2d(  # error: [channel-mismatch]
            32,
            8,
            kernel_size=3,
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.two(F.relu(self.one(x)))


class NoActivation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(16, 32)
        self.two = nn.Linear(32, 32)  # info: [missing-activation]
        self.three = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.three(F.relu(self.two(self.one(x))))


class DropEverything(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(16, 32)
        self.drop = nn.Dropout(p=1.0)  # error: [dropout-range]
        self.two = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.drop(F.relu(self.one(x))))


class KernelTooLarge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 8, 4, stride=4)
        self.two = nn.Conv2d(8, 8, 11)  # error: [kernel-exceeds-input]

    def forward(self, x: Tensor) -> Tensor:
        return self.two(F.relu(self.one(x)))


class WrongShortcut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 16, 3, padding=1)
        self.two = nn.Conv2d(16, 32, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.one(x))
        return F.relu(self.two(x) + x)  # error: [residual-add-mismatch]


class WrongSkip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = DoubleConv(3, 16)
        self.bottom = DoubleConv(16, 32)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.out = nn.Conv2d(32, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        one = self.down(x)
        x = self.up(self.bottom(F.max_pool2d(one, 4)))
        return self.out(torch.cat([x, one], dim=1))  # error: [merge-shape-mismatch]


class WrongCellInput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(32, 24, batch_first=True)  # error: [forward-fails]
        self.out = nn.Linear(24, 5)

    def forward(self, words: Tensor) -> Tensor:
        return self.out(self.lstm(self.embed(words))[0][:, -1])


class Checkerboard(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 3, 3, stride=2)  # info: [checkerboard-deconvolution]

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.up(F.relu(self.one(x))))


class Unscaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(64, 192)
        self.proj = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = q @ k.transpose(-2, -1)  # info: [attention-unscaled]
        return self.proj(scores.softmax(dim=-1) @ v)


class WrongAttentionAxis(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(64, 192)
        self.proj = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        scores = q @ k.transpose(-2, -1) / math.sqrt(64)
        return self.proj(scores.softmax(dim=1) @ v)  # error: [attention-softmax-axis]


class ReluScores(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(16, 32)
        self.two = nn.Linear(32, 10)
        self.relu = nn.ReLU()  # warning: [relu-before-loss]

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.two(torch.tanh(self.one(x))))


class NeverCalled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(16, 10)
        self.two = nn.Linear(16, 10, bias=False)  # info: [unused-parameter]

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x)


class Bytecode(nn.Module):
    """What only torch's compiler can follow."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.stem = nn.Conv1d(1, 1, 1, padding=3)  # warning: [padding-exceeds-kernel]
        self.head = nn.Linear(4, 2)
        self.calls: Tensor | int = 0
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.calls = x
        self.seen.append(x)
        x = self.body(x)
        if self.how == "assert":
            assert torch.isfinite(x).all(), "not finite"
        if self.how == "item":
            x = x * (int(x.sum().item()) + 1)
        if self.how == "float":
            x = x / float(self.head.weight.abs().max())
        if self.how == "numpy":
            x = x + torch.from_numpy(x.detach().numpy())
        scores: Tensor = self.head(self.stem(x[:, None]).mean(2) + x)
        return scores


#: For each: how it is built, the shape of its input, and the criterion.
BROKEN: dict[str, tuple[Callable[[], nn.Module], Any, nn.Module | None]] = {
    "bias-before-norm": (BiasBeforeNorm, (4, 3, 16, 16), nn.CrossEntropyLoss()),
    "softmax-twice": (SoftmaxTwice, (4, 3, 16, 16), nn.CrossEntropyLoss()),
    "sigmoid-twice": (SigmoidTwice, (4, 3, 16, 16), nn.BCEWithLogitsLoss()),
    "logits-as-probabilities": (LogitsAsProbabilities, (4, 8), nn.BCELoss()),
    "wrong-features": (WrongFeatures, (4, 3, 16, 16), nn.CrossEntropyLoss()),
    "wrong-channels": (WrongChannels, (4, 3, 16, 16), None),
    "no-activation": (NoActivation, (4, 16), nn.CrossEntropyLoss()),
    "drop-everything": (DropEverything, (4, 16), nn.CrossEntropyLoss()),
    "kernel-too-large": (KernelTooLarge, (4, 3, 16, 16), None),
    "wrong-shortcut": (WrongShortcut, (4, 3, 16, 16), None),
    "wrong-skip": (WrongSkip, (4, 3, 16, 16), nn.CrossEntropyLoss()),
    "wrong-cell-input": (WrongCellInput, (4, 12), nn.CrossEntropyLoss()),
    "checkerboard": (Checkerboard, (4, 3, 16, 16), None),
    "unscaled": (Unscaled, (4, 9, 64), None),
    "wrong-attention-axis": (WrongAttentionAxis, (4, 9, 64), None),
    "relu-scores": (ReluScores, (4, 16), nn.CrossEntropyLoss()),
    "never-called": (NeverCalled, (4, 16), nn.CrossEntropyLoss()),
}
