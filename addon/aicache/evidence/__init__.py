"""What is known of near questions' answers, and what follows: how likely one is wrong, and whether to go on serving.

Pure: no I/O, clocks and chances are passed in. `verified` puts the rest together; `compare` says which answers are the
same.
"""
