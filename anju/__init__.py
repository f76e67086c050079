"""The command line and the launcher: what starts, watches and stops the parts and services of one installation."""
