"""Makes the pairs, has them judged, and reports. See the `run` beside this file."""

import argparse
import sys

import corpora
import report
from judge import judge


def main():
    parser = argparse.ArgumentParser(prog="histories")
    parser.add_argument("--cache", required=True)
    parser.add_argument("--corpus", action="append", choices=corpora.ALL)
    parser.add_argument("--judge")
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--save")
    parser.add_argument("--count-only", action="store_true")
    options = parser.parse_args()

    made = []
    for name in options.corpus or corpora.ALL:
        corpus = corpora.ALL[name](options.cache)
        made.append(corpus)
        print(
            f"{name}: {len(corpus.releases)} releases, {len(corpus.histories)} histories, "
            f"{len(corpus.pairs)} pairs; {corpus.identical} the same, {corpus.words} differ in words only",
            flush=True,
        )
        for problem in corpus.problems:
            print(f"{name}: {problem}")
    if options.count_only:
        return any(corpus.problems for corpus in made)

    results = [report.Result(corpus, judge(options.judge, corpus.pairs)) for corpus in made]
    report.print_table(results)
    report.print_failures(results)
    report.print_disagreements(results, options.show, options.save)
    return any(result.is_wrong() for result in results) or any(corpus.problems for corpus in made)


if __name__ == "__main__":
    sys.exit(main())
