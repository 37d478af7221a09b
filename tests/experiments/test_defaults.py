"""The table of first runs: which settings are drawn, and what a line says."""

from experiments import defaults, vae


def test_settings_are_drawn_alike_each_time_and_differ_from_set_to_set():
    bare = vae.Config(latent_dim=5)
    first, again, other = (defaults.drawn(bare, 20, name) for name in ("wine", "wine", "diabetes"))
    assert first == again != other
    assert {config.latent_dim for config in first} == {5}
    assert all(1e-4 <= config.lr <= 1e-2 for config in first)
    assert {config.widths for config in first} == set(defaults.WIDTHS)
    assert {config.beta_warmup for config in first} == set(defaults.WARM_UPS)


def test_a_bare_run_is_that_of_a_file_of_ones_own(tmp_path):
    config = defaults.bare_config(defaults.Config(runs_dir=tmp_path), "wine")
    assert (config.epochs, config.batch_size, config.sigma) == ("auto", "auto", "learned")
    assert config.data == f"npz:{tmp_path}/defaults/data/wine/data.npz"


def test_a_line_says_how_far_the_bare_run_is_behind():
    rows = [
        {"kind": kind, "set": "wine", "events": 142, "numbers": 10, "test": test}
        for kind, bounds in (("bare", (-21.0, -23.0)), ("best", (-19.0, -21.0)))
        for test in bounds
    ]
    line = defaults.table(defaults.Config(), rows, []).splitlines()[-1]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["wine", "142", "10"]
    assert cells[3].startswith("-22.00 ±")
    assert cells[-2:] == ["10.0", "0.200"]  # 2 of 20 nats, over 10 numbers
