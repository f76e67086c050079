"""Who is at the door, and may they come in: galleries, search, decision policy and access policy.

The modules `handles gallery search policy thresholds access schedules windows modalities` are pure: no I/O, no clock.
A gateway runs the very same ones when the server is away.
"""
