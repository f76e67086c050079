"""Who may live where, and by what right: the registry, leases, the law and its parameters. Imports only core."""
