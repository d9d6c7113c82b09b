"""``make service``: whether the daemon can be broken, by kill -9, by nonsense, or by a crowd.  Figures are printed."""
