"""One server for a class: JupyterHub, with a seat for each learner: own course, own offline cloud, limits.

`configuration.py` is what JupyterHub reads, `door.py` lets learners in, `spawner.py` gives them their seats;
`seat.py` runs at a seat, behind `enter.py`, which takes its rights away.
"""
