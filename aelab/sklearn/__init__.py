"""The autoencoder as an estimator of scikit-learn: a table in, codes, scores, samples and filled gaps out.

- `Autoencoder`: the estimator. `fitted` and `options`: what it leaves behind, and the bounds of its parameters.
- `recipe`: what its programs depend on, and the experiment that stands for it; `scale`: units of the table.
- `fitting`: epochs, compiled once for tables of about one size. `reading`: what is asked of a fitted model.
- `scoring`, `imputing`, `saving`: its methods about p(x), about what is missing of x, and about files.
"""

from aelab.sklearn.estimator import Autoencoder

__all__ = ["Autoencoder"]
