"""Every fault that can be made here, under a steady load of which every answer is checked: `scripts/bench faults`."""
