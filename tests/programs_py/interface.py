"""The interface against its own document: schemathesis asks every operation what the document allows
and what it does not, and holds each answer against it.

    interface.py URL

Ends with 1 and schemathesis' report when an answer does not fit. Streams without an end are left out, and
whoever asks for an outcome does not wait for it.
"""

import os
import subprocess
import sys
from pathlib import Path

CONFIGURATION = """
[checks]
# What a schema can tell is told there; the rest is refused for a reason of its own: see `hooks`.
positive_data_acceptance.enabled = false

[[operations]]
include-path = "/api/v1/transactions/{id}"
parameters = { "query.wait_ms" = 0 }
"""

# Refusals that depend on the chain or on more than a schema can tell.
HOOKS = """
import schemathesis
from schemathesis.generation import GenerationMode

OF_THE_CHAIN = {
    "at-in-the-future", "at-before-genesis", "no-such-time", "bad-cursor", "height-unavailable", "too-broad",
    "malformed-question", "malformed-transaction", "empty-transaction", "wrong-chain", "wrong-actions",
    "bad-signature", "too-many-actions", "no-such-record", "no-such-block", "no-such-transaction", "no-such-route",
    "bad-parameter" ,
}


@schemathesis.check
def refusals_have_reasons(ctx, response, case):
    mode = getattr(getattr(case.meta, "generation", None), "mode", None)
    if response.status_code < 400:
        return
    kind = response.headers.get("content-type", [""])
    assert any("application/problem+json" in each for each in kind), f"a refusal without a problem: {kind}"
    problem = response.json()
    code = problem["type"].removeprefix("urn:dirchain:problem:")
    assert problem["status"] == response.status_code and problem["detail"], problem
    assert response.status_code < 500, problem
    if mode == GenerationMode.POSITIVE and response.status_code != 422:
        assert code in OF_THE_CHAIN, f"a request as documented is refused with {code}: {problem['detail']}"
"""


def main():
    url = sys.argv[1]
    here = Path.cwd()
    (here / "schemathesis.toml").write_text(CONFIGURATION)
    (here / "hooks.py").write_text(HOOKS)
    program = Path(sys.executable).with_name("schemathesis")
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(here), "COLUMNS": "200"}
    done = subprocess.run(
        [program, "run", f"{url}/api/v1/openapi.json", "--phases=examples,coverage,fuzzing", "--max-examples=20",
         "--request-timeout=20", "--exclude-path=/api/v1/events", "--no-color", "--seed=1"],
        env=environment, capture_output=True, text=True, timeout=560)
    if done.returncode != 0:
        print(done.stdout[-20000:], done.stderr[-4000:], file=sys.stderr)
        return 1
    print(done.stdout[-1500:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
