"""What a soak does to a daemon, its broker and the network between them. Each harm takes (victims, daemon, rng), is over when it
returns, and returns the daemon that runs then."""

import random
import signal
import time
from typing import Callable, Dict

from support.kafka_broker import KafkaBroker
from support.processes import Process, wait_until
from support.product import World

STOP_SECONDS_MAX = 10


class Victims:
    """Who is harmed, and how often each harm was done."""

    def __init__(self, world: World, broker: KafkaBroker):
        self.world, self.broker = world, broker
        self.struck: Dict[str, int] = {}

    def start(self) -> Process:
        daemon = self.world.daemon()
        wait_until(lambda: self.world.consumed() >= 0, 30, "the daemon to answer")
        return daemon


def bounce_broker(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    victims.broker.kill()
    time.sleep(rng.uniform(0, 3))
    victims.broker.start()
    return daemon


def freeze_broker(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    victims.broker.freeze()
    time.sleep(rng.uniform(0.5, 8))
    victims.broker.thaw()
    return daemon


def cut(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    victims.broker.proxy.cut(*rng.choice([(), ("to_broker",), ("to_client",)]))
    time.sleep(rng.choice([rng.uniform(0.1, 2), rng.uniform(10, 14)]))
    victims.broker.proxy.heal()
    return daemon


def reset(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    for _ in range(rng.randint(1, 10)):
        victims.broker.proxy.reset()
        time.sleep(rng.uniform(0, 0.3))
    return daemon


def late(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    victims.broker.proxy.delay(rng.uniform(0.05, 0.5))
    time.sleep(rng.uniform(1, 5))
    victims.broker.proxy.heal()
    return daemon


def slices(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    victims.broker.proxy.slice(rng.randint(1, 100))
    time.sleep(rng.uniform(1, 5))
    victims.broker.proxy.heal()
    return daemon


def stand_still(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    daemon.signal(signal.SIGSTOP)
    time.sleep(rng.uniform(0.5, 5))
    daemon.signal(signal.SIGCONT)
    return daemon


def reload(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    """A good configuration, or a bad one that is not taken."""
    good = victims.world.config.read_text()
    if rng.random() < 0.5:
        victims.world.config.write_text(good + "nonsense\n")
    daemon.signal(signal.SIGHUP)
    time.sleep(1)
    victims.world.config.write_text(good)
    return daemon


def kill(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    daemon.kill()
    return victims.start()


def stop(victims: Victims, daemon: Process, rng: random.Random) -> Process:
    assert daemon.terminate(STOP_SECONDS_MAX) == 0, daemon.tail()
    return victims.start()


Harm = Callable[[Victims, Process, random.Random], Process]
HARMLESS: Dict[str, Harm] = {
    "broker bounced": bounce_broker,
    "broker frozen": freeze_broker,
    "network cut": cut,
    "connections reset": reset,
    "network late": late,
    "network in slices": slices,
    "daemon stood still": stand_still,
    "reload": reload,
}  # to the daemon's life
LETHAL: Dict[str, Harm] = {**HARMLESS, "daemon killed": kill, "daemon stopped": stop}
