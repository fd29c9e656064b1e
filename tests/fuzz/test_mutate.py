"""The mutator itself: the same seed says the same, and it reaches far."""

import json
from random import Random

from mutate import mutated_json

TREE = {"id": 1, "result": {"files": [{"name": "a", "free_mb": 5}], "ok": True}, "code": 0}


def test_the_same_seed_gives_the_same_documents() -> None:
    one, other = Random(7), Random(7)
    assert [mutated_json(one, TREE) for _ in range(50)] == [
        mutated_json(other, TREE) for _ in range(50)
    ]


def test_it_gives_both_json_and_what_is_none() -> None:
    random, good = Random(1), 0
    documents = [mutated_json(random, TREE) for _ in range(400)]
    for document in documents:
        try:
            json.loads(document)
            good += 1
        except (ValueError, RecursionError):
            pass
    assert 40 < good < 390
    assert len(set(documents)) > 250
