"""Command lines that cannot be carried out, one for each line that the commands of aelab end in, by subject."""

from pathlib import Path

from command_case import LABELLED, OWN, Command, array, damaged, edited, linked, locked, removed, setting, text
from table_errors import TABLES

TABLE = "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(9))
REAL = text("a.csv", TABLE)
ON_REAL = "train autoencoder --data csv:a.csv --batch-size 4 --dry-run"
CHANGED = text("a.csv", LABELLED.replace("3,9,", "3,8,"))
DIGITS = "train vae --data digits --dry-run"
AS_RUN = "train vae --data digits --widths 12 --latent-dim 3 --batch-size 300 --epochs 3 --importance-samples 2"

MINE = edited("config.json", lambda stored: stored.update(experiment="my.vae"))


def exported(finished: Path) -> None:
    """As if `aelab export` had written the folder."""
    edited("config.json", lambda stored: stored.update(run="digits-mlp-z3"))(finished)
    text("run/model.safetensors", "")(finished)


FLAGS = [
    Command("no verb", ""),
    Command("no such verb", "inof"),
    Command("no run named", "report"),
    Command("no folder for shards", "data convert digits"),
    Command("a value that is not offered", "apply run --task scor --output z.npy"),
    Command("a word too many", "reproduce run more"),
    Command("no such flag", "train vae --epoch 5"),
    Command("a word that is no number", "train vae --latent-dim many"),
    Command("a number out of its bounds", "train vae --latent-dim 0"),
    Command("what is no number", "train vae --beta nan"),
    Command("no such net", "train vae --net cnn"),
    Command("no such script", "train vaee"),
    Command("a script of a table", "train reduce"),
    Command("a script of one run", "task vae"),
    Command("a file of settings that is not there", "train vae --config mine.yaml"),
    Command("a setting that no script has", "train vae --config mine.yaml", text("mine.yaml", "latent_dm: 3\n")),
    Command("a setting of another type", "train vae --config mine.yaml", text("mine.yaml", "latent_dim: many\n")),
    Command(
        "the settings of another script",
        "train vae --config mine.yaml",
        text("mine.yaml", "experiment: experiments.autoencoder\n"),
    ),
    Command("a script that is not there", "train mine.py"),
    Command("a script that raises", "train mine.py", text("mine.py", "import nothing_of_that_name\n")),
    Command("a script without build", "train mine.py", text("mine.py", "Config = 1\n")),
    Command("the strength of no corruption", f"{DIGITS} --noise 0.3"),
    Command("a corruption of no strength", f"{DIGITS} --corruption gaussian --noise 0"),
    Command("what noise has hidden", f"{DIGITS} --corruption gaussian --noise 0.1 --rebuild hidden"),
    Command("salt and pepper on real numbers", f"{ON_REAL} --corruption salt_and_pepper --noise 0.1", REAL),
    Command("halves of vectors", f"{ON_REAL} --corruption halves --noise 0.5", REAL),
    Command("coins for real numbers", f"{ON_REAL} --likelihood bernoulli", REAL),
    Command("a net that reads no vectors", f"{ON_REAL} --net lstm", REAL),
    Command("no stage of a conv net", f"{DIGITS} --net conv --channels"),
    Command("heads that do not divide the width", f"{DIGITS} --net transformer --width 30 --heads 4"),
    Command("patches that do not divide images", f"{DIGITS} --net transformer --patch 3"),
    Command("parts that do not divide a batch", f"{DIGITS} --batch-size 32 --accumulate 5"),
    Command("parts that no devices share", f"{DIGITS} --virtual-shards 6"),
    Command("split parameters and virtual shards", f"{DIGITS} --virtual-shards 8 --shard-parameters"),
    Command("more devices than there are", f"{DIGITS} --devices 99"),
    Command("several devices for one", f"{DIGITS} --devices 2 --parallel single"),
    Command("a process without a coordinator", "train vae --process-id 1"),
    Command("a coordinator without a port", "train vae --coordinator node1"),
    Command("a number of processes that is missing", "train vae --coordinator node1:29500"),
    Command("a process without a number", "train vae --coordinator node1:29500 --num-processes 2"),
    Command("a number that no process has", "train vae --coordinator node1:29500 --num-processes 2 --process-id 2"),
    Command("nothing to launch", "launch --processes 2"),
    Command("a command that is not there", "launch -- nothing-of-that-name"),
    Command("no such condition", f"{DIGITS} --condition colour"),
    Command("a prior without a condition", f"{DIGITS} --prior conditional"),
    Command("going on from no run", "train vae --continue-from nowhere --epochs 40"),
    Command("going on to no more epochs", "train vae --continue-from run --epochs 1"),
    Command("going on with other settings", "train vae --continue-from run --latent-dim 5 --epochs 40"),
    Command("no number of epochs, nor anything that ends them", f"{DIGITS} --epochs auto --validation 0"),
    Command("no number of epochs for a schedule", f"{DIGITS} --epochs auto --schedule cosine"),
    Command("the parameters of no run", "train vae --data digits --init-from nowhere"),
    Command("the parameters of another model", f"{AS_RUN} --latent-dim 2 --widths 7 --init-from run", slow=True),
    Command("a picture of another kind", "data info digits --picture a.jpg"),
    Command("shards that are there", "data convert digits there", lambda _: Path("there").mkdir()),
]

