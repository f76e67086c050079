"""Embedded parts and services as child processes: their ports and passwords, their order, their restarts, their end."""
