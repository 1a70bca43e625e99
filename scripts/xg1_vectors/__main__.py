"""Write tests/vectors/xg1.json: codes of every kind and what verifying them must say.

The keys are small known numbers and every signature is deterministic (RFC 6979), so that a second run writes the same
file. What a case expects is written here by hand, never taken from the code under test.
"""

import sys

from scripts.xg1_vectors import TARGET, written

if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")
