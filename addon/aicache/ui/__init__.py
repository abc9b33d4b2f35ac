"""What a person sees of the cache, and how it is steered by hand."""
