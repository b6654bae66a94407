"""What ``python -m bot doctor`` looks at, beside Discord: this machine, the provider, the data."""
