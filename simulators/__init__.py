"""A made-up estate whose people, doors and devices behave like real ones: for demo, tests and benchmarks."""
