"""`aelab report`: the pages of runs and sweeps again."""

from dataclasses import dataclass

from aelab.cli.fields import RunPaths, Trusting
from aelab.errors import ConfigError
from aelab.runs.folder import Run


@dataclass(frozen=True)
class Report(Trusting):
    """Draw the figures of runs again from the arrays stored beside them, and write report.html; of sweeps too."""

    paths: RunPaths  # run folders, or those of sweeps

    def run(self) -> None:
        from aelab import figures, report
        from aelab.compare import comparison

        for path in self.paths:
            if (path / "sweep.json").exists():
                print(comparison.redraw(path))
                continue
            if not Run(path).read("config.json"):
                raise ConfigError(f"{path}: not a run folder (no config.json); aelab info lists runs")
            if (path / "figures").is_dir():
                figures.redraw(path / "figures")
            print(report.write(path))
