//! The binary: everything is in the library.

use std::process::ExitCode;

// One allocator wherever the binary runs, so that what is measured in one place holds in another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dovetail::cli::run()
}