RUNS = [
    Command("no such folder", "info nowhere"),
    Command("no run folder", "report ."),
    Command("no run folder to verify", "verify nowhere"),
    Command("nothing to reproduce", "reproduce nowhere"),
    Command("a file of a run that is no JSON", "verify run", text("run/config.json", "{")),
    Command("a file of a run that lacks something", "verify run", edited("config.json", lambda c: c.pop("experiment"))),
    Command("a run of another version", "verify run", edited("config.json", lambda c: c.update(schema=99))),
    Command("a setting of another version", "verify run", setting(flavour=1)),
    Command("a setting of another type", "verify run", setting(lr="fast")),
    Command("a setting out of its bounds", "verify run", setting(epochs=0)),
    Command("a script that is not ours", "verify run", MINE),
    Command("a script that cannot be found", "verify run --trust", MINE),
    Command("a file of a run behind a link", "verify run", linked),
    Command("a model that was exported", "eval run", exported),
    Command("no manifest", "verify run", removed("manifest.json")),
    Command("no digests", "reproduce run", edited("manifest.json", lambda m: m.update(digests=[]))),
    Command("no digest so early", "reproduce run --steps 1", edited("manifest.json", lambda m: m["digests"].pop(1))),
    Command("arrays of a figure that are broken", "report run", text("run/figures/samples.npz", "nothing")),
    Command("a run that another process is writing", f"{AS_RUN} --runs-dir .", locked),
    Command("a file where runs are to go", f"{AS_RUN} --runs-dir there", text("there", "")),
    Command("records that are damaged", "verify run", damaged),
    Command("no checkpoint that can be trusted", "apply run --task sample --output z.npy", damaged),
    Command("no checkpoint", "apply run --task sample --output z.npy", removed("checkpoints")),
    Command("data that has changed", OWN, CHANGED, slow=True, own=True),
    Command("data that has changed, verified", "verify run", CHANGED, slow=True, own=True),
    Command("losses that are not finite", f"{AS_RUN} --lr 1e30 --runs-dir .", slow=True),
]

DIGIT = array("a.npy", 2, 8, 8)
MASKED = setting(corruption="masking", noise=0.1)
ENCODE = "apply run --task encode --output z.npy"
INPAINT = "apply run --task inpaint --input a.npy --output z.npy"


def masked(finished: Path) -> None:
    """As if the run had learnt to fill holes; events without any, and holes for three events."""
    MASKED(finished)
    DIGIT(finished)
    array("holes.npy", 3, 8, 8, value=1.0)(finished)


