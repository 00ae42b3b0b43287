//! The simulated world: secrets, registries. Knows no Docker.
