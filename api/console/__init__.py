"""The pages staff work with: rendered on the server, live by one feed, no script or style from anywhere else."""
