"""What programs around a network do: files that they load, modules that they build."""
