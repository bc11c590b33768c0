"""Asks other checkers about pairs, one at a time and not for long, and compares their answers with ours."""

import argparse
import json
import select
import subprocess
import sys
from collections import Counter


class Checker:
    """A program that answers a line with a line, and is started again when it dies or takes too long."""

    def __init__(self, name, command, seconds):
        self.name, self.command, self.seconds = name, command, seconds
        self.process = None

    def ask(self, line):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self._over("died")
        if not select.select([self.process.stdout], [], [], self.seconds)[0]:
            return self._over("too long")
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else self._over("died")

    def _over(self, why):
        self.process.kill()
        self.process.wait()
        self.process = None
        return {"answer": f"error: {why}", "micros": int(self.seconds * 1e6)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs")
    parser.add_argument("answers", help="what the soundness program says of them")
    parser.add_argument("--checker", action="append", required=True, help="NAME=PROGRAM ARGUMENTS…")
    parser.add_argument("--strict", action="append", default=[], help="a checker that must not contradict us")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--each", action="store_true", help="a line for each pair")
    options = parser.parse_args()

    pairs = [line for line in open(options.pairs).read().split("\n") if line]
    ours = [json.loads(line) for line in open(options.answers)]
    if len(pairs) != len(ours):
        sys.exit(f"{len(pairs)} pairs, but {len(ours)} answers")
    print_ours(ours)
    has_failed = False
    for checker in options.checker:
        name, _, command = checker.partition("=")
        decided, contradicted = compare(Checker(name, command.split(), options.seconds), pairs, ours, options.each)
        if name in options.strict and not decided:
            # One that does not run at all contradicts nothing either.
            print(f"{name}: decided none of {len(pairs)} pairs, so nothing was compared", file=sys.stderr)
            has_failed = True
        has_failed = has_failed or (contradicted and name in options.strict)
    sys.exit(has_failed)


def print_ours(ours):
    answers = [own for own in ours if "error" not in own]
    decided = sum(not own["verdicts"][0]["proof"].startswith("undecided") for own in answers)
    times = [own["micros"] for own in answers] or [0]
    print(f"ours: {len(answers)} of {len(ours)} pairs readable, {decided} decided; "
          f"microseconds, half / 99 in 100: {spread(times)}, all {max(times)}")


def compare(checker, pairs, ours, is_each_shown):
    counts, times, contradictions = Counter(), [], []
    for line, own in zip(pairs, ours):
        if "error" in own:
            counts["not readable for us"] += 1
            continue
        pair = json.loads(line)
        if pair.get("old_refs") or pair.get("new_refs"):
            counts["refer to other schemas"] += 1
            continue
        verdict = own["verdicts"][0]
        proof = verdict["proof"].split()[0]
        answer = checker.ask(line)
        other = {"yes": "proved", "no": "refuted"}.get(answer["answer"])
        if is_each_shown:
            share = answer["micros"] / max(own["micros"], 1)
            told = f"{own['micros']:>10} us {proof:9} {answer['micros']:>10} us {other or answer['answer']}"
            print(f"  {pair['id']:44.44} {told}, ratio {share:.2f}")
        if other is None:
            counts[f"{answer['answer'].split(':')[0]}, ours {proof}"] += 1
            continue
        counts["decided"] += 1
        times.append((own["micros"], answer["micros"]))
        if proof == "undecided":
            counts["ours undecided"] += 1
        elif other == proof:
            counts["agreed"] += 1
        else:
            counts[f"contradicted: {other}, ours {proof}"] += 1
            contradictions.append((pair, answer, verdict))
    print(f"{checker.name}: {len(pairs)} pairs; " + "; ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    if times:
        own, other = zip(*times)
        shares = [theirs / max(mine, 1) for mine, theirs in times]
        print(f"  microseconds on the {len(times)} that it decides, half / 99 in 100: {spread(other)}; ours {spread(own)}")
        print(f"  how many times as long, pair by pair: {spread(shares)}; longer than ours on {sum(share > 1 for share in shares)}")
    for pair, answer, verdict in contradictions:
        shown = [item for item in verdict["findings"] if item["witness"]][:1]
        witness = shown[0]["witness"]["json"] if shown else None
        print(f"  {pair['id']}: {answer['answer']}, ours {verdict['proof']}; witness {witness}")
        print(f"    {pair['old'][:300]}\n    {pair['new'][:300]}")
    return counts["decided"], bool(contradictions)


def spread(values):
    ordered = sorted(values)
    at = lambda share: ordered[int((len(ordered) - 1) * share)]
    return " / ".join(f"{at(share):.1f}".removesuffix(".0") for share in (0.5, 0.99))


main()
