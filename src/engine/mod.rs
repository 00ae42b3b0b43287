//! One Docker Engine; the only module that knows bollard.
