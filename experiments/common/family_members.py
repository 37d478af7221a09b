"""The family: every member by its name, the script that trains it, and the settings in which it differs from the rest.

What the members share stands in `experiments.family`. A new member is one line here.
"""

from typing import Any, NamedTuple

from .. import autoencoder, m2, vae


class Member(NamedTuple):
    """A line of the table."""

    name: str
    script: Any  # module of a script of one run
    settings: dict[str, Any]  # fields of the script's config
    first: dict[str, Any] | None = None  # those of a run that it starts from, which takes a third of the epochs


PLAIN = "VAE"  # what the others are held against
FEW = 4  # draws of a code for each image, of all bounds of several draws
# What papers say of members, beside the plain VAE: a better L_k, or numbers of a code that are nearer to independent.
CLAIMS = {
    "l_k": ("VampPrior", "two layers, top down", "two layers, bottom up", "VaDE"),
    "total_correlation": ("β-TCVAE, 4", "FactorVAE", "DIP-VAE I", "DIP-VAE II"),
}
UPPER = {"upper_dims": (8,), "prior": "layered"}  # a second layer of the code

MEMBERS = (
    Member(PLAIN, vae, {}),
    # Other priors and other codes, by the ELBO.
    Member("VampPrior", vae, {"prior": "vamp", "prior_components": 100}),
    Member("mixture prior", vae, {"prior": "mixture"}),
    Member("VaDE", vae, {"prior": "mixture", "prior_from_codes": True}, first={"prior": "mixture", "beta": 0.01}),
    Member("flow prior", vae, {"prior": "flow"}),
    Member("two layers, top down", vae, {"posterior": "layered", **UPPER}),
    Member("two layers, bottom up", vae, {"posterior": "bottom_up", **UPPER}),
    Member("full covariance", vae, {"posterior": "full"}),
    Member("planar flow", vae, {"posterior": "planar", "flow_steps": 4}),
    Member("autoregressive flow", vae, {"posterior": "iaf"}),
    Member("von Mises–Fisher", vae, {"posterior": "vmf", "prior": "uniform"}),
    # What the rate costs.
    Member("β-VAE, 4", vae, {"beta": 4.0}),
    Member("capacity", vae, {"objective": "capacity", "beta": 10.0, "capacity": 25.0, "capacity_epochs": 2.0}),
    Member("cyclical", vae, {"objective": "cyclical"}),
    Member("free bits", vae, {"objective": "free_bits", "free_bits": 0.5}),
    # Bounds of several draws, and gradients of less variance.
    Member("IWAE", vae, {"objective": "iwae", "samples": FEW}),
    Member("DReG", vae, {"objective": "dreg", "samples": FEW}),
    Member("STL", vae, {"objective": "stl"}),
    Member("MIWAE", vae, {"objective": "miwae", "samples": FEW // 2, "bounds": 2}),
    Member("PIWAE", vae, {"objective": "piwae", "samples": FEW // 2, "bounds": 2}),
    Member("CIWAE", vae, {"objective": "ciwae", "samples": FEW}),
    # All codes together.
    Member("β-TCVAE, 4", vae, {"objective": "beta_tc", "beta": 4.0}),
    Member("FactorVAE", vae, {"objective": "factor", "critic_widths": (256, 256), "critic_lr": 1e-3}),
    Member("DIP-VAE I", vae, {"objective": "dip_1"}),
    Member("DIP-VAE II", vae, {"objective": "dip_2"}),
    Member("InfoVAE", vae, {"objective": "info_vae", "info_alpha": 0.5}),
    Member("WAE-MMD", vae, {"objective": "wae_mmd"}),
    # Few labels. All its scores are given the label.
    Member("M2, 100 labels", m2, {"labelled": 100, "classifier_widths": (256,), "labels_first": 0.0}),
    # Codes without noise.
    Member("autoencoder", autoencoder, {}),
    Member("contractive", autoencoder, {"objective": "contractive"}),
    Member("k-sparse, 8", autoencoder, {"k_sparse": 8}),
    Member("KL-sparse", autoencoder, {"objective": "kl_sparse", "code_activation": "sigmoid", "sparsity": 0.2}),
    Member("RAE, L2", autoencoder, {"objective": "rae_l2"}),
    Member("RAE, spectral", autoencoder, {"objective": "rae_spectral", "code_penalty": 0.01}),
    Member("RAE, gradient", autoencoder, {"objective": "rae_gradient"}),
)
