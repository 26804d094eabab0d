"""Start-up: what the tool costs on the small dataset that the project ships."""

from goal import Processor, Size
from project import AFFIANT, ROOT
from race import Race, Racer

MOST_SECONDS = 0.020
MOST_BYTES = 15 * 10**6
# A run is so short that many are needed for a median that means something.
ROUNDS = 21


def races(threads):
    releases = ROOT / "dist"
    newest = max((file.parent for file in releases.glob("*/release.json")), key=lambda release: version(release.name))
    racers = [
        Racer("check", [AFFIANT, "check", "--threads", threads, ROOT / "seeds"]),
        Racer("verify", [AFFIANT, "verify", newest, "--threads", threads, "--trust", releases / "allowed_signers", "--no-state"]),
        Racer("true", ["true"]),
    ]
    goals = [Processor(MOST_SECONDS, "check", limit="true"), Processor(MOST_SECONDS, "verify", limit="true"), Size(AFFIANT, MOST_BYTES)]
    return [Race("start-up", "start-up, the dataset in seeds/ and its newest release", 0, racers, goals, ROUNDS)]


def version(name):
    return [int(number) for number in name.split(".")]
