"""What vector-quantize-pytorch finds for vectors: `python quantisers.py IN.npz OUT.npz`.

IN has `vectors` [vector, number], `books` [level, entry, number] and `levels`. OUT has indices by kind, and of bits the
signs themselves, since there the first bit is the highest.
"""

import sys

import numpy as np
import torch
from vector_quantize_pytorch import FSQ, LFQ, ResidualVQ, VectorQuantize


def found(vectors: torch.Tensor, books: torch.Tensor, levels: list[int]) -> dict[str, torch.Tensor]:
    """Indices, or signs, of each kind."""
    depth, codes, width = books.shape
    plain, cosine = (VectorQuantize(width, codes, use_cosine_sim=own) for own in (False, True))
    residual = ResidualVQ(dim=width, codebook_size=codes, num_quantizers=depth)
    for layer, book in ((plain, books[0]), (cosine, books[0]), *zip(residual.layers, books, strict=True)):
        layer._codebook.embed.data.copy_(
            (torch.nn.functional.normalize(book, dim=-1) if layer is cosine else book)[None]
        )
    bits = {name: LFQ(dim=width, codebook_size=2**width, spherical=name == "bsq") for name in ("lfq", "bsq")}
    made = {"vq": plain, "cosine": cosine, "residual": residual, "fsq": FSQ(levels)}
    made = {
        name: each.eval()(vectors[None, :, : len(levels) if name == "fsq" else None])[1][0]
        for name, each in made.items()
    }
    return made | {name: each.eval()(vectors[None])[0][0] for name, each in bits.items()}


with torch.no_grad():
    given = np.load(sys.argv[1])
    own = found(torch.tensor(given["vectors"]), torch.tensor(given["books"]), given["levels"].tolist())
    np.savez(sys.argv[2], **{name: value.numpy() for name, value in own.items()})
