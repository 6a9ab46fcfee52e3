"""The apps under measure: ours, and one of each peer as its own documentation has it. Each seeds its own tables."""
