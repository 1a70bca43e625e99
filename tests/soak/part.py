"""A process of the soak: `fill`, `write SEED SECONDS`, or `serve` by granian elsewhere."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from tests.soak import world, writing

    if sys.argv[1] == "fill":
        world.fill()
    else:
        print(writing.write(int(sys.argv[2]), float(sys.argv[3])))
