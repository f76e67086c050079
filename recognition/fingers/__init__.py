"""Fingers: minutiae records, cylinder codes and the two-stage match. Pure.

`records` reads and writes the standards' bytes, `minutiae` brings a view to one scale, `cylinders` and `projection`
make what is compared, `scan` and `relaxation` compare it, `gallery` and `matcher` search people. `docs/adr/0013` says
why it is so and what it reaches.
"""
