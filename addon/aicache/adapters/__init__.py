"""Other people's software behind our ports. An adapter translates words and errors, and holds no policy."""