APPLY = [
    Command("no events", ENCODE),
    Command("holes for another task", f"{ENCODE} --input a.npy --hidden b.npy"),
    Command("an arc for another task", f"{ENCODE} --input a.npy --spherical"),
    Command("a task that was not learnt", "apply run --task denoise --input a.npy --output z.npy"),
    Command("no such file", f"{ENCODE} --input a.npy"),
    Command("events of another shape", f"{ENCODE} --input a.npy", array("a.npy", 5, 3)),
    Command("one end of a line", "apply run --task interpolate --input a.npy --output z", array("a.npy", 1, 8, 8)),
    Command("a class for a run without any", f"{ENCODE} --input a.npy --condition 1", DIGIT),
    Command("results of no known kind", "apply run --task sample --output z.txt"),
    Command("codes as pictures", "apply run --task encode --input a.npy --output z", DIGIT),
    Command("a place where nothing can be written", "apply run --task sample --output there/z.npy", text("there", "")),
    Command("a folder that is there", "apply run --task sample --output run"),
    Command("no holes", INPAINT, masked),
    Command("holes of other events", f"{INPAINT} --hidden holes.npy", masked),
    Command("no prior", "apply run --task sample --output z.npy", slow=True, own=True),
    Command("holes for a run that learnt noise", INPAINT, slow=True, own=True),
    Command("a split that is not there", f"{ENCODE} --input validation", slow=True, own=True),
    Command("a split of changed data", f"{ENCODE} --input test", CHANGED, slow=True, own=True),
    Command("no class", f"{ENCODE} --input b.csv", text("b.csv", "a,b\n1,2\n"), slow=True, own=True),
    Command("a class that was not trained on", f"{ENCODE} --input a.csv --condition z", slow=True, own=True),
    Command(
        "classes of other events", f"{ENCODE} --input a.csv --condition c.csv", text("c.csv", "0\n1\n0\n"), True, True
    ),
    Command("pictures of vectors", "apply run --task reconstruct --input a.csv --output z", slow=True, own=True),
]

SWEEPS = [
    Command("no such field", "sweep vae betta=1,2 --dry-run"),
    Command("a term without values", "sweep vae beta --dry-run"),
    Command("a field that makes no other run", "sweep vae devices=1,2 --dry-run"),
    Command("a value of another type", "sweep vae latent_dim=2,many --dry-run"),
    Command("a value out of its bounds", "sweep vae latent_dim=0,2 --dry-run"),
    Command("a value that is missing", "sweep vae beta=1,,2 --dry-run"),
    Command("no values", "sweep vae beta= --dry-run"),
    Command("no points", "sweep vae seed=3:3 --dry-run"),
    Command("a field given twice", "sweep vae beta=1 beta=2 --dry-run"),
    Command("brackets of unlike length", "sweep vae '(beta,lr)=(1,1e-3),(2)' --dry-run"),
    Command("no such spread", "sweep vae 'lr=logg(1e-4,1e-2,3)' --dry-run"),
    Command("a spread without its numbers", "sweep vae 'lr=log(1e-4)' --dry-run"),
    Command("very many points", "sweep vae seed=0:100000 --dry-run"),
    Command("no such file of points", "sweep vae points.py --dry-run"),
    Command("a file without points", "sweep vae points.py --dry-run", text("points.py", "x = 1\n")),
    Command("a file that raises", "sweep vae points.py --dry-run", text("points.py", "1 / 0\n")),
    Command("a search with a population", "sweep vae beta=1,2 --search halving --population 2"),
    Command("a name that leads out", "sweep vae beta=1,2 --name ../mine --dry-run"),
    Command("halving over epochs", "sweep vae epochs=1,2 --search halving"),
]

COMPARE = [
    Command("no such folder", "compare nowhere"),
    Command("no runs in it", "compare ."),
    Command("no run that is finished", "compare run", edited("status.json", lambda s: s.update(state="running"))),
    Command("no such score", "compare run --score elbow"),
]

SECTIONS = {
    "Flags and settings": FLAGS,
    "Runs and checkpoints": RUNS,
    "`aelab apply`": APPLY,
    "Sweeps": SWEEPS,
    "`aelab compare`": COMPARE,
    "Tables": TABLES,
}
