"""The command line: one file a group of verbs, nothing heavy imported before a verb needs it."""
