//! The binary: everything is in the library.

use std::process::ExitCode;

// The system's allocator is slow on musl, which the static image is built with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dovetail::cli::run()
}
