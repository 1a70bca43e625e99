"""A city on one machine: the shipped files, two nodes, a primary and a replica, Redis, nginx, a bucket; things break."""
