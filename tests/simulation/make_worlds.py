"""The worlds of a simulation: configurations, and records from which its schedules choose. The format is in world.h."""

import json
import pathlib
import random

from oracle.oracle import DAY, HOUR, STATES, duration
from property.generate_config import make_catalog, make_policy, make_scene, next_catalog
from property.generate_records import Events, golden_rejects

POLICIES, CATALOGS, PARTITIONS_MAX = 3, 2, 4
POOL = 120  # records of a partition, about


def make_world(seed: int, folder: pathlib.Path) -> None:
    rng = random.Random(seed)
    scene = make_scene(rng)
    catalogs = [make_catalog(scene)]
    catalogs.append(next_catalog(scene, catalogs[0], 0))
    # The same codes with other members: a message that was refused for its destination puts no activation off, so under a
    # catalog that is loaded then it would not be refused.
    catalogs[1].regions = [{**r, "members": scene.some(STATES, 6)} if scene.chance(0.5) else r for r in catalogs[0].regions]
    policies = [make_policy(scene, catalogs)]
    while len(policies) < POLICIES:
        policies.append(make_policy(scene, catalogs))
        for new, old in zip(policies[-1].rules, policies[-2].rules):  # a rule goes on under another policy
            if scene.chance(0.5) and all(r["id"] != old["id"] for r in policies[-1].rules):
                new["id"] = old["id"]
    window, lateness = rng.choice(("24h", "24h", "3h", "90s", "0s")), rng.choice(("48h", "48h", "6h", "0s"))
    as_of = scene.base + scene.days * DAY + rng.choice((0, HOUR, 3 * DAY))
    events = Events(scene, catalogs, as_of, duration(lateness))
    golden = golden_rejects()
    folder.mkdir(parents=True)
    partitions = rng.randint(1, PARTITIONS_MAX)
    for n in range(partitions):
        records = events.partition(POOL, duration(window), golden)
        (folder / f"p{n}.ndjson").write_bytes(b"".join(r + b"\n" for r in records))
    for n, policy in enumerate(policies):
        (folder / f"policy-{n}.toml").write_text(policy.text())
    for n, catalog in enumerate(catalogs):
        (folder / f"agencies-{n}.toml").write_text(catalog.agencies_text())
        (folder / f"oris-{n}.csv").write_text(catalog.oris_text())
    for p in range(POLICIES):
        for c in range(CATALOGS):
            (folder / f"{p}x{c}.toml").write_text(
                f'[source.kafka]\n"bootstrap.servers" = "127.0.0.1:1"\n[state]\ndir = "state"\n'
                f'[policy]\nfile = "policy-{p}.toml"\n[catalog]\nagencies = "agencies-{c}.toml"\noris = "oris-{c}.csv"\n'
                f'[time]\nlateness = "{lateness}"\n[dedup]\nwindow = "{window}"\n'
            )
    (folder / "world.txt").write_text(f"{as_of} {scene.base} {scene.days} {POLICIES} {CATALOGS} {partitions}\n")
    figures = {"lateness": lateness, "window": window, "policies": POLICIES, "catalogs": CATALOGS, "partitions": partitions}
    (folder / "world.json").write_text(json.dumps(figures))
