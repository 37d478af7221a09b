"""A quantised autoencoder with the codes of vector-quantize-pytorch, trained in PyTorch: one row of a table.

python tokenizer.py WORKLOAD

WORKLOAD is JSON: `data` (an .npz of uint8 images, `train` and `test`), `quantiser`, `codes` and `width` of a book or
`levels` of a grid, `depth` books of a residual code, `batch`, `steps`, `seed`, `lr`, and `way`. The way "example" has
the settings of the package's own examples on Fashion-MNIST: images from −1 to 1, the mean absolute error, AdamW. The
way "alike" has the loss and the optimizer of ours: binary cross-entropy, Adam, a learning rate that falls to 0 along a
cosine. The answer is a line of JSON on stdout: scores over all test images.
"""

import json
import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from vector_quantize_pytorch import FSQ, LFQ, ResidualVQ, VectorQuantize

COMMITMENT = 10.0  # what the example multiplies the package's own loss by, beside a mean over pixels
ENTROPY, DIVERSITY = 0.02, 1.0  # of its example of LFQ, whose loss stands for itself
BLOCK = 500  # test images at a time


def quantiser(work: dict) -> tuple[nn.Module, int]:
    """What quantises a grid of vectors, and how many numbers they have."""
    kind, codes, width = work["quantiser"], work["codes"], work["width"]
    if kind == "fsq":
        return FSQ(work["levels"]), len(work["levels"])
    if kind == "lfq":
        bits = int(math.log2(codes))
        return LFQ(dim=bits, codebook_size=codes, entropy_loss_weight=ENTROPY, diversity_gamma=DIVERSITY), bits
    if kind == "residual":
        return InSequence(ResidualVQ(dim=width, codebook_size=codes, num_quantizers=work["depth"])), width
    return VectorQuantize(width, codes, use_cosine_sim=kind == "cosine", accept_image_fmap=True), width


class InSequence(nn.Module):
    """A quantiser of sequences that is given grids: its own way with grids of several levels ends in an error."""

    def __init__(self, books: nn.Module):
        super().__init__()
        self.books = books

    def forward(self, grid: torch.Tensor):
        code, *more = self.books(grid.flatten(2).transpose(1, 2))
        return code.transpose(1, 2).reshape(grid.shape), *more


class Tokenizer(nn.Module):
    """The convolutional net of aelab, 32 and 64 channels, with a code at each place of its last grid."""

    def __init__(self, work: dict):
        super().__init__()
        self.quantise, width = quantiser(work)
        self.aux = {"fsq": 0.0, "lfq": 1.0}.get(work["quantiser"], COMMITMENT)
        gelu = nn.GELU("tanh")
        self.encode = nn.Sequential(
            nn.Conv2d(1, 32, 3, 2, 1), gelu, nn.Conv2d(32, 64, 3, 2, 1), gelu, nn.Conv2d(64, width, 1)
        )
        self.decode = nn.Sequential(nn.Conv2d(width, 64, 1), gelu)
        self.decode.append(nn.ConvTranspose2d(64, 32, 3, 2, 1, 1)).append(gelu)
        self.decode.append(nn.ConvTranspose2d(32, 1, 3, 2, 1, 1))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is decoded, the indices of the codes, and the weighed loss of the quantiser."""
        code, indices, *aux = self.quantise(self.encode(x))
        return self.decode(code), indices, self.aux * aux[0].mean() if aux else torch.zeros(())


def train(model: Tokenizer, images: torch.Tensor, work: dict) -> None:
    alike, lr = work["way"] == "alike", work["lr"]
    optimizer = (torch.optim.Adam if alike else torch.optim.AdamW)(model.parameters(), lr=lr)
    steps, order = work["steps"], iter(())
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows = next(order, None)
        if rows is None:
            order = iter(torch.randperm(len(images)).split(work["batch"]))
            rows = next(order)
        x = images[rows, None].float() / 255
        shown = x if alike else 2 * x - 1
        out, _, aux = model(shown)
        error = (
            functional.binary_cross_entropy_with_logits(out, x) if alike else (out.clamp(-1, 1) - shown).abs().mean()
        )
        optimizer.zero_grad()
        (error + aux).backward()
        optimizer.step()
        if alike:
            falling.step()


@torch.no_grad()
def scores(model: Tokenizer, images: torch.Tensor, work: dict) -> dict[str, float]:
    """Squared error of an image with values from 0 to 1, and how the codes are used: the level where it is worst."""
    error, levels = 0.0, work["depth"] if work["quantiser"] == "residual" else 1
    codes = math.prod(work["levels"]) if work["quantiser"] == "fsq" else work["codes"]
    counts = np.zeros((levels, codes))
    for part in images.split(BLOCK):
        x = part[:, None].float() / 255
        out, indices, _ = model.eval()(x if work["way"] == "alike" else 2 * x - 1)
        made = out.sigmoid() if work["way"] == "alike" else (out.clamp(-1, 1) + 1) / 2
        error += float((made - x).square().sum())
        for level, own in enumerate(indices.reshape(-1, levels).T.numpy()):
            counts[level] += np.bincount(own, minlength=codes)
    share = counts / counts.sum(1, keepdims=True)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(1)
    most = np.minimum(counts.sum(1), codes)
    usage = ((counts > 0).sum(1) / most).min()
    return {"squared_error": error / len(images), "perplexity": float(np.exp(entropy).min()), "usage": float(usage)}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    torch.manual_seed(asked["seed"])
    with np.load(asked["data"]) as stored:
        train_images, test_images = (torch.tensor(stored[name]) for name in ("train", "test"))
    net = Tokenizer(asked)
    train(net, train_images, asked)
    print(json.dumps(scores(net, test_images, asked)))
