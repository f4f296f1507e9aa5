"""The verdict that is recorded for each row of the ledger; ``test_claims`` holds them to what is judged."""

import csv
from pathlib import Path

RECORDED = {
    row["claim"]: row["verdict"]
    for row in csv.DictReader(Path(__file__).with_name("verdicts.csv").read_text(encoding="utf-8").splitlines())
}
