//! A proof that nobody gave.
use localspace::lifecycle::ContentReady;

fn main() {
    let _ready = ContentReady { run: std::marker::PhantomData, _sealed: () };
}
