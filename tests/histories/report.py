"""What came of the pairs: a table, the texts that could not be read, and the disagreements of the judges."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

LONGEST = 400
# Of a column of the table.
WIDTH = 17
# Which side it was, and through which import; names, places and numbers: complaints are alike without them.
SIDE = r"^(old|new): (Reference \S+ )?"
VARYING = r'"[^"]*"|`[^`]*`|(?<=found )\S+|\d+'


class Opinion:
    """Both judges' opinion of one pair."""

    def __init__(self, pair, answer):
        self.pair = pair
        self.error = answer.get("error")
        verdict = (answer.get("verdicts") or [None])[0]
        if verdict is None:
            self.error = self.error or "no verdict"
            return
        self.micros = answer["micros"]
        self.proof, _, why = verdict["proof"].partition(" ")
        self.why = why.strip("()")
        self.reference = "no answer" if verdict["reference"].startswith("no answer") else verdict["reference"]
        self.reference_why = verdict["reference"].partition(": ")[2]
        self.findings = verdict["findings"]

    def shown(self):
        """What the proof judge shows of data; a rule about source code has no data to show."""
        return [item for item in self.findings if item["proof"] == "broken" and item["severity"] != "source"]

    def breaks(self):
        return [item for item in self.shown() if item["severity"] in ("break", "altered")]

    def without_witness(self):
        return [item for item in self.shown() if not item["witness"]]

    def only_lossy(self):
        return self.proof == "refuted" and not self.breaks()

    def only_proof_refuses(self):
        return self.reference == "compatible" and bool(self.breaks())

    def only_reference_refuses(self):
        return self.reference == "incompatible" and self.proof == "proved"


class Result:
    """One corpus, judged."""

    def __init__(self, corpus, answers):
        self.corpus = corpus
        opinions = [Opinion(pair, answer) for pair, answer in zip(corpus.pairs, answers)]
        self.judged = [opinion for opinion in opinions if not opinion.error]
        self.failed = [opinion for opinion in opinions if opinion.error]

    def count(self, test):
        return sum(1 for opinion in self.judged if test(opinion))

    def without_witness(self):
        return sum(len(opinion.without_witness()) for opinion in self.judged)

    def largest_witness(self):
        shown = (item["witness"] for opinion in self.judged for item in opinion.shown())
        return max((len(witness["json"] or witness["bytes"] or "") for witness in shown if witness), default=0)

    def is_wrong(self):
        """Something that must not be, whatever the schemas."""
        return self.without_witness() > 0 or any("program ended" in opinion.error for opinion in self.failed)


def print_table(results):
    rows = [
        ("pairs", lambda result: len(result.corpus.pairs)),
        ("not readable", lambda result: len(result.failed)),
        ("proved", lambda result: result.count(lambda opinion: opinion.proof == "proved")),
        ("refuted", lambda result: result.count(lambda opinion: opinion.proof == "refuted")),
        ("  by losses only", lambda result: result.count(Opinion.only_lossy)),
        (
            "    which the reference refuses",
            lambda result: result.count(
                lambda opinion: opinion.only_lossy() and opinion.reference == "incompatible"
            ),
        ),
        ("undecided", lambda result: result.count(lambda opinion: opinion.proof == "undecided")),
        ("share decided", _share_decided),
        ("reference: compatible", lambda result: result.count(lambda opinion: opinion.reference == "compatible")),
        ("reference: incompatible", lambda result: result.count(lambda opinion: opinion.reference == "incompatible")),
        ("reference: no answer", lambda result: result.count(lambda opinion: opinion.reference == "no answer")),
        ("compatible, shown broken", lambda result: result.count(Opinion.only_proof_refuses)),
        ("incompatible, proved", lambda result: result.count(Opinion.only_reference_refuses)),
        ("microseconds, half", lambda result: _quantile(result, 0.5)),
        ("microseconds, 99 in 100", lambda result: _quantile(result, 0.99)),
        ("microseconds, all", lambda result: _quantile(result, 1)),
        ("findings without a witness", lambda result: result.without_witness()),
        ("longest witness, characters", Result.largest_witness),
    ]
    names = [result.corpus.name for result in results]
    print(f"\n{'':32}" + "".join(f"{name:>{WIDTH}}" for name in names))
    for title, cell in rows:
        print(f"{title:32}" + "".join(f"{cell(result):>{WIDTH}}" for result in results))


