"""Judges every mutant of the rules with the ledger's tests.

The list is cargo-mutants' own. All its mutants go into one copy of the sources behind switches
(switches.py), so that what takes hours of compiling is compiled once. Those that do not compile are
unviable; each of the others is run until a test fails. Whoever survives stands in
ledger/tests/mutants.md with the reason, or this fails, as it does when 5 % survive.

Usage: judge.py --work DIRECTORY [--jobs N] [--again] [--only TEXT]
"""

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from switches import weave

ROOT = Path(__file__).resolve().parents[2]
LISTED = ROOT / "ledger/tests/mutants.md"
TARGETS = ["--lib", "--test", "clocks", "--test", "turns", "--test", "what_may", "--test", "rules", "--test", "histories"]
# Of one test program: processor time, and memory. A mutant may run for ever, or grow for ever.
SECONDS_MAX = 300
BYTES_MAX = 3 << 30
ALIVE = "alive"


def listed_mutants():
    command = ["cargo", "mutants", "--list", "--json", "-p", "dirchain-ledger"]
    mutants = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    seen, sources = Counter(), {}
    for number, mutant in enumerate(mutants, 1):
        lines = sources.setdefault(mutant["file"], (ROOT / mutant["file"]).read_text().split("\n"))
        line = lines[mutant["span"]["start"]["line"] - 1].strip()
        what = mutant["name"].split(": ", 1)[1]
        # Without its line's number, so that it keeps its name when code above it moves.
        key = f"{mutant['file']} | {what} | {line}"
        seen[key] += 1
        mutant.update(number=number, key=key if seen[key] == 1 else f"{key} | {seen[key]}")
    return mutants


def copied(work):
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    return tree


def cargo(work, tree, *arguments):
    command = [os.environ.get("CARGO", "cargo"), *arguments, "-p", "dirchain-ledger", "--profile", "mutants", "--message-format=json"]
    env = dict(os.environ, CARGO_TARGET_DIR=str(work / "target"))
    ran = subprocess.run(command, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return ran, messages


def blamed(tree, messages):
    """The numbers of the mutants on the lines that the compiler complains of."""
    numbers = set()
    for message in messages:
        message = message.get("message", {})
        if isinstance(message, dict) and message.get("level") == "error":
            for span in filter(lambda span: span["is_primary"], message["spans"]):
                lines = (tree / span["file_name"]).read_text().split("\n")
                for line in lines[span["line_start"] - 1 : span["line_end"]]:
                    numbers.update(int(number) for number in re.findall(r"/\*M(\d+)\*/", line))
    return numbers


def woven(work, mutants):
    """A copy with every mutant that compiles; and those that do not."""
    unviable = set()
    while True:
        tree = copied(work)
        hopeless, left = weave(tree, [m for m in mutants if m["number"] not in unviable])
        ran, messages = cargo(work, tree, "check", "--features", "testing")
        if ran.returncode == 0:
            return tree, unviable | {m["number"] for m in hopeless}, left
        new = blamed(tree, messages) - unviable
        if not new:
            sys.exit(f"the copy does not compile:\n{ran.stderr[-4000:]}")
        unviable |= new


def built(work, tree):
    ran, messages = cargo(work, tree, "test", "--no-run", *TARGETS)
    if ran.returncode != 0:
        sys.exit(f"the tests do not compile:\n{ran.stderr[-4000:]}")
    return [Path(message["executable"]) for message in messages if message.get("executable")]


def bounded():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))


def run(program, tree, number, only=()):
    """The first test that fails; `hangs` if the program was stopped, none if all pass."""
    env = dict(os.environ, MUTANT=str(number), PROPTEST_MAX_SHRINK_ITERS="0", RUST_BACKTRACE="0")
    command = [str(program), "--test-threads=1", *(["--exact", *only] if only else [])]
    with subprocess.Popen(command, cwd=tree / "ledger", env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, preexec_fn=bounded) as process:
        for line in process.stdout:
            if line.startswith("test ") and line.endswith("FAILED\n"):
                process.kill()
                return line.split()[1]
        return None if process.wait() == 0 else "hangs"


