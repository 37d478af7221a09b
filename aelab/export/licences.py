"""What is known of the sets that a model card may speak of: who made them, under which licence they are given."""

from typing import NamedTuple


class Known(NamedTuple):
    """A set that is known by its name."""

    title: str
    licence: str  # in a sentence's words
    source: str  # who made it, and where that is written
    hub: str = ""  # its name on the Hugging Face hub


FASHION = Known(
    "Fashion-MNIST",
    "the MIT licence",
    "Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747",
    "zalando-datasets/fashion_mnist",
)
MNIST = Known(
    "MNIST",
    "the licence Creative Commons Attribution-Share Alike 3.0",
    "LeCun, Bottou, Bengio and Haffner 1998, doi:10.1109/5.726791",
    "ylecun/mnist",
)
KNOWN = {
    "fashion_small": FASHION._replace(title="a part of Fashion-MNIST, 5,000 and 1,000 images"),
    "fashion_mnist": FASHION,
    "mnist": MNIST,
    "binarized_mnist": MNIST._replace(title="MNIST as bits"),
    "digits": Known(
        "the Optical Recognition of Handwritten Digits, as scikit-learn has it",
        "the licence Creative Commons Attribution 4.0",
        "Alpaydin and Kaynak 1998, doi:10.24432/C50P49",
    ),
    "sprites": Known("shapes that aelab draws itself", "that of aelab, Apache-2.0", "aelab"),
}


def find(data: str) -> Known | None:
    """What is known of a set by its name as `--data` takes it; None of a user's own."""
    kind, colon, name = data.partition(":")
    return KNOWN.get(name if colon else data) if kind == "tfds" or not colon else None
