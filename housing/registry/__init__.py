"""The registry of an estate: who lives where, which doors are theirs, what they agreed to. Reading, writing, files."""
