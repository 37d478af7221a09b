"""Keep what stands behind the table and the figure of a sweep: `python tools/keep_sweep.py NAME runs/sweeps/NAME`.

`results/sweep-NAME.json` gets a row for each run: command, settings, scores, the sha256 of its parameters.
`docs/sweep-NAME.png` is drawn from those rows alone: its rate–distortion curve, or another figure of sweeps.
The leaderboard goes to stdout, by the ELBO or another score. Both are named last, as in
`NAME runs/sweeps/NAME test/l_500 fields`.
"""

import re
import sys
from pathlib import Path

from aelab import figures
from aelab.compare import leaderboard, sweep_figures, written
from aelab.runs.folder import Run
from aelab.runs.strict import strict


def rows(sweep: Path) -> list[dict]:
    """What is kept of the finished runs of a sweep."""
    kept = []
    for point in Run(sweep).read("sweep.json")["points"]:
        if point["state"] == "done":
            member = leaderboard.read(sweep.parent.parent / point["run"])
            made = Run(member.path).read("manifest.json")
            command = re.sub(r" --runs-dir \S+", "", made["command"])
            first = {"run": member.path.name, "command": command, "params_sha256": made["params_sha256"]}
            kept.append({**first, "config": member.config, "scores": member.scores})
    return kept


def entries(kept: list[dict], score: str = "test/elbo") -> list[leaderboard.Entry]:
    """The leaderboard of what was kept."""
    return leaderboard.rank([leaderboard.Member(Path(r["run"]), r["config"], r["scores"]) for r in kept], score)


if __name__ == "__main__":
    name, sweep = sys.argv[1], Path(sys.argv[2])
    score, figure = sys.argv[3:] or ("test/elbo", "tradeoff")
    kept = rows(sweep)
    target = Path(f"results/sweep-{name}.json")
    target.write_text(strict({"rows": kept}, target, indent=1))
    ranked = entries(kept, score)
    drawn = sweep_figures.gather(ranked, score)[figure]
    Path(f"docs/sweep-{name}.png").write_bytes(figures.png(figure, drawn))
    print(written.markdown(ranked, score))
