"""The words of the project: values, keys, ports, policies, events. It imports no I/O."""
