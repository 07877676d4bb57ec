"""The crash harness: kills the gateway at random instants under load, then compares everybody's books."""