def _share_decided(result):
    decided = result.count(lambda opinion: opinion.proof != "undecided")
    return f"{100 * decided / len(result.judged):.1f}%" if result.judged else "-"


def _quantile(result, share):
    micros = sorted(opinion.micros for opinion in result.judged)
    return micros[min(len(micros) - 1, int(share * len(micros)))] if micros else "-"


def print_failures(results):
    """What could not be read, and what was not decided: each reason, how often, and one place."""
    for result in results:
        reasons = defaultdict(list)
        for opinion in result.failed:
            # The same complaint about another name or place is the same reason.
            reasons["not readable: " + re.sub(VARYING, "…", re.sub(SIDE, "", opinion.error))].append(opinion)
        for opinion in result.judged:
            if opinion.proof == "undecided":
                reasons[f"undecided: {opinion.why}"].append(opinion)
            if opinion.reference == "no answer":
                reasons[f"reference, no answer: {opinion.reference_why}"].append(opinion)
        for reason, opinions in sorted(reasons.items(), key=lambda entry: -len(entry[1])):
            first = opinions[0]
            print(f"\n{result.corpus.name}: {len(opinions)} × {_short(reason)}\n  for example {first.pair.id}")
            if first.error:
                print(f"  {_short(first.error)}")


def print_disagreements(results, show, save):
    def differences(opinion):
        return [item for item in opinion.findings if item["reference"]]

    for result in results:
        title = "the reference accepts, data is shown that breaks"
        _print_groups(result, title, Opinion.only_proof_refuses, Opinion.breaks, show, save)
        title = "the reference refuses, proved"
        _print_groups(result, title, Opinion.only_reference_refuses, differences, show, save)
        _print_counts(result)


def _print_groups(result, title, is_one, findings, show, save):
    """The opinions that rest on the same rules together."""
    groups = defaultdict(list)
    for opinion in filter(is_one, result.judged):
        rules = sorted({_what(item) for item in findings(opinion)})
        groups[", ".join(rules)].append(opinion)
    for rules, opinions in sorted(groups.items(), key=lambda entry: -len(entry[1])):
        print(f"\n== {result.corpus.name}: {title}: {len(opinions)} × {rules}")
        for opinion in opinions[: show or None]:
            print(f"\n{opinion.pair.id}")
            for item in findings(opinion)[: show or None]:
                _print_finding(item)
            if save:
                _save(save, opinion.pair)


def _print_counts(result):
    """How often each rule spoke: of all findings, those that are shown with data."""
    counts = Counter()
    for opinion in result.judged:
        counts.update({f"{item['rule']} ({item['severity']}, {item['proof']})" for item in opinion.findings})
    if counts:
        print(f"\n{result.corpus.name}: pairs by rule")
        for rule, count in counts.most_common():
            print(f"  {count:6} {rule}")


def _what(item):
    reference = item["reference"]
    return f"{item['rule']}/{reference['name']}" if reference else item["rule"]


def _print_finding(item):
    print(f"  {_what(item)} at {item['reader_at']!r} (writer {item['writer_at']!r}), {item['proof']}")
    print(f"    {_short(item['message'])}")
    witness = item["witness"]
    if witness:
        data = " ".join(filter(None, (witness["message_type"], witness["json"] or witness["bytes"])))
        print(f"    witness: {_short(data)}")
        print(f"    {_short(witness['evidence'])}")


def _save(folder, pair):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._@-]+", "_", pair.id)
    (folder / f"{name}.json").write_text(json.dumps(pair.line()) + "\n")


def _short(text):
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
