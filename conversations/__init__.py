"""What a bot author reads: flows, turns, the router and the engine."""
