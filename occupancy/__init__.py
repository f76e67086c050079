"""Who lives here, and should they: presence, home-days, rules, findings, alerts. Flags; a person decides."""
