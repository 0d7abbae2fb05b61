"""The embedder is there before an edit needs it, and whoever leaves early leaves cleanly."""

import subprocess
import sys
from pathlib import Path

from desk.bench import StoreBench
from memory.store import Store
from tests.runs import ROOT

LEAVES = """\
import sys, time
from pathlib import Path
from desk.bench import StoreBench
from memory.store import Store
with Store.open(Path(sys.argv[1])) as store:
    bench = StoreBench(store, "")
    bench.warm_up()
    while "openvino" not in sys.modules and "torch" not in sys.modules:
        time.sleep(0.01)
    bench.close()
"""


def test_warming_up_loads_the_network(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        bench = StoreBench(store, "")
        bench.warm_up()
        bench.close()
        assert "_bundled" in vars(bench._embedder)


def test_leaving_while_it_loads_is_no_crash(tmp_path: Path) -> None:
    words = [sys.executable, "-c", LEAVES, str(tmp_path / "memory.db")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
