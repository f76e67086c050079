"""Devices: where events come from and what opens the doors. One source and relay of a vendor side by side."""
