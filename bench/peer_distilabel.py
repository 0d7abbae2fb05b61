"""Teacher and judge as a distilabel pipeline. Run by `bench.peers` in distilabel's own environment.

PYTHON bench/peer_distilabel.py URL BODIES EXAMPLES CONCURRENCY
"""

import json
import sys
import tempfile
from pathlib import Path

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration


def main() -> None:
    url, bodies, examples, concurrency = sys.argv[1:]
    teach, judge = json.loads(Path(bodies).read_text(encoding="utf-8"))[:2]
    asked = teach["messages"][-1]["content"]
    rows = [{"instruction": f"{asked}\n{number}"} for number in range(int(examples))]
    room = {"max_new_tokens": 2000}

    def model() -> OpenAILLM:
        return OpenAILLM(model="stub", base_url=url, api_key="none", generation_kwargs=room)

    # Each of the two steps sends its batch at once: half the concurrency each keeps within it.
    batch = max(1, int(concurrency) // 2)
    with tempfile.TemporaryDirectory() as place, Pipeline("peer", cache_dir=place) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=batch)
        draft = TextGeneration(
            name="draft",
            llm=model(),
            system_prompt=teach["messages"][0]["content"],
            input_batch_size=batch,
            output_mappings={"generation": "text"},
        )
        weigh = TextGeneration(
            name="weigh",
            llm=model(),
            system_prompt=judge["messages"][0]["content"],
            input_batch_size=batch,
            input_mappings={"instruction": "text"},
        )
        load >> draft >> weigh
        made = pipeline.run(use_cache=False)
        found = made["default"]["train"]
        print(json.dumps({"rows": sum(one is not None for one in found["generation"])}))


if __name__ == "__main__":
    main()
