"""Teacher and judge as two curator stages. Run by `bench.peers` in curator's own environment.

    PYTHON bench/peer_curator.py URL BODIES EXAMPLES CONCURRENCY

curator fetches tiktoken's table from the network at start; a counter of four characters a token
stands in for it here, which is faster than the real one.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


class _Counter:
    def encode(self, text: str, **_: Any) -> list[int]:
        return [0] * (len(text) // 4)


def main() -> None:
    url, bodies, examples, concurrency = sys.argv[1:]
    os.environ |= {"TELEMETRY_ENABLED": "0", "CURATOR_DISABLE_RICH_DISPLAY": "1"}
    os.environ["OPENAI_API_KEY"] = "none"
    import tiktoken

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_: _Counter()
    from bespokelabs import curator

    teach, judge = json.loads(Path(bodies).read_text(encoding="utf-8"))[:2]
    limits = {
        "base_url": url,
        "max_concurrent_requests": int(concurrency),
        "max_requests_per_minute": 1_000_000,
        "max_tokens_per_minute": 1_000_000_000,
        "require_all_responses": False,
    }

    class Stage(curator.LLM):
        system = ""

        def prompt(self, row: dict[str, str]) -> list[dict[str, str]]:
            said = {"role": "user", "content": row["asked"]}
            return [{"role": "system", "content": self.system}, said]

        def parse(self, row: dict[str, str], response: str) -> list[dict[str, str]]:
            return [{"asked": f"{row['asked'][-8:]} {response}"}]

    def stage(body: dict[str, Any]) -> Stage:
        made = Stage(model_name="stub", backend="openai", backend_params=limits)
        made.system = body["messages"][0]["content"]
        return made

    asked = teach["messages"][-1]["content"]
    rows = [{"asked": f"{asked}\n{number}"} for number in range(int(examples))]
    with tempfile.TemporaryDirectory() as place:
        drafts = stage(teach)(rows, working_dir=f"{place}/teach")
        found = stage(judge)(getattr(drafts, "dataset", drafts), working_dir=f"{place}/judge")
        print(json.dumps({"rows": len(getattr(found, "dataset", found))}))


if __name__ == "__main__":
    main()
