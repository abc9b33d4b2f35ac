"""The command ``warm``: reads recordings and other caches as flows, and stores their answers."""
