"""What the oracle says of a folder of generated records, in the cuts that the tests compare: as a child process, since a
million records take it half a minute.

    truth.py DATA OUT --policy P --agencies A --oris O [--policy-history DIR] [--as-of T] [--topic NAME]

writes OUT as JSON: {"from", "to", "reports": [{"by", "unit", "agency", "rows", "totals", "rollup"}], "completeness",
"incidents", "as_of"}.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from oracle import Oracle  # noqa: E402

# What `blockwatch report` is asked for. A cut is asked of the oracle itself or summed here from a finer one of its
# answers: figures are additive.
CUBE = ("agency", "jurisdiction", "class", "channel", "outcome", "verdict")
SUMMED = {
    ("agency",): CUBE,
    ("jurisdiction",): CUBE,
    ("class",): CUBE,
    ("outcome",): CUBE,
    ("verdict",): CUBE,
    ("channel",): CUBE,
    ("day",): ("day", "jurisdiction", "verdict"),
}


def summed(rows, by, figures):
    cells = {}
    for row in rows:
        cell = cells.setdefault(tuple(row[name] for name in by), [0] * len(figures))
        for i, figure in enumerate(figures):
            cell[i] += row[figure]
    ordered = sorted(cells, key=lambda key: [part.encode() for part in key])
    return [{**dict(zip(by, key)), **dict(zip(figures, cells[key]))} for key in ordered]


def cuts(oracle):
    """Yields (words of the report, its rows, totals, roll-up)."""
    start, end = oracle.whole()
    finer = {}

    def ask(by, **words):
        answer = oracle.report(by=by, start=start, end=end, **words)
        return {"by": list(by), "rows": answer["rows"], "totals": answer["totals"], **words,
                **({"rollup": answer["rollup"]} if "rollup" in answer else {})}  # fmt: skip

    for by in (CUBE, ("day", "jurisdiction", "verdict")):
        finer[by] = ask(by)
    yield ask(("agency", "jurisdiction"), rollup=True)
    yield finer["day", "jurisdiction", "verdict"]
    yield ask(("ori",))
    yield ask(("ori", "jurisdiction", "day"), agency="dhs")
    yield ask((*CUBE, "month"), agency="dhs")
    yield ask(("agency", "class", "day"), unit="messages", rollup=True)
    for by, source in SUMMED.items():
        totals = finer[source]["totals"]
        yield {"by": list(by), "rows": summed(finer[source]["rows"], by, list(totals)), "totals": totals}


def main():
    parser = argparse.ArgumentParser()
    for name in ("data", "out"):
        parser.add_argument(name)
    for name in ("--policy", "--agencies", "--oris"):
        parser.add_argument(name, required=True)
    parser.add_argument("--policy-history")
    parser.add_argument("--as-of")
    parser.add_argument("--topic", default="nlets.queries")
    words = parser.parse_args()
    files = (words.policy, words.agencies, words.oris)
    oracle = Oracle(*files, words.as_of, words.topic, words.policy_history).run(words.data)
    start, end = oracle.whole()
    answer = {
        "from": start,
        "to": end,
        "reports": list(cuts(oracle)),
        "completeness": oracle.completeness(),
        "incidents": oracle.incident_list(),
        "as_of": oracle.as_of_now(),
    }
    pathlib.Path(words.out).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
