//! Parsing and comparing: work of some length, done off the threads that serve requests.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Error;
use crate::compat;

/// As many pieces of work at a time as there are cores. More would not be done sooner, and each may
/// hold megabytes of schemas.
#[derive(Clone)]
pub(super) struct Workers(Arc<Semaphore>);

impl Workers {
    pub(super) fn new() -> Workers {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Workers(Arc::new(Semaphore::new(cores.max(2))))
    }

    /// Do the work when its turn comes. Hold no transaction meanwhile, for connections are few; only a
    /// registration that lost its race three times does.
    ///
    /// # Errors
    /// [`Error::WorkFailed`] when the work panicked: it costs this request, not the server.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.0).acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _until_done = turn;
            on_large_stack(work)
        });
        done.await.map_err(Error::WorkFailed)
    }
}

/// Schemas nest, and what walks them recurses: deeper than the stack of the runtime's threads allows.
fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().name("worker".to_owned()).stack_size(compat::STACK).spawn(work);
    let done = thread.expect("a thread can be had").join();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
