"""run.py - what bartizan costs: beside nginx and HAProxy (proxies), by its limits (limits), by what it looks into (guard)."""
import argparse

import guard, limits, proxies

PARTS = {"proxies": proxies.main, "limits": limits.main, "guard": guard.main}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("part", nargs="?", choices=PARTS, default="proxies")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=3, help="of each measurement, after a second that does not count")
    p.add_argument("--only", default="", help="scenarios with this word in their name")
    p.add_argument("--json", default="", help="a file for all figures")
    args = p.parse_args()
    PARTS[args.part](args)


if __name__ == "__main__":
    main()
