"""Sends pairs to the judging program and takes its answers."""

import json
import subprocess
import threading


def judge(program, pairs):
    """The answer to every pair, in order. A program that dies answers the rest with an error."""
    process = subprocess.Popen([program, "pairs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    # Beside the reading: both pipes are short.
    sender = threading.Thread(target=_send, args=(process.stdin, pairs))
    sender.start()
    answers = [json.loads(line) for line in process.stdout]
    sender.join()
    code = process.wait()
    missing = {"error": f"the program ended with {code} before it answered"}
    return answers + [missing] * (len(pairs) - len(answers))


def _send(pipe, pairs):
    try:
        with pipe:
            for pair in pairs:
                print(json.dumps(pair.line()), file=pipe)
    except BrokenPipeError:
        pass
