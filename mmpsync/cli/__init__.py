"""The command line: `app` puts the verbs together, one file per verb, shared options in `options`."""