class Judge:
    """Runs mutants; those of a file first meet the tests that others of it fell to."""

    def __init__(self, tree, programs, verdicts, path):
        self.tree, self.programs, self.verdicts, self.path = tree, programs, verdicts, path
        self.killers = defaultdict(lambda: defaultdict(list))
        self.lock = threading.Lock()

    def verdict(self, mutant):
        with self.lock:
            killers = {program: list(tests) for program, tests in self.killers[mutant["file"]].items()}
        for program in self.programs:
            if program in killers and (test := run(program, self.tree, mutant["number"], killers[program])):
                return program, test
        for program in self.programs:
            if test := run(program, self.tree, mutant["number"]):
                return program, test
        return None, ALIVE

    def work(self, waiting):
        while True:
            with self.lock:
                if not waiting:
                    return
                mutant = waiting.pop(0)
            program, test = self.verdict(mutant)
            with self.lock:
                if program and test != "hangs" and test not in self.killers[mutant["file"]][program]:
                    self.killers[mutant["file"]][program].append(test)
                self.verdicts[mutant["key"]] = test
                self.path.write_text(json.dumps(self.verdicts, indent=0, ensure_ascii=False))
                print(f"{len(self.verdicts)}: {test}: {mutant['name']}", flush=True)


def reasons():
    """The survivors that are listed: their keys, out of the table's rows."""
    rows = (line.strip().strip("|").split(" | ") for line in LISTED.read_text().splitlines() if line.startswith("| ledger/"))
    return {" | ".join(cell.strip().strip("`") for cell in row[:-1]) for row in rows}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--work", type=Path, required=True, help="where the copy, its build and the verdicts are")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--again", action="store_true", help="judge also those that an earlier run saw caught")
    options.add_argument("--only", default="", help="mutants whose name holds this")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    mutants = listed_mutants()
    tree, unviable, unwoven = woven(given.work, mutants)
    programs = built(given.work, tree)
    durations = {}
    for program in programs:
        start = time.monotonic()
        if failed := run(program, tree, 0):
            sys.exit(f"without a mutant {failed} fails in {program.name}")
        durations[program] = time.monotonic() - start
    programs.sort(key=durations.get)
    path = given.work / "verdicts.json"
    verdicts = json.loads(path.read_text()) if path.exists() and not given.again else {}
    without = unviable | {m["number"] for m in unwoven}
    viable = [m for m in mutants if m["number"] not in without]
    known = {m["key"] for m in viable}
    verdicts = {key: verdict for key, verdict in verdicts.items() if key in known and verdict != ALIVE}
    waiting = [m for m in viable if m["key"] not in verdicts and given.only in m["name"]]
    # Spread over the files, so that what is judged when somebody stops it is a sample.
    waiting.sort(key=lambda m: hashlib.sha256(m["key"].encode()).digest())
    judge = Judge(tree, programs, verdicts, path)
    threads = [threading.Thread(target=judge.work, args=(waiting,)) for _ in range(given.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(mutants, unviable, unwoven, judge.verdicts, time.monotonic() - begun)


def report(mutants, unviable, unwoven, verdicts, seconds):
    alive = sorted(key for key, verdict in verdicts.items() if verdict == ALIVE)
    hanging = sum(verdict == "hangs" for verdict in verdicts.values())
    rate = 100 * len(alive) / max(1, len(verdicts))
    print(f"{len(mutants)} mutants: {len(unviable)} do not compile, {len(unwoven)} have no switch, "
          f"{len(verdicts)} judged in {seconds:.0f} s: {len(verdicts) - len(alive) - hanging} caught, "
          f"{hanging} hang, {len(alive)} alive: {rate:.1f} %")
    for mutant in unwoven:
        print(f"no switch: {mutant['name']}")
    new = [key for key in alive if key not in reasons()]
    for key in new:
        print(f"alive, and not in {LISTED.relative_to(ROOT)}: {key}")
    sys.exit(1 if new or rate >= 5 else 0)


main()
