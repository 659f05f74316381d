# What it would give to IO is for sockets.
