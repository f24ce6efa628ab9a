"""What `beside_explore` reckons with: recordings cut short, pairs counted, and chance.

Usage: beside_explore.py cut HAR REQUESTS OUT
       beside_explore.py compare EXPLORE COVERAGE CONTRACT
"""

import json
import random
import statistics
import sys

import yaml

ROUNDS = 5
# A life is begun anew after so many requests, as its resource would have expired.
LIFE = 50


def cut(har, requests, out):
    with open(har, encoding="utf-8") as file:
        recording = json.load(file)
    recording["log"]["entries"] = recording["log"]["entries"][: int(requests)]
    with open(out, "w", encoding="utf-8") as file:
        json.dump(recording, file)


def machines(contract):
    with open(contract, encoding="utf-8") as file:
        schemas = yaml.safe_load(file)["components"]["schemas"]
    return [schema["x-lifecycle"] for schema in schemas.values() if "x-lifecycle" in schema]


def by_chance(machine, seed):
    """The requests until uniformly random actions have met each pair of state and action."""
    chance = random.Random(seed)
    states = machine["states"]
    actions = sorted({action for state in states.values() for action in state.get("permits", {})})
    begins = [state for states in machine["initial"].values() for state in states]
    open_pairs = {(state, action) for state in states for action in actions}
    requests = 0
    while open_pairs:
        state = chance.choice(begins)
        requests += 1
        for _ in range(LIFE):
            action = chance.choice(actions)
            open_pairs.discard((state, action))
            requests += 1
            following = states[state].get("permits", {}).get(action, {}).get("success", [])
            state = chance.choice(following) if following else state
            waits = states[state].get("elapse", [])
            state = chance.choice([state, *waits])
    return requests


def reached(coverage, dimension):
    return next(one["reached"] for one in coverage["dimensions"] if one["dimension"] == dimension)


def compare(explore, coverage, contract):
    with open(explore, encoding="utf-8") as file:
        explored = json.load(file)
    with open(coverage, encoding="utf-8") as file:
        covered = json.load(file)
    ours = sum(explored["pairs"][kind]["covered"] for kind in ("permitted", "forbidden"))
    theirs = sum(reached(covered, name) for name in ("permitted-actions", "forbidden-actions"))
    print(f"{explored['requests']} requests each: explore {ours} pairs, schemathesis {theirs}, {ours / max(1, theirs):.1f} times as many")
    for machine in machines(contract):
        needed = [by_chance(machine, seed) for seed in range(ROUNDS)]
        print(f"{machine['name']}: chance needs {statistics.median(needed):.0f} requests for its pairs (median of {ROUNDS})")


if __name__ == "__main__":
    {"cut": cut, "compare": compare}[sys.argv[1]](*sys.argv[2:])
