"""What `anju doctor` looks at: the machine, the parts, the stores and the devices."""
