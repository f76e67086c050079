"""What every service shares: facts, the wire, time, storage, keys, logs. Imports no other room."""
