"""10,000 policies and 20,000 ORIs around the example's: what a network with years of orders behind it would have. None of
the policies that are added says anything of the traffic of MOMENT: some are over, some not yet in force, some are about
channels that nobody uses here or agencies that do not ask. So whatever an event costs more is the cost of what does not match.
"""

import pathlib
import random
from typing import Any, Dict, List

POLICIES = 10_000
ORIS = 20_000
MOMENT = "2025-05-20"  # the traffic's day; its late records are up to a year older

# Most orders are about those whom most laws are about.
OFTEN = ["ice", "ero", "hsi", "cbp", "ofo", "usbp", "dhs"]
SELDOM = ["fbi", "dea", "atf", "usms", "tsa", "uscis", "usss", "fps", "irs_ci", "treasury", "doj", "interior", "dod", "nps"]
SILENT = ["dhs_oig", "doj_oig", "epa_cid", "dol_oig", "hhs_oig", "amtrak_police", "tigta", "fincen", "bis_oee"]
STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI "
    "SC SD TN TX UT VT VA WA WV WI WY PR GU VI AS MP"
).split()
CLASSES = ["driver_license", "driver_history", "registration", "photo"]
CHANNELS = ["county.portal", "parking.portal", "toll.exchange", "state.switch2"]


def _date(rng: random.Random, first_year: int, last_year: int) -> str:
    return f"{rng.randint(first_year, last_year)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _agencies(rng: random.Random) -> List[str]:
    pool = rng.choices((OFTEN, SELDOM, [f"local_{s}" for s in STATES]), (6, 3, 1))[0]
    return rng.sample(pool, rng.choice((1, 1, 1, 2, 3)))


def _toml(value: Any) -> str:
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else f'"{value}"'


def _policy(rng: random.Random, number: int) -> str:
    rule: Dict[str, Any] = {
        "id": f"order-{number}",
        "jurisdictions": ["*"] if rng.random() < 0.01 else rng.sample(STATES, rng.choice((1, 1, 1, 1, 2, 3))),
        "agencies": _agencies(rng),
    }
    if rng.random() < 0.4:
        rule["classes"] = rng.sample(CLASSES, rng.randint(1, 3))
    why = rng.choices(("over", "to come", "another channel", "nobody asks"), (45, 15, 20, 20))[0]
    watch = rng.random() < 0.2
    if why == "over":
        begin = _date(rng, 2008, 2020)
        rule |= {"ordered_at": begin, "enforce_from": begin, "ends_at": _date(rng, 2021, 2023)}
    elif why == "to come":
        begin = _date(rng, 2026, 2029)
        rule |= {"ordered_at": begin, "enforce_from": begin}
    else:
        begin = _date(rng, 2008, 2024)
        rule |= {"ordered_at": begin, "enforce_from": begin}
        rule |= {"channels": rng.sample(CHANNELS, 2)} if why == "another channel" else {"agencies": [rng.choice(SILENT)]}
        # In shadow mode, because who imitates an agency that some block in force names is alerted about.
        rule |= {"mode": "shadow"} if why == "another channel" else {}
    if watch:
        for key in ("enforce_from", "mode"):
            rule.pop(key, None)
    return f"[[{'watch' if watch else 'block'}]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in rule.items())


def write_policy(example: pathlib.Path, file: pathlib.Path) -> None:
    rng, text = random.Random(1), example.read_text()
    there = text.count("\n[[block]]") + text.count("\n[[watch]]")
    added = [_policy(rng, n) for n in range(POLICIES - there)]
    file.write_text("\n".join([text, *added]))


def write_oris(example: pathlib.Path, file: pathlib.Path) -> None:
    rows = example.read_text().splitlines()
    missing = ORIS - len({row.split(",")[0] for row in rows[1:]})
    # The example's local ORIs end in 00.
    for n in range(missing):
        state = STATES[n % len(STATES)]
        prefix = "NB" if state == "NE" else state
        rows.append(f"{prefix}{n:05}77,local_{state},Police Department {n} (made up),PD,active,,{state},,,")
    file.write_text("\n".join(rows) + "\n")
